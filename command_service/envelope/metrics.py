"""Measurements of one envelope: its span, its ack, its outcome, and the publishing of its task."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from opentelemetry.trace import SpanKind

from shared.task import Task
from shared.telemetry import metrics
from shared.telemetry.metrics import PUBLISH_DURATION
from shared.telemetry.tracing import span

NOBODY = "none"
"""The source and the kind of a trigger that is no question."""


@dataclass
class _Envelope:
    source: str = NOBODY


_current: ContextVar[_Envelope | None] = ContextVar("envelope", default=None)


@contextmanager
def envelope(kind: str) -> Iterator[None]:
    """Measure one envelope, or one request of Slack, from its arrival until it is acked or left
    unacked.

    Attributes by OpenTelemetry's conventions for messaging.
    """
    began, seen = time.monotonic(), _Envelope()
    token = _current.set(seen)
    attributes = {
        "messaging.system": "slack",
        "messaging.operation.type": "process",
        "messaging.operation.name": "envelope",
        "slack.envelope.type": kind,
    }
    try:
        with span("envelope", attributes, kind=SpanKind.CONSUMER):
            yield
    finally:
        _current.reset(token)
        metrics.ACK_DURATION.record(time.monotonic() - began, source=seen.source)


def count_event(source: str, outcome: str, reason: str = "none", kind: str = NOBODY) -> None:
    """Count one event by its codes."""
    came_from(source)
    metrics.EVENTS.add(source=source, outcome=outcome, reason=reason, kind=kind)


def came_from(source: str) -> None:
    """Note the ``source`` of this envelope's ack, for an event that is counted only later."""
    if (seen := _current.get()) is not None:
        seen.source = source


@contextmanager
def publishing(task: Task) -> Iterator[None]:
    """Measure Pub/Sub's confirmation in the span whose context the message carries.

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
