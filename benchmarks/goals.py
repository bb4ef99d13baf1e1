"""The numbers to hold, each computed from one run's results."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import median
from typing import Final

from benchmarks.run import Asked, Results
from benchmarks.saturation import keeps_up

_MENTION: Final[Asked] = ("ours", "mention")
_COMMAND: Final[Asked] = ("ours", "command")
_FLOOR: Final[Asked] = ("floor", "mention")
_OLD_WAY: Final[Asked] = ("old way", "command")


@dataclass(frozen=True)
class Goal:
    """A figure and its limit; ``held`` whatever the direction of the limit."""

    name: str
    value: float
    limit: float
    unit: str
    at_least: bool = False

    @property
    def held(self) -> bool:
        """Whether the figure keeps to its limit."""
        return self.value >= self.limit if self.at_least else self.value <= self.limit


def goals(results: Results) -> Sequence[Goal]:
    """Every goal that the run has a figure for."""
    return [goal for each in _GOALS for goal in each(results)]


def _latency(results: Results) -> Sequence[Goal]:
    sign = results.median("ours", "mention", lambda one: one.first_sign.p95)
    added = results.median("ours", "mention", lambda one: one.added.p95)
    words = results.median_ratio(_MENTION, _FLOOR, lambda one: one.first_words.p95)
    old = results.median_ratio(_COMMAND, _OLD_WAY, lambda one: one.finished.p50)
    return [
        Goal("first sign, p95", sign, 300, "ms"),
        Goal("added to Gemini's time until finished, p95", added, 250, "ms"),
        Goal("first words, p95, as a multiple of the floor's", words, 1.5, "×"),
        Goal("/gemini finished, p50, as a share of the old way's", old, 0.6, "×"),
    ]


def _resources(results: Results) -> Sequence[Goal]:
    cpu = results.median_ratio(_MENTION, _FLOOR, lambda one: one.own_cpu_ms)
    found = [
        Goal("CPU a question as a multiple of the floor's", cpu, 2.0, "×"),
    ]
    everything = [*results.series, *results.ack]
    everything += [step for one in results.saturation for step in one.steps if keeps_up(step)]
    for service in ("command_service", "processor_service"):
        most = max(one.memory_mib.get(service, 0.0) for one in everything)
        found.append(Goal(f"memory of the {service.replace('_', ' ')}", most, 200, "MiB"))
    return found


def _acks(results: Results) -> Sequence[Goal]:
    if not results.ack:
        return []
    return [Goal("ack, p99, at 50 events/s", median(one.ack.p99 for one in results.ack), 100, "ms")]


def _saturation(results: Results) -> Sequence[Goal]:
    return [
        Goal("questions a second, one processor", one.carried, 60, "/s", at_least=True)
        for one in results.saturation
        if one.subject == "ours"
    ]


def _cold_start(results: Results) -> Sequence[Goal]:
    share = median(one.of_straightforward for one in results.cold_starts)
    probed = median(one.of_listening for one in results.cold_starts)
    return [
        Goal("cold start as a share of straightforward imports", share, 0.6, "×"),
        Goal("cold start until Cloud Run's probe passes, of that", probed, 1.5, "×"),
    ]


def _growth(results: Results) -> Sequence[Goal]:
    grown = results.growth
    if grown is None:
        return []
    first, last = grown.queues[0], grown.queues[-1]
    short, long = grown.answers[0], grown.answers[-1]
    unanswered = sum(one.unanswered for one in grown.queues)
    size = f"{last.questions:,} instead of {first.questions:,} queued"
    return [
        Goal("questions left unanswered in the longest queues", unanswered, 0, ""),
        Goal(f"CPU a question, {size}", last.cpu_ms_a_question / first.cpu_ms_a_question, 1.3, "×"),
        Goal(f"processor's memory, {size}", last.memory_mib, 200, "MiB"),
        Goal(
            f"CPU a thousand characters, {long.characters:,} instead of {short.characters:,}",
            long.cpu_ms_a_thousand / short.cpu_ms_a_thousand,
            1.3,
            "×",
        ),
        Goal(
            f"requests to Gemini for {grown.equal_questions} equal questions at once",
            grown.requests_for_equal_questions,
            1,
            "",
        ),
    ]


_GOALS: Sequence[Callable[[Results], Sequence[Goal]]] = (
    _latency,
    _acks,
    _resources,
    _saturation,
    _cold_start,
    _growth,
)
