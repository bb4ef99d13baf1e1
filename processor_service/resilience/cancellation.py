"""Stop, for the worker on a task: it sees that the asker wants no more, and ends the answer there.

Nothing is cut off in the middle of a call to Slack, so that what stands there is always known: the
model is left at once, and what it had said by then is delivered like any answer.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Awaitable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from typing import TypeVar

from processor_service.ports.model import Chunk, Model, Prompt
from processor_service.ports.work import Cancellations
from shared.background import repeating
from shared.errors import Cancelled
from shared.retry import Patience

_ResultT = TypeVar("_ResultT")


class CancelToken:
    """Whether the asker of one task wants no more of it."""

    def __init__(self) -> None:
        self._asked = asyncio.Event()
        self._limits: set[asyncio.Timeout] = set()

    @property
    def asked(self) -> bool:
        """Whether they do by now."""
        return self._asked.is_set()

    async def is_asked(self) -> bool:
        """``asked``, for whoever waits in vain then."""
        return self.asked

    def check(self) -> None:
        """Raise Stopped if they do."""
        if self.asked:
            raise Cancelled("The asker has stopped the answer.")

    def ask(self) -> None:
        """They do. Idempotent."""
        if self.asked:
            # What was cut off may still be ending, and its limit cannot be moved any more.
            return
        self._asked.set()
        for limit in self._limits:
            limit.reschedule(asyncio.get_running_loop().time())

    async def unless_asked(self, work: Awaitable[_ResultT]) -> _ResultT | None:
        """What ``work`` gives; None when they do first, and ``work`` is cancelled then."""
        try:
            async with asyncio.timeout(0 if self.asked else None) as limit:
                self._limits.add(limit)
                try:
                    return await work
                finally:
                    self._limits.discard(limit)
        except TimeoutError:
            if not self.asked:
                raise
            return None

    def cutting_short(self, patience: Patience) -> Patience:
        """The same patience, whose waits end with Stopped once they do."""

        async def nap(seconds: float) -> None:
            await self.unless_asked(patience.sleep(seconds))
            self.check()

        return replace(patience, sleep=nap)


@asynccontextmanager
async def watch_cancellation(
    task_id: str, stop: CancelToken, stops: Cancellations
) -> AsyncIterator[None]:
    """Inside, ``stop`` is asked as soon as somebody asks for it, here or in another process."""

    async def look() -> bool:
        if not stop.asked and await stops.asked(task_id):
            stop.ask()
        return not stop.asked

    await look()
    async with repeating(stops.look_every_s, look, f"stop-{task_id}", aligned=True):
        yield


@dataclass(frozen=True)
class CancellableModel:
    """``ports.Model`` that ends its answer when it is stopped: the last piece then says so.

    The request to the vendor is closed at that moment.
    """

    model: Model
    stop: CancelToken

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        """The pieces of the answer until it ends or is stopped."""
        last, finished = Chunk(), False
        async with aclosing(self.model.stream(prompt, model)) as pieces:
            while piece := await self.stop.unless_asked(_next(pieces)):
                last, finished = piece, finished or piece.finished
                yield piece
        if self.stop.asked and not finished:
            yield replace(last, text="", finished=True, stopped=True)


async def _next(pieces: AsyncGenerator[Chunk, None]) -> Chunk | None:
    return await anext(pieces, None)
