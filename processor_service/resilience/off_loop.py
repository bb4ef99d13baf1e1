"""Long work in a thread.

It is Python whose time is bounded by the text's size (``tests/fuzz``): the event loop continues
every 5 ms beside it (``sys.getswitchinterval``), so health checks and lease renewals go on.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

# Some 10 ms of rendering: less than the thread may cost.
_CHARS = 4_000

_T = TypeVar("_T")


async def off_the_loop(chars: int, work: Callable[[], _T]) -> _T:
    """The result of ``work``, run in a thread if it is about enough characters to take long.

    When cancelled, it waits until the thread is done: nothing uses the task's objects unseen.
    """
    if chars <= _CHARS:
        return work()
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
