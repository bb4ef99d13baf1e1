"""What Slack's rate limits told one instance, known to all of them."""

import time
from contextlib import suppress

from processor_service.redis_connection import RedisConnection, StoreUnavailable
from processor_service.redis_keys import hold_key

# What another instance was told is known here so much later at most; until then Slack tells us too.
_FRESH_S = 0.5
_REMEMBERED = 1_000


class RedisHolds:
    """``slack_calls.Holds`` in Redis; this process's own holds are kept without it too."""

    def __init__(self, connection: RedisConnection, fresh_s: float = _FRESH_S) -> None:
        self._connection = connection
        self._fresh_s = fresh_s
        self._own: dict[str, float] = {}
        self._looked: dict[str, float] = {}

    async def wait_s(self, key: str) -> float:
        """Seconds until ``key`` may be called again; 0 when it may now."""
        own_s = self._own.get(key, 0.0) - time.monotonic()
        if own_s > 0:
            return own_s
        self._own.pop(key, None)
        if time.monotonic() < self._looked.get(key, 0.0):
            return 0.0
        left_s = await self._left_s(key)
        if left_s == 0:
            if len(self._looked) >= _REMEMBERED:
                self._looked.clear()
            self._looked[key] = time.monotonic() + self._fresh_s
        return left_s

    async def _left_s(self, key: str) -> float:
        try:
            left_ms = await self._connection.run(self._connection.redis.pttl(hold_key(key)))
        except StoreUnavailable:
            return 0.0
        return max(0, left_ms) / 1000

    async def hold(self, key: str, seconds: float) -> None:
        """Leave ``key`` alone for ``seconds``."""
        now = time.monotonic()
        if len(self._own) >= _REMEMBERED:
            self._own = {held: until for held, until in self._own.items() if until > now}
        self._own[key] = now + seconds
        self._looked.pop(key, None)
        with suppress(StoreUnavailable):
            await self._connection.run(
                self._connection.redis.set(hold_key(key), "", px=max(1, int(seconds * 1000)))
            )
