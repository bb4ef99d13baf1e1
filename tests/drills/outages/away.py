"""How each vendor goes away, for how long, and which alerts say so."""

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Final

from simulators.faults import Fault
from simulators.stack.local_stack import LocalStack

PRIMARY: Final = "gemini-3.8-flash"


@asynccontextmanager
async def slack_away(stack: LocalStack) -> AsyncIterator[None]:
    """No call is answered, and no socket is left or opened."""
    stack.faults.add("slack", "*", Fault("drop_before"), times=-1)
    stack.faults.add("socket", "connect", Fault("drop_before"), times=-1)
    stack.slack.sockets.cut()
    yield
    stack.faults.clear()


@asynccontextmanager
async def gemini_away(stack: LocalStack) -> AsyncIterator[None]:
    """Nothing listens at Gemini's address."""
    await stack.gemini.pause()
    yield
    await stack.gemini.resume()


@asynccontextmanager
async def model_removed(stack: LocalStack) -> AsyncIterator[None]:
    """The primary model is gone; the fallback is there."""
    gone = Fault("error", status=404, error="NOT_FOUND")
    stack.faults.add("gemini", f"*{PRIMARY}*", gone, times=-1)
    yield
    stack.faults.clear()


@asynccontextmanager
async def redis_away(stack: LocalStack) -> AsyncIterator[None]:
    """Redis is killed, and comes back empty."""
    await stack.redis.kill()
    yield
    await stack.redis.start()


@dataclass(frozen=True)
class Outage:
    """A vendor that is away for ``seconds``, unless another time is asked for.

    One that lasts so long, and in which people ask ``questions``, raises ``alerts`` and no other.
    What a shorter one raises is not judged.
    """

    away: Callable[[LocalStack], AbstractAsyncContextManager[None]]
    seconds: float
    alerts: frozenset[str]
    questions: int = 0
    heard: bool = True
    """Slack brings what people ask meanwhile."""


OUTAGES: Final = {
    "slack": Outage(slack_away, 600, frozenset({"socket-down"}), heard=False),
    "gemini": Outage(gemini_away, 600, frozenset({"gemini-down", "oldest-unacked"}), questions=1),
    # One refusal is no statement about a model.
    "model": Outage(model_removed, 600, frozenset({"gemini-down"}), questions=2),
    "redis": Outage(redis_away, 300, frozenset({"redis-lost"})),
}
