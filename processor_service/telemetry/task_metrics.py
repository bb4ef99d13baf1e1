"""Measurements of one delivery: bound while it is worked on, recorded where things happen.

Outside of a delivery (a readiness check, a clean-up) nothing is recorded.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from datetime import UTC, datetime

from shared.task import Task
from shared.telemetry import metrics


@dataclass
class TaskMeasures:
    """The measurements of one delivery; ``reason`` says why it ended as it did."""

    task: Task
    outcome: str | None = None
    reason: str = "none"
    at_work: list[tuple[float, float]] = field(default_factory=list)
    """When a model was, from and until, by the monotonic clock."""
    words_seen: bool = False

    def age_s(self) -> float:
        """Seconds since the user asked."""
        return (datetime.now(UTC) - self.task.occurred_at).total_seconds()

    @property
    def model_s(self) -> float:
        """Seconds in which a model was at work. Two can be at once: one is asked beside another."""
        seconds, counted_until = 0.0, float("-inf")
        for began, ended in sorted(self.at_work):
            seconds += max(0.0, ended - max(began, counted_until))
            counted_until = max(counted_until, ended)
        return seconds


_current: ContextVar[TaskMeasures | None] = ContextVar("measures", default=None)


@contextmanager
def bound_measures(task: Task) -> Iterator[TaskMeasures]:
    """Record measurements inside the block for one delivery of ``task``."""
    measures = TaskMeasures(task)
    token = _current.set(measures)
    try:
        yield measures
    finally:
        _current.reset(token)


def set_reason(reason: str) -> None:
    """Why the delivery ends as it does."""
    if (measures := _current.get()) is not None:
        measures.reason = reason


def model_worked(began: float, ended: float) -> None:
    """Note when a model was at work for the task, by the monotonic clock."""
    if (measures := _current.get()) is not None:
        measures.at_work.append((began, ended))


def words_shown(ways: Collection[str]) -> None:
    """Record that the first words are visible, if ``ways`` names how they came."""
    measures = _current.get()
    if measures is None or measures.words_seen or not ways:
        return
    measures.words_seen = True
    metrics.FIRST_WORDS.record(measures.age_s(), mode=measures.task.mode, way=_way(ways))


def answer_shown(ways: Collection[str], *, cached: bool) -> None:
    """Record that the whole answer is visible."""
    measures = _current.get()
    if measures is None:
        return
    words_shown(ways)
    task, age_s = measures.task, measures.age_s()
    metrics.DELIVERIES.add(way=_way(ways))
    metrics.ANSWER_DURATION.record(
        age_s, mode=task.mode, source=task.source, cached=str(cached).lower()
    )
    metrics.ANSWER_OVERHEAD.record(age_s - measures.model_s)


def _way(ways: Collection[str]) -> str:
    """An answer that began as a stream counts as one, whatever its later messages were."""
    return "stream" if "stream" in ways else min(ways)
