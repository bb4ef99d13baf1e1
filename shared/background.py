"""Background work with an owner."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import asynccontextmanager
from typing import Any

from shared.telemetry.log import get_logger

log = get_logger(__name__)


async def happens(event: asyncio.Event, within_s: float) -> bool:
    """Whether ``event`` is set within so many seconds; returns as soon as it is."""
    try:
        async with asyncio.timeout(within_s):
            return await event.wait()
    except TimeoutError:
        # The timer may come first where both came while this process was busy.
        return event.is_set()


async def until_any(nap: Awaitable[None], *events: asyncio.Event) -> None:
    """Wait for ``nap``, but not longer than until one of the events is set."""
    naps: list[Awaitable[object]] = [nap, *(event.wait() for event in events)]
    waits = [asyncio.ensure_future(one) for one in naps]
    try:
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for one in waits:
            one.cancel()
        ended, *_ = await asyncio.gather(*waits, return_exceptions=True)
    if isinstance(ended, Exception):
        raise ended


@asynccontextmanager
async def repeating(
    every_s: float,
    action: Callable[[], Awaitable[bool | None]],
    name: str,
    *,
    aligned: bool = False,
) -> AsyncIterator[None]:
    """Call ``action`` every ``every_s`` seconds while the body runs, until it returns False.

    ``aligned``: all with the same interval run at the same moments, because separate wake-ups cost
    several times as much as the looks themselves. After the end ``action`` is not called again, nor
    after a failure, which is logged.
    """
    ended = asyncio.Event()

    async def repeat() -> None:
        while not await happens(ended, _until_next(every_s) if aligned else every_s):
            if await action() is False:
                return

    repetition = _logged(repeat(), name)
    try:
        yield
    finally:
        # Ended by a flag, not cancelled: Python 3.11's wait_for, which a client may use, can
        # swallow a cancellation (github.com/python/cpython/issues/86296), and a renewal that lived
        # on would keep taking back a released lease.
        ended.set()
        await asyncio.wait([repetition])


def _until_next(every_s: float) -> float:
    # A timer may fire half a millisecond early, and would then be set for that moment once more.
    return every_s - asyncio.get_running_loop().time() % every_s + 0.001


@asynccontextmanager
async def alongside(work: Coroutine[Any, Any, None], name: str) -> AsyncIterator[None]:
    """Run ``work``, which has no end of its own, while the body runs; then cancel it.

    A failure of ``work`` is logged at once, and the body goes on.
    """
    task = _logged(work, name)
    try:
        yield
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _logged(work: Coroutine[Any, Any, None], name: str) -> asyncio.Task[None]:
    """A task whose failure is logged the moment it ends."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_log_failure)
    return task


def _log_failure(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.error(
            "Background work failed.",
            action="background_failed",
            work=task.get_name(),
            exc_info=error,
        )


class Background:
    """Runs at most ``limit`` pieces of work at once; the excess is dropped and logged.

    For work that no answer depends on: a status, a notice, a user's language.
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
        task = _logged(work, name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return True

    async def close(self, within_s: float) -> None:
        """Take no more work, give running work ``within_s`` seconds, cancel the rest;
        idempotent.
        """
        self._closed = True
        if not self._tasks:
            return
        _, late = await asyncio.wait(self._tasks, timeout=within_s)
        for task in late:
            task.cancel()
        await asyncio.gather(*late, return_exceptions=True)
