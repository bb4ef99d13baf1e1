"""The limit on concurrent envelopes, and their drain."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

from shared.background import happens
from shared.slack.message import Payload
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import ENVELOPES_IN_FLIGHT

log = get_logger(__name__)

# A later start leaves the queue too little of the time until the ack is due.
SLOT_WAIT_S = 2.0

BusyReply = Callable[[Payload], Awaitable[dict[str, Any]]]
"""The ack of a slash command that gets no slot, from its payload: Slack does not redeliver it."""


class Overloaded(Exception):
    """No slot became free in time, or the service is closing; the envelope must stay unacked."""


class ConcurrencyLimit:
    """At most ``limit`` envelopes at once. An envelope that waits ``wait_s`` seconds is Overloaded.

    Once ``drain`` has begun there are no more slots, so that it ends.
    """

    def __init__(self, limit: int, wait_s: float = SLOT_WAIT_S) -> None:
        self._free = asyncio.Semaphore(limit)
        self.wait_s = wait_s
        self._closed = False
        self._idle = asyncio.Event()
        self._idle.set()
        self.running = 0

    @asynccontextmanager
    async def slot(self) -> AsyncIterator[None]:
        """Hold one slot; raises Overloaded instead of entering."""
        await self._take()
        self.running += 1
        ENVELOPES_IN_FLIGHT.set(self.running)
        self._idle.clear()
        try:
            yield
        finally:
            self._free.release()
            self.running -= 1
            ENVELOPES_IN_FLIGHT.set(self.running)
            if self.running == 0:
                self._idle.set()

    async def _take(self) -> None:
        if self._closed:
            raise Overloaded("This instance is closing.")
        try:
            async with asyncio.timeout(self.wait_s):
                await self._free.acquire()
        except TimeoutError as error:
            raise Overloaded(f"No slot became free within {self.wait_s} s.") from error
        if self._closed:
            self._free.release()
            raise Overloaded("This instance is closing.")

    async def drain(self, within_s: float) -> None:
        """Give no more slots, and wait until none is held, but no longer than ``within_s``."""
        self._closed = True
        if not await happens(self._idle, within_s):
            log.warning(
                "Envelopes were still running at the end of the drain.",
                action="drain_late",
                running=self.running,
            )
