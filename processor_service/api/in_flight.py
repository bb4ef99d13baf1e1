"""Graceful shutdown: wait for in-flight deliveries before closing their dependencies."""

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


class InFlight:
    """The deliveries in progress.

    uvicorn cancels them when their time to drain is over, and goes on at once. Each then hands its
    task back, for which it needs Redis.
    """

    def __init__(self) -> None:
        self._tasks: set[asyncio.Task[Any]] = set()

    @contextmanager
    def working(self) -> Iterator[None]:
        """Track the current task inside the block."""
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("A delivery is worked on in a task.")
        self._tasks.add(task)
        try:
            yield
        finally:
            self._tasks.discard(task)

    async def left(self, within_s: float) -> None:
        """Wait until no delivery is left, at most ``within_s`` seconds."""
        if self._tasks:
            await asyncio.wait(self._tasks, timeout=within_s)
