"""A bound on what this process has of Slack's threads in memory while it reads them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from processor_service.resilience.memory_budget import MemoryBudget

FIRST_PAGE: Final = 200
"""What Slack recommends to ask for at once (docs.slack.dev, pagination)."""
LARGEST_PAGE: Final = 999
"""As many as ``conversations.history`` gives at once."""
# A message has 40,000 characters at most, and its blocks repeat them.
_MESSAGE_BYTES: Final = 80_000
_ROOM_BYTES: Final = 128 * 1024 * 1024
_SMALL_MESSAGE: Final = 4_000


class PageMemory:
    """One reading of a thread at a time, and so many bytes of pages of all threads together."""

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

    @asynccontextmanager
    async def page(self, messages: int) -> AsyncIterator[None]:
        """Hold the room that a page of so many messages may take."""
        async with self._memory.reserve(messages * _MESSAGE_BYTES):
            yield


def next_page(messages: int, chars: int) -> int:
    """How many messages to ask for, where so many had so many characters.

    Each page is a call of a method that all questions together may call some 50 times a minute
    (Tier 3), so pages of small messages are as large as Slack's get.
    """
    return LARGEST_PAGE if chars <= messages * _SMALL_MESSAGE else FIRST_PAGE
