"""A bound on the memory for Slack's threads while this process reads them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from typing import Final

from processor_service.resilience.memory_budget import MemoryBudget

FIRST_PAGE: Final = 200
"""Slack's recommended page size (docs.slack.dev, pagination)."""
LARGEST_PAGE: Final = 999
"""The most that ``conversations.history`` returns at once."""
# A message has 40,000 characters at most, and its blocks repeat them.
_MESSAGE_BYTES: Final = 80_000
_ROOM_BYTES: Final = 128 * 1024 * 1024
_SMALL_MESSAGE: Final = 4_000


class PageMemory:
    """One reading at a time per thread, and a limit on the bytes of all pages together."""

    def __init__(self, room_bytes: int = _ROOM_BYTES) -> None:
        self._memory = MemoryBudget(room_bytes)
        self._threads: dict[tuple[str, str], tuple[asyncio.Lock, int]] = {}

    @asynccontextmanager
    async def only_reader(self, channel: str, thread_ts: str) -> AsyncIterator[None]:
        """Be the only reader of the thread until the block is left."""
        thread = (channel, thread_ts)
        lock, readers = self._threads.get(thread, (asyncio.Lock(), 0))
        self._threads[thread] = lock, readers + 1
        try:
            async with lock:
                yield
        finally:
            lock, readers = self._threads.pop(thread)
            if readers > 1:
                self._threads[thread] = lock, readers - 1

    def page(self, messages: int) -> AbstractAsyncContextManager[None]:
        """Reserve the memory that a page of so many messages may take."""
        return self._memory.reserve(messages * _MESSAGE_BYTES)


def next_page(messages: int, chars: int) -> int:
    """The size of the next page, after so many messages with so many characters.

    Each page is a call of a method that all questions together may call some 50 times a minute
    (Tier 3), so pages of small messages are as large as possible.
    """
    return LARGEST_PAGE if chars <= messages * _SMALL_MESSAGE else FIRST_PAGE
