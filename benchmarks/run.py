"""The whole benchmark: every figure for ours and the references, one after the other in one run."""

import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.cold_start import ColdStart, cold_start
from benchmarks.cost import Cost, costs
from benchmarks.figures import Figures
from benchmarks.growth import Growth, growth
from benchmarks.saturation import Saturation, saturation
from benchmarks.series import Series, measure
from benchmarks.steps import steps
from benchmarks.subjects import GEMINI_TOTAL_S, Setup, SubjectName, Trigger, running

Say = Callable[[str], None]
Asked = tuple[SubjectName, Trigger]

# What is compared, each pair in the same minute: whoever shares the machine disturbs both.
_LATENCY: Sequence[Asked] = (
    ("floor", "mention"),
    ("ours", "mention"),
    ("old way", "command"),
    ("ours", "command"),
)


@dataclass(frozen=True)
class Size:
    """How much is measured. Figures are medians over ``repeats``."""

    rate: float = 20.0
    questions: int = 400
    repeats: int = 3
    ack_rate: float = 50.0
    ack_questions: int = 500
    saturation: bool = True
    profile: bool = True
    growth: Sequence[int] = (100, 1_000, 10_000)
    cold_starts: int = 9


SMALL = Size(
    questions=60,
    repeats=2,
    ack_questions=0,
    saturation=False,
    profile=False,
    growth=(),
    cold_starts=3,
)
"""What CI looks at."""


@dataclass
class Results:
    """Everything that was measured; empty where the size left it out."""

    size: Size
    series: list[Figures] = field(default_factory=list)
    ack: list[Figures] = field(default_factory=list)
    saturation: list[Saturation] = field(default_factory=list)
    cold_starts: list[ColdStart] = field(default_factory=list)
    growth: Growth | None = None
    steps: Mapping[str, float] = field(default_factory=dict)
    costs: Sequence[Cost] = ()

    def median(
        self, subject: SubjectName, trigger: Trigger, figure: Callable[[Figures], float]
    ) -> float:
        """The median of a figure over the repeats."""
        return statistics.median(
            figure(one) for one in self.series if (one.subject, one.trigger) == (subject, trigger)
        )

    def median_ratio(
        self,
        ours: Asked,
        reference: Asked,
        figure: Callable[[Figures], float],
    ) -> float:
        """The median over the repeats of ours as a multiple of the reference's in that repeat."""
        pairs = zip(
            (one for one in self.series if (one.subject, one.trigger) == ours),
            (one for one in self.series if (one.subject, one.trigger) == reference),
            strict=True,
        )
        return statistics.median(figure(one) / figure(other) for one, other in pairs)


async def run(size: Size, folder: Path, say: Say) -> Results:
    """Measure everything; minutes, at its full size about twenty."""
    results = Results(size)
    for number in range(size.repeats):
        for name, trigger in _LATENCY:
            say(f"{name}, {trigger}s at {size.rate:g} a second ({number + 1} of {size.repeats})")
            async with running(name, Setup(folder)) as subject:
                series = Series(trigger, size.rate, size.questions)
                results.series.append(await measure(subject, series, GEMINI_TOTAL_S))
    for number in range(size.cold_starts):
        say(f"cold start ({number + 1} of {size.cold_starts})")
        results.cold_starts.append(await cold_start(Setup(folder / "cold")))
    if size.ack_questions:
        await _acks(results, folder, say)
    if size.saturation:
        for name in ("floor", "ours"):
            say(f"saturation of {name}")
            results.saturation.append(await saturation(name, Setup(folder / "saturation")))
    if size.growth:
        say("growth")
        results.growth = await growth(Setup(folder / "growth"), size.growth)
    if size.profile:
        say("profile of the processor")
        results.steps = await steps(Setup(folder / "profile"))
    mentions = [one for one in results.series if (one.subject, one.trigger) == ("ours", "mention")]
    results.costs = costs(mentions[-1])
    return results


async def _acks(results: Results, folder: Path, say: Say) -> None:
    size = results.size
    for number in range(size.repeats):
        say(f"acks at {size.ack_rate:g} events a second ({number + 1} of {size.repeats})")
        async with running("ours", Setup(folder)) as subject:
            # Each mention comes as two events.
            series = Series("mention", size.ack_rate / 2, size.ack_questions // 2)
            results.ack.append(await measure(subject, series, GEMINI_TOTAL_S))
