"""Work that takes long, in a thread.

All of it is Python whose time is bounded by the text's size (``tests/fuzz``): the event loop goes
on every 5 ms beside it (``sys.getswitchinterval``), so health is answered and leases are renewed.
"""

import asyncio
from collections.abc import Callable
from typing import TypeVar

# Some 10 ms of rendering: less than the thread may cost.
_CHARS = 4_000

_T = TypeVar("_T")


async def off_the_loop(chars: int, work: Callable[[], _T]) -> _T:
    """What ``work`` gives, made in a thread if it is about so many characters that it takes long.

    Cancelled, it waits until the thread is done: nothing goes on unseen with what it works on.
    """
    if chars <= _CHARS:
        return work()
    running = asyncio.ensure_future(asyncio.to_thread(work))
    try:
        return await asyncio.shield(running)
    except asyncio.CancelledError:
        await asyncio.wait([running])
        raise
