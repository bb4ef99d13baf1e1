"""A bound on what all questions of this process hold in memory at once."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class MemoryBudget:
    """So many bytes, given out in the order of asking.

    Nobody may ask for more while holding some: two who wait for each other would wait for ever.
    """

    def __init__(self, size: int) -> None:
        self._size = self._left = size
        self._door = asyncio.Lock()
        self._freed = asyncio.Event()

    @asynccontextmanager
    async def reserve(self, amount: int) -> AsyncIterator[None]:
        """Hold ``amount`` bytes, or all there are, until the block is left."""
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
