"""A timeout for short waits: a moment in which this process itself could not run does not count."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


@asynccontextmanager
async def fair_timeout(seconds: float) -> AsyncIterator[None]:
    """Like ``asyncio.timeout``, but as long as this process was too busy to look does not count:
    the loop runs a timer that is due before the task whose reply has just been read. Raises
    TimeoutError after twice the time in which the process runs, at most.
    """
    loop = asyncio.get_running_loop()
    due_at = loop.time() + seconds
    async with asyncio.timeout(None) as bound:

        def look() -> None:
            now = loop.time()
            bound.reschedule(now + min(now - due_at, seconds))

        due = loop.call_at(due_at, look)
        try:
            yield
        finally:
            due.cancel()
