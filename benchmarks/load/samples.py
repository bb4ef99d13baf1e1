"""CPU and memory of processes over time."""

import asyncio
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field
from statistics import fmean, linear_regression

from benchmarks.resources import cpu_s, memory_mib

_EVERY_S = 2.0


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

    def slope(self, name: str) -> float:
        """MiB an hour over the second half of the time: the first fills pools and caches."""
        half = len(self.times) // 2
        if len(self.times) - half < 2:
            return 0.0
        slope, _ = linear_regression(self.times[half:], self.memory[name][half:])
        return slope * 3600
