"""What Slack's rate limits leave for growing answers, counted for all instances together."""

import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from processor_service.growing import APPEND, EDIT, START
from processor_service.redis_connection import RedisConnection, StoreUnavailable
from processor_service.redis_keys import BUDGET_TTL_S, budget_key

# Slack's tiers allow 20, 50 and 100 calls a minute (docs.slack.dev, rate limits). What is left over
# is for the steps that an answer needs to be whole: each start is followed by a stop, and the last
# edit of a growing message is not optional.
A_MINUTE: Final = {START: 16, APPEND: 80, EDIT: 20}


class RedisBudget:
    """``growing.Budget`` in fixed minutes.

    Without Redis each instance counts for itself, and no stream begins: nobody else could tell
    whose it is.
    """

    def __init__(self, connection: RedisConnection, clock: Callable[[], float] = time.time) -> None:
        self._connection = connection
        self._clock = clock
        self._minute = 0
        self._own: Counter[str] = Counter()

    async def take(self, method: str) -> bool:
        """Whether one more call fits into this minute; if so it is counted."""
        minute = int(self._clock() // 60)
        try:
            taken = await self._shared(method, minute)
        except StoreUnavailable:
            if method == START:
                return False
            taken = self._alone(method, minute)
        return taken <= A_MINUTE[method]

    async def _shared(self, method: str, minute: int) -> int:
        redis, key = self._connection.redis, budget_key(method, minute)
        taken = int(await self._connection.run(redis.incr(key)))
        if taken == 1:
            await self._connection.run(redis.expire(key, BUDGET_TTL_S))
        return taken

    def _alone(self, method: str, minute: int) -> int:
        if minute != self._minute:
            self._minute = minute
            self._own.clear()
        self._own[method] += 1
        return self._own[method]
