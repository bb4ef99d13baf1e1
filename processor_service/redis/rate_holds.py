"""Slack's rate limits, shared by all instances."""

import time
from collections.abc import Callable
from typing import Any

from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import HOLDS_KEY, HOLDS_TTL_S
from shared.bounded import BoundedMap

# A hold of another instance is known here after this long; until then Slack itself refuses.
_FRESH_S = 0.5
_REMEMBERED = 1_000


class RedisRateLimitHolds:
    """``RateLimitHolds`` in Redis; this process's own holds are kept without it, too.

    One look covers all methods, so that a call of Slack rarely waits for Redis.
    """

    def __init__(self, connection: RedisConnection, clock: Callable[[], float] = time.time) -> None:
        self._connection = connection
        self._clock = clock
        self._own: BoundedMap[str, float] = BoundedMap(_REMEMBERED, clock=clock)
        self._told: dict[str, float] = {}
        self._look_at = float("-inf")

    async def delay_s(self, key: str) -> float:
        if self._clock() >= self._look_at:
            await self._look()
        until = max(self._own.get(key) or 0.0, self._told.get(key, 0.0))
        return max(0.0, until - self._clock())

    async def _look(self) -> None:
        now = self._clock()
        self._look_at = now + _FRESH_S
        redis = self._connection.redis
        look = redis.zrangebyscore(HOLDS_KEY, now, "+inf", withscores=True)
        held: Any = await self._connection.attempt(look, HOLDS_KEY, lost=None)
        if held is not None:
            # No hold of ours lasts longer.
            self._told = {each: min(until, now + HOLDS_TTL_S) for each, until in held}

    async def record(self, key: str, seconds: float) -> None:
        now = self._clock()
        self._own.put(key, now + seconds, seconds)
        change = self._connection.redis.pipeline(transaction=False)
        change.zremrangebyscore(HOLDS_KEY, "-inf", now)
        change.zadd(HOLDS_KEY, {key: now + seconds})
        change.expire(HOLDS_KEY, HOLDS_TTL_S)
        await self._connection.attempt(change.execute(), HOLDS_KEY, lost=None)
