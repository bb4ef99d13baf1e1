"""The deadline for the ack of the current envelope, shared by all of its work.

Slack waits 3 s (docs.slack.dev, Events API); the rest after our deadline is for the way back.
"""

import asyncio
from collections.abc import Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

from shared.background import Background

ACK_WITHIN_S = 2.7

_due_at: ContextVar[float | None] = ContextVar("ack_due_at", default=None)


@contextmanager
def ack_deadline(within_s: float = ACK_WITHIN_S) -> Iterator[None]:
    """Give all work inside the block ``within_s`` seconds from now."""
    token = _due_at.set(asyncio.get_running_loop().time() + within_s)
    try:
        yield
    finally:
        _due_at.reset(token)


def at_most_s(bound_s: float) -> float:
    """``bound_s``, or the time until the deadline if that is less; never below 0."""
    due_at = _due_at.get()
    if due_at is None:
        return bound_s
    return max(0.0, min(bound_s, due_at - asyncio.get_running_loop().time()))


class BackgroundOfEnvelopes(Background):
    """Work that no ack waits for: it has its own time, whatever is left of its envelope's."""

    def start(self, work: Coroutine[Any, Any, None], name: str) -> bool:
        """As of ``Background``."""
        token = _due_at.set(None)
        try:
            return super().start(work, name)
        finally:
            _due_at.reset(token)
