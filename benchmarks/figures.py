"""The figures of one series of questions."""

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.eyes import Seen


@dataclass(frozen=True)
class Spread:
    """Percentiles of times in milliseconds."""

    p50: float
    p95: float
    p99: float
    count: int

    @classmethod
    def of(cls, seconds: Iterable[float | None]) -> "Spread":
        """The spread of what happened; what did not is left out, and missing in ``count``."""
        found = sorted(value * 1000 for value in seconds if value is not None)
        p50, p95, p99 = (_percentile(found, share) for share in (0.50, 0.95, 0.99))
        return cls(p50, p95, p99, len(found))


def _percentile(ordered: Sequence[float], share: float) -> float:
    """Nearest rank: a value that really occurred."""
    if not ordered:
        return math.nan
    return round(ordered[max(0, math.ceil(share * len(ordered)) - 1)], 1)


@dataclass(frozen=True)
class Figures:
    """What a series came to. Times count from the question; CPU is milliseconds a question."""

    subject: str
    trigger: str
    rate: float
    questions: int
    unanswered: int
    ack: Spread
    first_sign: Spread
    first_words: Spread
    finished: Spread
    added: Spread
    """What is added to Gemini's own time until the answer is finished."""
    cpu_ms: Mapping[str, float]
    memory_mib: Mapping[str, float]

    @property
    def own_cpu_ms(self) -> float:
        """CPU of the measured program itself, without the simulators."""
        return sum(value for name, value in self.cpu_ms.items() if name != "simulators")


def since_asked(seen: Seen, moment: float | None) -> float | None:
    """Seconds from the question to the moment."""
    return None if moment is None else moment - seen.asked
