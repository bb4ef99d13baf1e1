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
from shared.task import Task
from shared.tracing import span

NOBODY = "none"
"""The source of what is no question."""


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
    if isinstance(outcome, Accepted):
        count_event(source, "accepted")
    elif isinstance(outcome, Refused):
        refused = "ignored" if isinstance(trigger, Ignored) else "refused"
        count_event(source, refused, outcome.reason)
    else:
        count_event(source, "handed_back", outcome.error.reason)


def count_event(source: str, outcome: str, reason: str = "none") -> None:
    """The same by its codes."""
    if (seen := _current.get()) is not None:
        seen.source = source
    metrics.EVENTS.add(source=source, outcome=outcome, reason=reason)
