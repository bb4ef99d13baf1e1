"""Limits counted in Redis."""

from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime

from processor_service.limits import LimitReason, Refusal
from processor_service.redis_connection import RedisConnection, StoreUnavailable
from processor_service.redis_keys import (
    COUNTED_TTL_S,
    DAY_TTL_S,
    RATE_WINDOW_S,
    admitted_key,
    questions_key,
    requests_key,
    team_tokens_key,
    user_tokens_key,
)
from processor_service.token_day import next_token_day, token_day
from shared import clock
from shared.home import Count, Used

# Lua, so that looking and counting are one step. Only commands that Redis 6.2 and fakeredis know;
# the time is handed in, so that all of one call happens at one moment. A limit of 0 is none.
#
# The days come first: who waits out a minute should not learn only then that the day is over.
_ADMIT = """
local admitted, requests, team_tokens, user_tokens = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local questions = KEYS[5]
local per_minute, team_daily, user_daily = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local task_id, now_ms, window_start_ms = ARGV[4], ARGV[5], ARGV[6]
local window_ms, counted_ms, day_ms = ARGV[7], ARGV[8], ARGV[9]

local function used_up(key, limit)
  return limit > 0 and tonumber(redis.call('GET', key) or '0') >= limit
end

if redis.call('EXISTS', admitted) == 1 then return false end
if used_up(team_tokens, team_daily) then return {'team_daily_tokens', '0'} end
if used_up(user_tokens, user_daily) then return {'user_daily_tokens', '0'} end
if per_minute > 0 then
  redis.call('ZREMRANGEBYSCORE', requests, '-inf', window_start_ms)
  if redis.call('ZCARD', requests) >= per_minute then
    local blocking = redis.call('ZRANGE', requests, -per_minute, -per_minute, 'WITHSCORES')
    return {'user_rate_limited', blocking[2]}
  end
  redis.call('ZADD', requests, now_ms, task_id)
  redis.call('PEXPIRE', requests, window_ms)
end
redis.call('SET', admitted, '1', 'PX', counted_ms)
redis.call('INCR', questions)
redis.call('PEXPIRE', questions, day_ms)
return false
"""
_SPEND = """
for place = 1, #KEYS do
  redis.call('INCRBY', KEYS[place], ARGV[1])
  redis.call('PEXPIRE', KEYS[place], ARGV[2])
end
return 1
"""


class RedisLimits:
    """``limits.Limits`` and ``limits.Usages``; a limit of 0 is none, and what is used still counts.

    Requests count in a sliding minute for one user of one team, tokens in a day of ``token_day``.
    """

    def __init__(
        self,
        connection: RedisConnection,
        requests_per_minute: int,
        user_daily_tokens: int,
        team_daily_tokens: int,
        clock: Callable[[], datetime] = clock.now,
    ) -> None:
        self._connection = connection
        self._requests_per_minute = requests_per_minute
        self._user_daily_tokens = user_daily_tokens
        self._team_daily_tokens = team_daily_tokens
        self._clock = clock

    async def admit(self, team_id: str, user_id: str, task_id: str) -> Refusal | None:
        """Count the task once, or say which limit it is over; None without Redis."""
        limits = (self._requests_per_minute, self._team_daily_tokens, self._user_daily_tokens)
        now = self._clock()
        day = token_day(now)
        keys = (
            admitted_key(task_id),
            requests_key(team_id, user_id),
            team_tokens_key(day, team_id),
            user_tokens_key(day, team_id, user_id),
            questions_key(day, team_id, user_id),
        )
        now_ms, window_ms = int(now.timestamp() * 1000), RATE_WINDOW_S * 1000
        times = (now_ms, now_ms - window_ms, window_ms, COUNTED_TTL_S * 1000, DAY_TTL_S * 1000)
        try:
            found = await self._run(_ADMIT, keys, *limits, task_id, *times)
        except StoreUnavailable:
            return None
        if not isinstance(found, list):
            return None
        reason, blocking_ms = found
        return _refusal(reason, blocking_ms, now)

    async def spend(self, team_id: str, user_id: str, tokens: int) -> None:
        """Add the tokens to the day on which they were spent."""
        if tokens <= 0:
            return
        day = token_day(self._clock())
        keys = (team_tokens_key(day, team_id), user_tokens_key(day, team_id, user_id))
        with suppress(StoreUnavailable):
            await self._run(_SPEND, keys, tokens, DAY_TTL_S * 1000)

    async def of(self, team_id: str, user_id: str) -> Used | None:
        """What the person has used, in one look; None without Redis."""
        now = self._clock()
        day, redis = token_day(now), self._connection.redis
        window_start_ms = int(now.timestamp() * 1000) - RATE_WINDOW_S * 1000
        day_keys = (
            questions_key(day, team_id, user_id),
            user_tokens_key(day, team_id, user_id),
            team_tokens_key(day, team_id),
        )
        look = redis.pipeline(transaction=False)
        look.mget(day_keys)
        look.zcount(requests_key(team_id, user_id), f"({window_start_ms}", "+inf")
        try:
            counts, in_a_minute = await self._connection.run(look.execute())
        except StoreUnavailable:
            return None
        questions, tokens, team_tokens = (int(count or 0) for count in counts)
        return Used(
            questions,
            Count(int(in_a_minute), self._requests_per_minute),
            Count(tokens, self._user_daily_tokens),
            Count(team_tokens, self._team_daily_tokens),
            next_token_day(now),
        )

    async def _run(self, script: str, keys: tuple[str, ...], *args: str | int) -> object:
        # EVAL, not EVALSHA: the fake server of the local stack cannot load scripts.
        redis = self._connection.redis
        return await self._connection.run(redis.eval(script, len(keys), *keys, *args))


def _refusal(reason: LimitReason, blocking_ms: str, now: datetime) -> Refusal:
    if reason != "user_rate_limited":
        return Refusal(reason, next_token_day(now))
    # The request that blocks this one leaves the window a whole window after it was admitted.
    leaves_s = float(blocking_ms) / 1000 + RATE_WINDOW_S
    return Refusal(reason, datetime.fromtimestamp(leaves_s, UTC))
