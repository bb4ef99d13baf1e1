"""What one delivery of a task measures: bound while it is worked on, recorded where things happen.

Outside of a delivery (a readiness check, a clean-up) nothing is recorded.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from shared.task import Task
from shared.telemetry import metrics


@dataclass
class TaskMeasures:
    """What is measured of one delivery; ``reason`` says why it ended as it did."""

    task: Task
    reason: str = "none"
    model_s: float = 0.0
    words_seen: bool = False

    def age_s(self) -> float:
        """Seconds since the person asked."""
        return (datetime.now(UTC) - self.task.occurred_at).total_seconds()


_current: ContextVar[TaskMeasures | None] = ContextVar("measures", default=None)


@contextmanager
def bound_measures(task: Task) -> Iterator[TaskMeasures]:
    """Measure inside as one delivery of ``task``."""
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


def model_worked(seconds: float) -> None:
    """The model was at work for the task."""
    if (measures := _current.get()) is not None:
        measures.model_s += seconds


def words_shown(ways: Collection[str]) -> None:
    """Words of the answer stand in Slack, if there is any way by which they came."""
    measures = _current.get()
    if measures is None or measures.words_seen or not ways:
        return
    measures.words_seen = True
    metrics.FIRST_WORDS.record(measures.age_s(), mode=measures.task.mode, way=_way(ways))


def answer_shown(ways: Collection[str], *, cached: bool) -> None:
    """The whole answer stands in Slack."""
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
    """An answer that began as a stream counts as one, whatever its further messages were."""
    return "stream" if "stream" in ways else next(iter(sorted(ways)))
