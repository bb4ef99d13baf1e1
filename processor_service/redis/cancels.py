"""Cancelled tasks, in Redis for all processes and in memory for this one."""

import asyncio
import time
from collections.abc import Callable

from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import STOP_TTL_S, stop_key
from shared.bounded import BoundedMap

_REMEMBERED = 1_000
# The worker on a task checks every fifth of a second.
_FORGOTTEN_S = 1.0


class RedisCancellations:
    """``ports.Cancellations``; with Redis lost a stop only reaches this process's own tasks."""

    look_every_s = 0.2

    def __init__(
        self, connection: RedisConnection, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._connection = connection
        self._clock = clock
        self._here: BoundedMap[str, None] = BoundedMap(_REMEMBERED)
        self._wanted: dict[str, float] = {}
        self._looked: dict[str, float] = {}
        self._looking = asyncio.Lock()

    async def request(self, task_id: str) -> None:
        self._here.put(task_id, None)
        await self._connection.put(stop_key(task_id), "1", STOP_TTL_S)

    async def is_requested(self, task_id: str) -> bool:
        """Whether the task is cancelled, here or elsewhere.

        One look at Redis covers all tasks, and concurrent callers wait for it: each task learns of
        a stop within twice ``look_every_s``, however many are worked on.
        """
        self._wanted[task_id] = self._clock()
        if task_id not in self._here and self._is_due(task_id):
            async with self._looking:
                if self._is_due(task_id):
                    # Asked for again: a busy process may have waited long for the look before.
                    now = self._wanted[task_id] = self._clock()
                    await self._look(now)
        return task_id in self._here

    def _is_due(self, task_id: str) -> bool:
        # Half: a look for a task that has just begun may have come between two of the others'.
        return self._clock() >= self._looked.get(task_id, 0.0) + self.look_every_s / 2

    async def _look(self, now: float) -> None:
        self._wanted = {one: at for one, at in self._wanted.items() if now - at < _FORGOTTEN_S}
        looked = list(self._wanted)
        look = self._connection.redis.mget([stop_key(task_id) for task_id in looked])
        kept = await self._connection.attempt(look, lost=[None] * len(looked))
        for task_id, stopped in zip(looked, kept, strict=True):
            if stopped is not None:
                self._here.put(task_id, None)
        self._looked = dict.fromkeys(looked, now)
