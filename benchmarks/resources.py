"""What processes take of the machine, as the kernel counts it."""

import asyncio
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Self

import psutil


def cpu_s(pid: int) -> float:
    """Seconds of CPU the process has taken so far, in user and system mode."""
    times = psutil.Process(pid).cpu_times()
    return float(times.user + times.system)


def memory_mib(pid: int) -> float:
    """Resident memory in MiB."""
    return float(psutil.Process(pid).memory_info().rss) / 2**20


@dataclass
class Usage:
    """CPU seconds and the largest memory of each process while the block ran.

    ``simulators`` is this very process: the vendors' stand-ins and the people who ask.
    """

    processes: Mapping[str, int]
    every_s: float = 0.25
    cpu_s: dict[str, float] = field(default_factory=dict)
    memory_mib: dict[str, float] = field(default_factory=dict)

    async def __aenter__(self) -> Self:
        self._pids = {**self.processes, "simulators": os.getpid()}
        self._before = {name: cpu_s(pid) for name, pid in self._pids.items()}
        self._sampling = asyncio.create_task(self._sample(), name="bench:memory")
        return self

    async def __aexit__(self, *error: object) -> None:
        self._sampling.cancel()
        await asyncio.wait([self._sampling])
        self._look()
        self.cpu_s = {name: cpu_s(pid) - self._before[name] for name, pid in self._pids.items()}

    async def _sample(self) -> None:
        while True:
            self._look()
            await asyncio.sleep(self.every_s)

    def _look(self) -> None:
        for name, pid in self._pids.items():
            self.memory_mib[name] = max(self.memory_mib.get(name, 0.0), memory_mib(pid))
