"""What one envelope measures: its span, when it was acked, and what became of what it told."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass

from opentelemetry.trace import SpanKind

from command_service.admission import Refused
from command_service.intake import Accepted, Outcome
from command_service.question import Click, Ignored, Question
from shared import metrics
from shared.task import Kind, Task
from shared.tracing import span

NOBODY = "none"
"""The source and the kind of what asks for nothing."""


@dataclass
class _Envelope:
    source: str = NOBODY


_current: ContextVar[_Envelope | None] = ContextVar("envelope", default=None)


@contextmanager
def envelope(kind: str) -> Iterator[None]:
    """One envelope, or one request of Slack, from its arrival until it is acked or left unacked.

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


def count(trigger: Question | Click | Task | Ignored, outcome: Outcome) -> None:
    """What became of one event, command or click."""
    source = NOBODY if isinstance(trigger, Ignored) else trigger.source
    kind = _kind(trigger)
    if isinstance(outcome, Accepted):
        count_event(source, "accepted", kind=kind)
    elif isinstance(outcome, Refused):
        refused = "ignored" if isinstance(trigger, Ignored) else "refused"
        count_event(source, refused, outcome.reason, kind)
    else:
        count_event(source, "handed_back", outcome.error.reason, kind)


def _kind(trigger: Question | Click | Task | Ignored) -> str:
    if isinstance(trigger, Ignored):
        return NOBODY
    return trigger.kind if isinstance(trigger, Task) else Kind.QUESTION


def count_event(source: str, outcome: str, reason: str = "none", kind: str = NOBODY) -> None:
    """The same by its codes."""
    came_from(source)
    metrics.EVENTS.add(source=source, outcome=outcome, reason=reason, kind=kind)


def came_from(source: str) -> None:
    """The ack of this envelope is one of ``source``, also where it is counted only later."""
    if (seen := _current.get()) is not None:
        seen.source = source
