"""The verdict on an outage of Gemini that has passed: what was seen, and what of it is wrong."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from simulators.journal import Entry
from tests.chaos.judge import Verdict
from tests.measure.gemini_down import HOW

COLUMNS: Final[Mapping[str, tuple[Verdict, ...]]] = {
    "answered": (Verdict.ANSWERED,),
    "notices": (Verdict.NOTICED,),
    "both": (Verdict.DOUBLED, Verdict.WINDOW),
    "missing": (Verdict.LOST, Verdict.NOT_ACCEPTED),
    "half-finished": (Verdict.HALF_FINISHED,),
    "stuck": (Verdict.STUCK,),
}
"""``both``: anything beside the one answer or notice. No question may be turned away, either."""
_PROMISED: Final = ("answered", "notices")


@dataclass(frozen=True)
class Asked:
    """Questions asked in one part of the run. After the outage only an answer will do."""

    when: str
    count: int
    verdicts: Counter[Verdict]
    may_fail: bool = False

    def number(self, column: str) -> int:
        """How many have a verdict of that column."""
        return sum(self.verdicts[verdict] for verdict in COLUMNS[column])


@dataclass(frozen=True)
class Quiet:
    """The minute after the queue was empty. ``new``: the questions that are asked within it."""

    old_pushes: int
    old_requests: int
    new_refused_pushes: int
    new_models: Counter[str]
    """How many requests each model got."""


@dataclass(frozen=True)
class Outcome:
    """A run. ``emptied_after_s`` is None if the queue was not empty at the deadline.

    ``unexplained`` dead letters are those of questions without exactly one notice. ``unsettled``
    says what still went on at the very end, ``stories`` tell the way of what went wrong.
    """

    asked: tuple[Asked, ...]
    failures: Counter[str]
    emptied_after_s: float | None
    empty_within_s: float
    dead_letters: int
    unexplained: int
    quiet: Quiet
    model: str
    unsettled: str
    stories: tuple[str, ...] = ()


def pushed(entries: Iterable[Entry], tasks: Iterable[str], since: float) -> list[Entry]:
    """The pushes of ``tasks`` (the journal's keys) that ended after ``since``."""
    wanted = frozenset(tasks)
    return [
        entry
        for entry in entries
        if entry.step == "push" and entry.at > since and not wanted.isdisjoint(entry.keys)
    ]


def violations(outcome: Outcome) -> list[str]:
    """What breaks the promise, or makes the run prove nothing; empty if all is well."""
    return [*_of_questions(outcome), *_of_queue(outcome), *_of_quiet(outcome)]


def _of_questions(outcome: Outcome) -> Iterator[str]:
    for asked in outcome.asked:
        for column in COLUMNS:
            if column not in _PROMISED and asked.number(column):
                yield f"{asked.when}: {asked.number(column)} {column}"
        if asked.verdicts.total() != asked.count:
            yield f"{asked.when}: {asked.verdicts.total()} judged of {asked.count} asked"
        if not asked.may_fail and asked.number("notices"):
            yield f"{asked.when}: {asked.number('notices')} got a notice instead of an answer"
    for how in HOW:
        if not outcome.failures[how]:
            yield f"Gemini never failed like this: {how}. The run proves nothing about it"


def _of_queue(outcome: Outcome) -> Iterator[str]:
    if outcome.emptied_after_s is None:
        yield f"the queue was not empty {outcome.empty_within_s:.0f} s after the end"
    if outcome.unexplained:
        yield f"{outcome.unexplained} dead letters without a notice to their asker"
    if outcome.unsettled:
        yield f"not settled: {outcome.unsettled}"


def _of_quiet(outcome: Outcome) -> Iterator[str]:
    quiet, new = outcome.quiet, outcome.asked[-1]
    if quiet.old_pushes:
        yield f"{quiet.old_pushes} pushes of old questions in the quiet minute"
    if quiet.old_requests:
        yield f"{quiet.old_requests} Gemini requests for old questions in the quiet minute"
    if quiet.new_refused_pushes:
        yield f"{quiet.new_refused_pushes} pushes of new questions were handed back"
    if quiet.new_models != Counter({outcome.model: new.count}):
        yield f"{new.count} new questions took {_requests(quiet.new_models)}"


def report(outcome: Outcome) -> str:
    """The run for people: a table, three lines, and what is wrong."""
    lines = [
        _row("", "asked", *COLUMNS),
        *(_row(one.when, one.count, *map(one.number, COLUMNS)) for one in outcome.asked),
        "Gemini failed: " + ", ".join(f"{how} {outcome.failures[how]}" for how in HOW),
        _queue_line(outcome),
        *_quiet_lines(outcome.quiet),
        *(f"VIOLATED: {each}" for each in violations(outcome)),
        *outcome.stories,
    ]
    return "\n".join(lines)


def _queue_line(outcome: Outcome) -> str:
    emptied_s = outcome.emptied_after_s
    return (
        f"queue empty after {'-' if emptied_s is None else f'{emptied_s:.1f}'} s "
        f"(at most {outcome.empty_within_s:.0f}); dead letters {outcome.dead_letters}, "
        f"without a notice {outcome.unexplained}"
    )


def _quiet_lines(quiet: Quiet) -> Iterator[str]:
    yield (
        f"quiet minute, old questions: {quiet.old_pushes} pushes, "
        f"{quiet.old_requests} Gemini requests"
    )
    yield (
        f"quiet minute, new questions: {quiet.new_refused_pushes} pushes handed back, "
        f"{_requests(quiet.new_models)}"
    )


def _row(name: str, *values: object) -> str:
    return f"{name:<20}" + "".join(f"{value!s:>14}" for value in values)


def _requests(models: Counter[str]) -> str:
    told = ", ".join(f"{number} to {model}" for model, number in sorted(models.items()))
    return f"Gemini requests: {told or 'none'}"
