"""What one delivery of a task measures: bound while it is worked on, recorded where things happen.

Outside of a delivery (a readiness check, a clean-up) nothing is recorded.
"""

from collections.abc import Collection, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import UTC, datetime

from opentelemetry.trace import SpanKind

from processor_service.push import PushRequest
from shared import metrics
from shared.task import Task
from shared.tracing import Attributes, carried, reason_of, span


@dataclass
class _Measures:
    task: Task
    reason: str = "none"
    model_s: float = 0.0
    words_seen: bool = False

    def age_s(self) -> float:
        return (datetime.now(UTC) - self.task.occurred_at).total_seconds()


_current: ContextVar[_Measures | None] = ContextVar("measures", default=None)


class Delivered:
    """One delivery; its outcome is said once it is known."""

    def __init__(self) -> None:
        self.outcome: str | None = None


@contextmanager
def measured(name: str, task: Task, pushed: PushRequest) -> Iterator[Delivered]:
    """One delivery of ``task``: a span ``name`` in the task's trace, and what became of it.

    Attributes by OpenTelemetry's conventions for messaging.
    """
    message, attempt = pushed.message, pushed.delivery_attempt or 1
    attributes: Attributes = {
        "messaging.system": "gcp_pubsub",
        "messaging.operation.type": "process",
        "messaging.operation.name": name,
        "messaging.destination.subscription.name": pushed.subscription,
        "messaging.message.id": message.message_id,
        "messaging.gcp_pubsub.message.delivery_attempt": attempt,
        "mechachang.task_id": task.task_id,
        "mechachang.task_kind": task.kind,
    }
    _count_arrival(pushed, attempt)
    measures, delivered, failed = _Measures(task), Delivered(), ""
    token = _current.set(measures)
    try:
        context = carried(message.attributes)
        with span(name, attributes, kind=SpanKind.CONSUMER, context=context) as current:
            yield delivered
            current.set_attribute("mechachang.outcome", delivered.outcome or "")
    except BaseException as error:
        failed = reason_of(error)
        raise
    finally:
        _current.reset(token)
        metrics.TASKS.add(
            outcome="failed" if failed else str(delivered.outcome),
            reason=failed or measures.reason,
            mode=task.mode,
            source=task.source,
        )


def _count_arrival(pushed: PushRequest, attempt: int) -> None:
    if pushed.message.publish_time is not None:
        age = datetime.now(UTC) - pushed.message.publish_time
        metrics.QUEUE_AGE.record(age.total_seconds())
    if attempt > 1:
        metrics.REDELIVERIES.add()


def because_of(reason: str) -> None:
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
