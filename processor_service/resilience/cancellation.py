"""Cancellation: the worker learns that the user pressed Stop, and ends the answer there.

No call to Slack is cut off, so it is always known what is posted: the model is left at once, and
its words so far are delivered like any answer.
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
from shared.retry import RetryPolicy

_ResultT = TypeVar("_ResultT")


class CancelToken:
    """Whether the user has stopped one task."""

    def __init__(self) -> None:
        self._requested = asyncio.Event()
        self._limits: set[asyncio.Timeout] = set()

    @property
    def requested(self) -> bool:
        """True once cancellation was requested."""
        return self._requested.is_set()

    def check(self) -> None:
        """Raise Cancelled if it was requested."""
        if self.requested:
            raise Cancelled("The user has stopped the answer.")

    def request(self) -> None:
        """Request cancellation. Idempotent."""
        if self.requested:
            # The cut-off work may still be ending, and its limit cannot be moved any more.
            return
        self._requested.set()
        for limit in self._limits:
            limit.reschedule(asyncio.get_running_loop().time())

    async def or_cancelled(self, work: Awaitable[_ResultT]) -> _ResultT | None:
        """The result of ``work``; None if cancellation is requested first, which ends ``work``."""
        try:
            async with asyncio.timeout(0 if self.requested else None) as limit:
                self._limits.add(limit)
                try:
                    return await work
                finally:
                    self._limits.discard(limit)
        except TimeoutError:
            if not self.requested:
                raise
            return None

    def cutting_short(self, patience: RetryPolicy) -> RetryPolicy:
        """The same policy, but its waits end with Cancelled once cancellation is requested."""

        async def nap(seconds: float) -> None:
            await self.or_cancelled(patience.sleep(seconds))
            self.check()

        return replace(patience, sleep=nap)


@asynccontextmanager
async def watch_cancellation(
    task_id: str, cancel: CancelToken, cancellations: Cancellations
) -> AsyncIterator[None]:
    """Inside the block a request from this or any other process reaches ``cancel``."""

    async def look() -> bool:
        if not cancel.requested and await cancellations.is_requested(task_id):
            cancel.request()
        return not cancel.requested

    await look()
    async with repeating(cancellations.look_every_s, look, f"stop-{task_id}", aligned=True):
        yield


@dataclass(frozen=True)
class CancellableModel:
    """A ``ports.Model`` that ends its answer on cancellation: the last piece then says so.

    The request to the vendor is closed at that moment.
    """

    model: Model
    cancel: CancelToken

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        """The pieces of the answer until it ends or is cancelled."""
        last, finished = Chunk(), False
        async with aclosing(self.model.stream(prompt, model)) as pieces:
            while piece := await self.cancel.or_cancelled(_next(pieces)):
                last, finished = piece, finished or piece.finished
                yield piece
        if self.cancel.requested and not finished:
            yield replace(last, text="", finished=True, stopped=True)


async def _next(pieces: AsyncGenerator[Chunk, None]) -> Chunk | None:
    return await anext(pieces, None)
