"""A timeout for short waits: how long this process itself is busy does not count."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

_TURNS: Final = 10


@asynccontextmanager
async def fair_timeout(seconds: float) -> AsyncIterator[None]:
    """Like ``asyncio.timeout``, in turns of the event loop: how long this process is busy with
    other work does not count. Otherwise one that has just taken on many tasks, which makes each
    turn long, would take its own delay for the other side's; and the loop runs a timer that is due
    before the task whose reply has just been read.
    """
    loop, left = asyncio.get_running_loop(), _TURNS
    due: asyncio.TimerHandle
    async with asyncio.timeout(None) as bound:

        def turn() -> None:
            nonlocal left, due
            left -= 1
            if left:
                due = loop.call_later(seconds / _TURNS, turn)
            else:
                bound.reschedule(loop.time())

        due = loop.call_later(seconds / _TURNS, turn)
        try:
            yield
        finally:
            due.cancel()
