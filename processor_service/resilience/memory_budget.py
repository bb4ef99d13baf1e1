"""A bound on the memory that all questions of this process hold at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class MemoryBudget:
    """A number of bytes, given out in the order of requests.

    A holder must not reserve more: two that wait for each other would wait endlessly.
    """

    def __init__(self, size: int) -> None:
        self._size = self._left = size
        self._door = asyncio.Lock()
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def reserve(self, amount: int) -> AsyncIterator[None]:
        """Hold ``amount`` bytes (or all there are) inside the block."""
        wanted = min(amount, self._size)
        async with self._door:
            while self._left < wanted:
                self._freed.clear()
                await self._freed.wait()
            self._left -= wanted
        try:
            yield
        finally:
            self._left += wanted
            self._freed.set()
