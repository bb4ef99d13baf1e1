"""One delivery of a task by Pub/Sub: its span, its outcome and its arrival."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime

from opentelemetry.trace import SpanKind

from processor_service.api.push_request import PushRequest
from processor_service.telemetry.task_metrics import TaskMeasures, bound_measures
from shared.task import Task
from shared.telemetry import metrics
from shared.telemetry.tracing import Attributes, extracted_context, reason_of, span


@contextmanager
def measured(name: str, task: Task, pushed: PushRequest) -> Iterator[TaskMeasures]:
    """Measure one delivery of ``task``: a span ``name`` in the task's trace, and its outcome, which
    the body sets once it is known.

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
    failed = ""
    with bound_measures(task) as measures:
        try:
            context = extracted_context(message.attributes)
            with span(name, attributes, kind=SpanKind.CONSUMER, context=context) as current:
                yield measures
                current.set_attribute("mechachang.outcome", measures.outcome or "")
        except BaseException as error:
            failed = reason_of(error)
            raise
        finally:
            metrics.TASKS.add(
                outcome="failed" if failed else str(measures.outcome),
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
