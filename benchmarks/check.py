"""The guard: a small run's ratios to the references, held against those of the stored result.

Only ratios within one run are compared, because the machine is never the same; the tolerance is
generous, because it is shared.
"""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from benchmarks.goals import Goal, goals
from benchmarks.run import Results

TOLERANCE: Final = 1.5
STORED: Final = Path(__file__).parent / "results" / "latest.json"


@dataclass(frozen=True)
class Worse:
    """A ratio that has grown beyond the tolerance."""

    name: str
    now: float
    stored: float


def worsened(results: Results, stored: Path = STORED) -> Sequence[Worse]:
    """The ratios that are more than ``TOLERANCE`` times what is stored.

    Raises FileNotFoundError where nothing is stored yet, and ValueError where no ratio is in both:
    a guard that compares nothing must not pass.
    """
    before = {
        goal["name"]: float(goal["value"])
        for goal in json.loads(stored.read_text(encoding="utf-8"))["goals"]
    }
    ratios = [goal for goal in goals(results) if _is_ratio(goal) and goal.name in before]
    if not ratios:
        raise ValueError(f"{stored} has no ratio that this run has.")
    return [
        Worse(goal.name, goal.value, before[goal.name])
        for goal in ratios
        if goal.value > before[goal.name] * TOLERANCE
    ]


def _is_ratio(goal: Goal) -> bool:
    return goal.unit == "×" and not goal.at_least
