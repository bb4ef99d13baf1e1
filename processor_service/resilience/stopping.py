"""The end of the process: who only waits hands its task back at once, who works goes on."""

import asyncio
from collections.abc import Awaitable

from shared.errors import RetryableError


class WorkerStops(RetryableError):
    """This worker was told to end while its task waited; another one begins it anew."""

    reason = "worker_stops"


class Stopping:
    """Whether this process was told to end."""

    def __init__(self) -> None:
        self._requested = asyncio.Event()

    @property
    def requested(self) -> bool:
        """True once it was told."""
        return self._requested.is_set()

    def request(self) -> None:
        """Tell it. Idempotent."""
        self._requested.set()

    def check(self) -> None:
        """Raise WorkerStops if it was told."""
        if self.requested:
            raise WorkerStops("The worker was told to end while the task waited.")

    async def or_stopped(self, nap: Awaitable[None]) -> None:
        """Wait for ``nap``, but not longer than until the process is told to end."""
        waits = [asyncio.ensure_future(nap), asyncio.ensure_future(self._requested.wait())]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for one in waits:
                one.cancel()
            ended, _ = await asyncio.gather(*waits, return_exceptions=True)
        if isinstance(ended, Exception):
            raise ended
