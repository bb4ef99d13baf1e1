"""CPU and memory of processes over time."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import NormalDist, fmean, linear_regression, median
from typing import Final

from benchmarks.resources import cpu_s, memory_mib

_EVERY_S: Final = 2.0
_MINUTE_S: Final = 60.0
_HALF_HOUR_MINUTES: Final = 30
_FEWEST_MINUTES: Final = 3
_SURE: Final = NormalDist().inv_cdf(0.975)


@dataclass(frozen=True)
class Growth:
    """What half an hour adds, in MiB, and how far the truth may lie from that (95 %)."""

    mib: float
    margin_mib: float

    @property
    def at_least_mib(self) -> float:
        """The lower end: at most zero where the growth cannot be told from none."""
        return self.mib - self.margin_mib


@dataclass
class Samples:
    """CPU (share of one core) and memory (MiB) of each process, every two seconds."""

    processes: Mapping[str, int]
    times: list[float] = field(default_factory=list)
    cpu: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    memory: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))

    async def take(self) -> None:
        """Sample until cancelled."""
        clock = asyncio.get_running_loop().time
        began = last = clock()
        before = {name: cpu_s(pid) for name, pid in self.processes.items()}
        while True:
            await asyncio.sleep(_EVERY_S)
            now = clock()
            self.times.append(now - began)
            for name, pid in self.processes.items():
                used = cpu_s(pid)
                self.cpu[name].append((used - before[name]) / (now - last))
                self.memory[name].append(memory_mib(pid))
                before[name] = used
            last = now

    def mean_cpu(self, name: str) -> float:
        """The mean share of one core."""
        return fmean(self.cpu[name]) if self.cpu[name] else 0.0

    def most_memory(self, name: str) -> float:
        """The largest memory, in MiB."""
        return max(self.memory[name], default=0.0)

    def growth(self, name: str) -> Growth:
        """How fast its memory grew over the second half of the time: the first fills pools and
        caches.

        A line through the medians of whole minutes, whose scatter gives the margin. Neighbouring
        minutes are more alike than the margin assumes, so it is rather too narrow, and growth is
        told sooner. Raises ValueError below three such minutes.
        """
        half = len(self.times) // 2
        minutes: dict[int, list[float]] = defaultdict(list)
        for at, mib in zip(self.times[half:], self.memory[name][half:], strict=True):
            minutes[int((at - self.times[half]) // _MINUTE_S)].append(mib)
        x = sorted(minutes)
        if len(x) < _FEWEST_MINUTES:
            raise ValueError("Too short to tell growth from noise: six minutes are the least.")
        y = [median(minutes[minute]) for minute in x]
        slope, intercept = linear_regression(x, y)
        off = sum((b - intercept - slope * a) ** 2 for a, b in zip(x, y, strict=True))
        spread = sum((a - fmean(x)) ** 2 for a in x)
        margin = _SURE * (off / (len(x) - 2) / spread) ** 0.5
        return Growth(slope * _HALF_HOUR_MINUTES, margin * _HALF_HOUR_MINUTES)
