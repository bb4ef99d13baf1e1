"""What Slack's rate limits told one instance, known to all of them."""

import time
from contextlib import suppress

from processor_service.redis_connection import RedisConnection, StoreUnavailable
from processor_service.redis_keys import hold_key


class RedisHolds:
    """``slack_calls.Holds`` in Redis; this process's own holds are kept without it too."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection
        self._own: dict[str, float] = {}

    async def wait_s(self, key: str) -> float:
        """Seconds until ``key`` may be called again; 0 when it may now."""
        own_s = self._own.get(key, 0.0) - time.monotonic()
        if own_s > 0:
            return own_s
        self._own.pop(key, None)
        try:
            left_ms = await self._connection.run(self._connection.redis.pttl(hold_key(key)))
        except StoreUnavailable:
            return 0.0
        return max(0, left_ms) / 1000

    async def hold(self, key: str, seconds: float) -> None:
        """Leave ``key`` alone for ``seconds``."""
        self._own[key] = time.monotonic() + seconds
        with suppress(StoreUnavailable):
            await self._connection.run(
                self._connection.redis.set(hold_key(key), "", px=max(1, int(seconds * 1000)))
            )
