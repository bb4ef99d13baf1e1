"""For which task a stream runs, until it says so itself."""

from contextlib import suppress

from processor_service.redis_connection import RedisConnection, StoreUnavailable
from processor_service.redis_keys import STREAM_TTL_S, stream_key


class RedisStreamOwners:
    """``ports.StreamOwners`` in Redis."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    async def own(self, channel: str, ts: str, task_id: str) -> None:
        """Remember, or remember for longer, if Redis takes it."""
        key, redis = stream_key(channel, ts), self._connection.redis
        with suppress(StoreUnavailable):
            await self._connection.run(redis.set(key, task_id, ex=STREAM_TTL_S))

    async def owner(self, channel: str, ts: str) -> str | None:
        """The task; None when it is not known, or Redis is lost."""
        try:
            kept = await self._connection.run(self._connection.redis.get(stream_key(channel, ts)))
        except StoreUnavailable:
            return None
        return str(kept) if kept else None
