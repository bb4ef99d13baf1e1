"""The outcome of a chaos run for people: one table, one line, and the way of what failed."""

from collections import Counter
from collections.abc import Iterator

from tests.chaos.inject import Span
from tests.chaos.judge import FAILURES, Verdict
from tests.chaos.run import Result
from tests.chaos.schedule import NAMES
from tests.chaos.trial import Judged

_WIDTH = max(len(name) for name in NAMES)


def failed(result: Result) -> list[Judged]:
    """The questions for which the promise was broken."""
    return [one for one in result.judged if one.verdict in FAILURES]


def is_good(result: Result) -> bool:
    """Whether every question got exactly what it was promised, nothing that nobody answers for was
    left in Slack, and the run came to an end.
    """
    return not (failed(result) or result.unmarked or result.unsettled)


def report(result: Result) -> str:
    """The whole report."""
    return "\n".join([*_table(result), "", *_summary(result), *_failures(result)])


def _table(result: Result) -> Iterator[str]:
    yield _row("fault", "injected", *FAILURES)
    for name in NAMES:
        spans = result.spans.get(name, [])
        during = Counter(one.verdict for one in failed(result) if _touches(one.life, spans))
        yield _row(name, len(spans), *(during[verdict] for verdict in FAILURES))
    total = Counter(one.verdict for one in result.judged)
    injected = sum(len(spans) for spans in result.spans.values())
    yield _row("total", injected, *(total[verdict] for verdict in FAILURES))


def _row(name: str, *values: object) -> str:
    return f"{name:<{_WIDTH}}" + "".join(f"{value!s:>15}" for value in values)


def _touches(life: Span, spans: list[Span]) -> bool:
    return any(span.began <= life.ended and life.began <= span.ended for span in spans)


def _summary(result: Result) -> Iterator[str]:
    count = Counter(one.verdict for one in result.judged)
    kinds = Counter(one.case.asked.question.kind for one in result.judged)
    refused = Counter(
        "commands" if one.case.asked.ts is None else "messages"
        for one in result.judged
        if not one.case.record.accepted
    )
    yield (
        f"questions {len(result.judged)}, answered {count[Verdict.ANSWERED]}, "
        f"notices {count[Verdict.NOTICED]}, "
        f"window {count[Verdict.WINDOW]}, unmarked messages {len(result.unmarked)}, "
        f"dead letters {result.dead_letters}, "
        f"asked and struck for {result.asking_s:.1f} s, settled after {result.total_s:.1f} s, "
        f"seed {result.plan.seed}"
    )
    yield (
        f"not accepted: {refused['messages']} messages (never acked) and {refused['commands']} "
        f"commands (their askers know); of these, {count[Verdict.NOT_ACCEPTED]} have no answer"
    )
    yield "asked as " + ", ".join(f"{kind} {number}" for kind, number in sorted(kinds.items()))
    for one in result.unmarked:
        yield f"UNMARKED: in {one.channel}, thread {one.thread_ts}: {one.text[:60]!r}"
    if result.tidied_s >= 1:
        yield f"what stood too much when all was settled was waited for for {result.tidied_s:.0f} s"
    yield f"the services' logs are in {result.plan.folder}"
    if result.unsettled:
        yield f"NOT SETTLED: {result.unsettled}"


def _failures(result: Result) -> Iterator[str]:
    for one in failed(result):
        yield from story(one)
        in_force = [name for name in NAMES if _touches(one.life, result.spans.get(name, []))]
        yield f"  faults in its life: {', '.join(in_force)}"


def story(one: Judged) -> Iterator[str]:
    """What stands of a question in Slack, and the way it went."""
    asked, record = one.case.asked, one.case.record
    yield ""
    yield (
        f"{one.verdict.upper()}: {asked.question.marker} ({asked.question.kind}, "
        f"{asked.question.lines} lines) {' '.join(one.case.keys)}"
    )
    yield (
        f"  accepted {record.accepted}, turned away {record.turned_away}, "
        f"status left {record.status_left}, stream left {record.stream_left}, "
        f"session left {record.session_left}, card left {record.card_left}, "
        f"delay left {record.delay_left}"
    )
    shown = sorted(record.shown, key=lambda message: float(message.ts))
    yield from (f"  {each.ts} {each.role}, {len(each.text)} characters" for each in shown)
    yield from (f"  {line}" for line in one.journey)
