"""How many questions a second a subject carries: the highest rate at which nobody waits long."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from benchmarks.figures import Figures
from benchmarks.series import Series, measure
from benchmarks.subjects import GEMINI_TOTAL_S, Setup, SubjectName, running

RATES: Final = (20, 30, 40, 50, 60, 70, 80)
_SECONDS: Final = 8
# The plan's limit for the 95th percentile of the whole answer, less Gemini's own time.
_ADDED_P95_MS: Final = 2_500 - GEMINI_TOTAL_S * 1_000


@dataclass(frozen=True)
class Saturation:
    """``carried`` is the highest rate without an error or a long wait, 0 if there was none."""

    subject: str
    carried: float
    steps: Sequence[Figures]


async def saturation(name: SubjectName, setup: Setup, rates: Sequence[float] = RATES) -> Saturation:
    """Raise the rate until the subject can't keep up."""
    steps: list[Figures] = []
    carried = 0.0
    async with running(name, setup) as subject:
        for rate in rates:
            series = Series("mention", rate, int(rate * _SECONDS))
            steps.append(await measure(subject, series, GEMINI_TOTAL_S))
            if not keeps_up(steps[-1]):
                break
            carried = rate
    return Saturation(name, carried, steps)


def keeps_up(figures: Figures) -> bool:
    """Every question was answered, and 95 % of them soon enough."""
    return figures.unanswered == 0 and figures.added.p95 <= _ADDED_P95_MS
