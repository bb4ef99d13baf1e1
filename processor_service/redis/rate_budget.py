"""The share of Slack's rate limits that optional calls may use, counted for all instances."""

import time
from collections import defaultdict, deque
from collections.abc import Callable
from typing import Final
from uuid import uuid4

from processor_service.ports.limits import APPEND, EDIT, POST, READ, SESSION, START
from processor_service.ports.work import StoreUnavailable
from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import BUDGET_WINDOW_S, budget_key

# Slack's tiers allow 20, 50 and 100 calls a minute (docs.slack.dev, rate limits). The rest is for
# the steps that make an answer whole: each start is followed by a stop, the last edit of a growing
# message is not optional, and each answer begins with reading its thread.
# Slack takes about one post a second in a channel, and some hundreds a minute in a workspace.
A_MINUTE: Final = {START: 16, APPEND: 80, EDIT: 20, READ: 12, POST: 40, SESSION: 20}

# The minute slides: two bursts around the turn of a fixed one would make twice the calls in a few
# seconds. Lua, so that looking and counting are one step. A refusal says when the oldest call was
# made: no call fits before that one leaves the minute.
_TAKE = """
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', ARGV[2])
local made = redis.call('ZCARD', KEYS[1])
if made >= tonumber(ARGV[4]) then
  return {made, redis.call('ZRANGE', KEYS[1], 0, 0, 'WITHSCORES')[2]}
end
redis.call('ZADD', KEYS[1], ARGV[1], ARGV[3])
redis.call('EXPIRE', KEYS[1], ARGV[5])
return {made + 1}
"""


class RedisRateBudget:
    """``ports.RateBudget`` in a sliding minute; while that is full Redis is not asked again.

    Without Redis each instance counts for itself, and no stream begins: other workers could not
    tell whose it is.
    """

    def __init__(self, connection: RedisConnection, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._take = connection.script(_TAKE)
        self._own: defaultdict[str, deque[float]] = defaultdict(deque)
        self._made: dict[str, tuple[int, float]] = {}
        self._full_until: dict[str, float] = {}

    async def try_acquire(self, method: str) -> bool:
        now = self._clock()
        if now < self._full_until.get(method, 0.0):
            return False
        try:
            return await self._shared(method, now)
        except StoreUnavailable:
            return method != START and self._alone(method, now)

    def room(self, method: str) -> float:
        """Counted calls leave the minute one by one while nothing is asked."""
        made, at = self._made.get(method, (0, 0.0))
        leaving = max(0.0, 1.0 - (self._clock() - at) / BUDGET_WINDOW_S)
        return max(0.0, 1.0 - made * leaving / A_MINUTE[method])

    async def _shared(self, method: str, now: float) -> bool:
        arguments = (now, now - BUDGET_WINDOW_S, uuid4().hex, A_MINUTE[method], BUDGET_WINDOW_S)
        made, *oldest = await self._take.run([budget_key(method)], *map(str, arguments))
        self._made[method] = int(made), now
        if not oldest:
            return True
        self._full_until[method] = min(float(oldest[0]), now) + BUDGET_WINDOW_S
        return False

    def _alone(self, method: str, now: float) -> bool:
        taken = self._own[method]
        while taken and taken[0] <= now - BUDGET_WINDOW_S:
            taken.popleft()
        if len(taken) >= A_MINUTE[method]:
            return False
        taken.append(now)
        self._made[method] = len(taken), now
        return True
