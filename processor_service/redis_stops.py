"""Which tasks were stopped, in Redis for all processes and in memory for this one."""

from collections import OrderedDict
from contextlib import suppress

from processor_service.redis_connection import RedisConnection, StoreUnavailable
from processor_service.redis_keys import STOP_TTL_S, stop_key

_REMEMBERED = 1_000


class RedisStops:
    """``ports.Stops``; with Redis lost a stop reaches only what this very process works on."""

    look_every_s = 0.2

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection
        self._here: OrderedDict[str, None] = OrderedDict()

    async def ask(self, task_id: str) -> None:
        """Remember here, and for the others if Redis takes it."""
        self._here[task_id] = None
        if len(self._here) > _REMEMBERED:
            self._here.popitem(last=False)
        redis = self._connection.redis
        with suppress(StoreUnavailable):
            await self._connection.run(redis.set(stop_key(task_id), "1", ex=STOP_TTL_S))

    async def asked(self, task_id: str) -> bool:
        """Whether it is remembered here or there."""
        if task_id in self._here:
            return True
        try:
            kept = await self._connection.run(self._connection.redis.get(stop_key(task_id)))
        except StoreUnavailable:
            return False
        return kept is not None
