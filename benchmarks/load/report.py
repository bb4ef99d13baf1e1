"""What a load came to, held against the migration plan's criteria."""

import csv
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Self

from matplotlib.figure import Figure

from benchmarks.goals import Goal
from benchmarks.load.samples import Samples

# Section 9.1 of the migration plan, and Cloud Run's limits for each service.
_ERROR_RATE: Final = 0.001
_P95_MS: Final = 2_500
_CPU_SHARE: Final = 0.7
_MEMORY_SHARE: Final = 0.8
_CORES: Final = {"command_service": 1, "processor_service": 2}
_MIB: Final = {"command_service": 512, "processor_service": 2_048}
# What is resident of malloc's heap moves by 0.9 MiB up and down while the bytes in use stand still.
_BREATH_MIB: Final = 1.0


@dataclass(frozen=True)
class Answered:
    """Locust's line about whole answers."""

    count: int
    failures: int
    p50_ms: float
    p95_ms: float
    p99_ms: float

    @classmethod
    def read(cls, path: Path) -> Self:
        """From Locust's ``_stats.csv``; raises ValueError where nobody was answered."""
        with path.open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["Name"] == "whole answer":
                    return cls(
                        int(row["Request Count"]),
                        int(row["Failure Count"]),
                        float(row["50%"]),
                        float(row["95%"]),
                        float(row["99%"]),
                    )
        raise ValueError(f"{path} tells of no answer.")


def criteria(answered: Answered, samples: Samples) -> Sequence[Goal]:
    """The plan's criteria; CPU counts against the cores that Cloud Run gives the service."""
    goals = [
        Goal("error rate", answered.failures / answered.count, _ERROR_RATE, ""),
        Goal("whole answer, p95", answered.p95_ms, _P95_MS, "ms"),
    ]
    for name, cores in _CORES.items():
        share = samples.mean_cpu(name) / cores
        memory = samples.most_memory(name) / _MIB[name]
        goals += [
            Goal(f"CPU of the {name.replace('_', ' ')}", share, _CPU_SHARE, "of its limit"),
            Goal(f"memory of the {name.replace('_', ' ')}", memory, _MEMORY_SHARE, "of its limit"),
        ]
    return goals


def flatness(samples: Samples) -> Sequence[Goal]:
    """Whether the memory's growth is small, and cannot be told from none."""
    goals: list[Goal] = []
    for name in _CORES:
        growth, of = samples.growth(name), f"memory of the {name.replace('_', ' ')}"
        goals += [
            Goal(f"{of}, growth in half an hour", growth.mib, _BREATH_MIB, "MiB"),
            Goal(f"{of}, the least it may be (95 %)", growth.at_least_mib, 0, "MiB"),
        ]
    return goals


def plot(samples: Samples, path: Path) -> None:
    """CPU and memory over time, as SVG."""
    figure = Figure(figsize=(9, 5), layout="constrained")
    cpu, memory = figure.subplots(2, 1, sharex=True)
    _lines(cpu, samples, samples.cpu, "CPU, cores")
    _lines(memory, samples, samples.memory, "memory, MiB")
    memory.set_xlabel("seconds")
    figure.savefig(path, format="svg", metadata={"Date": None})


def _lines(axes: Any, samples: Samples, values: dict[str, list[float]], label: str) -> None:
    for name in _CORES:
        axes.plot(samples.times, values[name], label=name.replace("_", " "))
    axes.set_ylabel(label)
    axes.set_ylim(bottom=0)
    axes.legend(frameon=False)
