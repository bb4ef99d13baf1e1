"""Work that nobody waits for, but somebody owns."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from shared.telemetry.log import get_logger

log = get_logger(__name__)


async def happens(event: asyncio.Event, within_s: float) -> bool:
    """Whether ``event`` is set within so many seconds; ends as soon as it is."""
    try:
        async with asyncio.timeout(within_s):
            return await event.wait()
    except TimeoutError:
        return False


class Background:
    """Runs at most ``limit`` pieces of work at once; what is beyond is dropped and logged.

    For what an answer does not depend on: a status, a notice, a user's language.
    """

    def __init__(self, limit: int = 500) -> None:
        self._limit = limit
        self._tasks: set[asyncio.Task[None]] = set()
        self._closed = False

    def start(self, work: Coroutine[Any, Any, None], name: str) -> bool:
        """Begin ``work`` without waiting for it. A failure is logged and changes nothing else.

        False if it was dropped: then none of it has run.
        """
        if self._closed or len(self._tasks) >= self._limit:
            work.close()
            log.warning("Background work was dropped.", action="background_dropped", work=name)
            return False
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._done)
        return True

    def _done(self, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error(
                "Background work failed.",
                action="background_failed",
                work=task.get_name(),
                exc_info=error,
            )

    async def close(self, within_s: float) -> None:
        """Take no more work, give what runs ``within_s`` seconds, cancel the rest. Idempotent."""
        self._closed = True
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=within_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
