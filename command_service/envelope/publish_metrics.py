"""What publishing one task measures."""

import time
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry.trace import SpanKind

from shared.task import Task
from shared.telemetry.metrics import PUBLISH_DURATION
from shared.telemetry.tracing import span


@contextmanager
def publishing(task: Task) -> Iterator[None]:
    """The span whose context the message carries, and how long Pub/Sub took to confirm.

    Attributes by OpenTelemetry's conventions for messaging.
    """
    attributes = {
        "messaging.system": "gcp_pubsub",
        "messaging.operation.type": "send",
        "messaging.operation.name": "publish",
        "mechachang.task_id": task.task_id,
        "mechachang.source": task.source,
    }
    began, outcome = time.monotonic(), "failed"
    try:
        with span("publish", attributes, kind=SpanKind.PRODUCER):
            yield
            outcome = "ok"
    finally:
        PUBLISH_DURATION.record(time.monotonic() - began, outcome=outcome)
