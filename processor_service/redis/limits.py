"""Limits counted in Redis."""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, get_args

from processor_service.ports.limits import NOTICE_COVERS_S, Application, LimitExceeded, LimitReason
from processor_service.redis import keys as redis_keys
from processor_service.redis.connection import RedisConnection
from processor_service.redis.turns import name_in_line
from shared import clock
from shared.slack.usage import Used, UsedOfLimit

_LIFETIMES_MS: Final = tuple(
    int(seconds * 1000)
    for seconds in (
        redis_keys.COUNTED_TTL_S,
        redis_keys.DAY_TTL_S,
        redis_keys.UNDER_WAY_TTL_S,
        redis_keys.OWED_TTL_S,
        redis_keys.LEASE_TTL_S,
    )
)

_OWED: Final = re.compile(r"([a-z_]+) ([0-9]{1,15})")
_DIGITS: Final = 15
_REASONS: Final[tuple[LimitReason, ...]] = get_args(LimitReason)

# A value that is no count of ours is ignored: INCR would fail on it, and the limit would be off.
_NUMBERS = """
local function number_in(key)
  local held = redis.call('GET', key)
  if held and (#held > 15 or not string.match(held, '^%d+$')) then
    redis.call('DEL', key)
    held = false
  end
  return tonumber(held or '0')
end
"""
# Lua, so that looking and counting are one step. Only commands that Redis 6.2 and fakeredis know;
# the time is an argument, so that all of one call happens at one moment. A limit of 0 is none.
# The days come first: a user who waits out a minute should not learn only then that the day is
# over.
_ADMIT = (
    _NUMBERS
    + """
local admitted, requests, team_tokens, user_tokens = KEYS[1], KEYS[2], KEYS[3], KEYS[4]
local questions, under_way, told, waiting = KEYS[5], KEYS[6], KEYS[7], KEYS[8]
local per_minute, team_daily, user_daily = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
local may_wait, place = tonumber(ARGV[4]), ARGV[5]
local task_id, now_ms, window_start_ms = ARGV[6], tonumber(ARGV[7]), ARGV[8]
local window_ms, counted_ms, day_ms = ARGV[9], ARGV[10], ARGV[11]
local under_way_ms, owed_ms, place_ms = ARGV[12], ARGV[13], ARGV[14]

local function used_up(key, limit)
  return number_in(key) >= limit and limit > 0
end

local function work()
  redis.call('ZADD', under_way, now_ms + under_way_ms, task_id)
  redis.call('PEXPIRE', under_way, under_way_ms)
  return false
end

local function refuse(reason, blocking)
  local stands_until = tonumber(redis.call('HGET', told, reason) or '0') or 0
  if now_ms < stands_until and stands_until <= now_ms + owed_ms then
    return {reason, blocking, '1'}
  end
  redis.call('HSET', told, reason, string.format('%.0f', now_ms + owed_ms))
  redis.call('HSET', told, task_id, reason .. ' ' .. blocking)
  redis.call('PEXPIRE', told, owed_ms)
  return {reason, blocking, '0'}
end

if redis.call('EXISTS', admitted) == 1 then return work() end
local owed = redis.call('HGET', told, task_id)
if owed then
  local reason, blocking = string.match(owed, '^([a-z_]+) (%d+)$')
  if reason then return {reason, blocking, '0'} end
  redis.call('HDEL', told, task_id)
end
if used_up(team_tokens, team_daily) then return refuse('team_daily_tokens', '0') end
if used_up(user_tokens, user_daily) then return refuse('user_daily_tokens', '0') end
if may_wait > 0 and place ~= '' then
  redis.call('ZREMRANGEBYSCORE', waiting, '-inf', now_ms)
  if not redis.call('ZSCORE', waiting, place) and redis.call('ZCARD', waiting) >= may_wait then
    return refuse('thread_busy', '0')
  end
end
if per_minute > 0 then
  redis.call('ZREMRANGEBYSCORE', requests, '-inf', window_start_ms)
  if redis.call('ZCARD', requests) >= per_minute then
    local blocking = redis.call('ZRANGE', requests, -per_minute, -per_minute, 'WITHSCORES')
    return refuse('user_rate_limited', blocking[2])
  end
  redis.call('ZREMRANGEBYSCORE', under_way, '-inf', now_ms)
  if redis.call('ZCARD', under_way) >= per_minute then return refuse('user_busy', '0') end
  redis.call('ZADD', requests, now_ms, task_id)
  redis.call('PEXPIRE', requests, window_ms)
end
if place ~= '' then
  redis.call('ZADD', waiting, now_ms + place_ms, place)
  redis.call('PEXPIRE', waiting, place_ms)
end
redis.call('SET', admitted, '1', 'PX', counted_ms)
number_in(questions)
redis.call('INCR', questions)
redis.call('PEXPIRE', questions, day_ms)
return work()
"""
)
# The notice is posted: it covers the refusals of the next minute.
_TOLD = """
local owed = redis.call('HGET', KEYS[1], ARGV[1])
if not owed then return 0 end
redis.call('HDEL', KEYS[1], ARGV[1])
redis.call('HSET', KEYS[1], string.match(owed, '%S+') or owed, ARGV[2])
return 1
"""
_SPEND = (
    _NUMBERS
    + """
for place = 1, #KEYS do
  number_in(KEYS[place])
  redis.call('INCRBY', KEYS[place], ARGV[1])
  redis.call('PEXPIRE', KEYS[place], ARGV[2])
end
return 1
"""
)


@dataclass(frozen=True)
class MostAllowed:
    """The operator's limits: of a user's requests in a minute, of tokens in a day, and of the
    questions that wait in a thread. 0 is none.
    """

    requests_per_minute: int = 0
    user_daily_tokens: int = 0
    team_daily_tokens: int = 0
    waiting_in_thread: int = 0


class RedisLimits:
    """``ports.Limits`` and ``ports.Usages``; a limit of 0 is none, and usage still counts.

    Requests count in a sliding minute for one user of one team, tokens in a day of ``token_day``.
    """

    def __init__(
        self,
        connection: RedisConnection,
        most: MostAllowed,
        clock: Callable[[], datetime] = clock.now,
    ) -> None:
        self._connection = connection
        self._most = most
        self._clock = clock
        self._admit, self._told, self._spend = map(connection.script, (_ADMIT, _TOLD, _SPEND))

    async def admit(self, asking: Application) -> LimitExceeded | None:
        team_id, user_id, task_id = asking.team_id, asking.user_id, asking.task_id
        now = self._clock()
        day = redis_keys.token_day(now)
        keys = (
            redis_keys.admitted_key(task_id),
            redis_keys.requests_key(team_id, user_id),
            redis_keys.team_tokens_key(day, team_id),
            redis_keys.user_tokens_key(day, team_id, user_id),
            redis_keys.questions_key(day, team_id, user_id),
            redis_keys.under_way_key(team_id, user_id),
            redis_keys.told_key(team_id, user_id),
            redis_keys.waiting_key(asking.ticket.thread if asking.ticket else ""),
        )
        most = self._most
        limits = (most.requests_per_minute, most.team_daily_tokens, most.user_daily_tokens)
        place = name_in_line(asking.ticket) if asking.ticket else ""
        now_ms, window_ms = int(now.timestamp() * 1000), redis_keys.RATE_WINDOW_S * 1000
        times = (now_ms, now_ms - window_ms, window_ms, *_LIFETIMES_MS)
        found = await self._admit.attempt(
            keys, *limits, most.waiting_in_thread, place, task_id, *times
        )
        if not isinstance(found, list):
            return None
        reason, blocking_ms, told = found
        return _refusal(_reason(reason), blocking_ms, now, told=told == "1")

    async def was_admitted(self, task_id: str) -> bool:
        return bool(await self._connection.get(redis_keys.admitted_key(task_id)))

    async def told(self, asking: Application, *, stands: bool = True) -> None:
        covers_s = NOTICE_COVERS_S if stands else 0
        until_ms = int(self._clock().timestamp() * 1000) + covers_s * 1000
        keys = (redis_keys.told_key(asking.team_id, asking.user_id),)
        await self._told.attempt(keys, asking.task_id, until_ms)

    async def owed(self, asking: Application) -> LimitExceeded | None:
        key, redis = redis_keys.told_key(asking.team_id, asking.user_id), self._connection.redis
        look: Any = redis.hget(key, asking.task_id)
        owed = await self._connection.attempt(look, key, lost=None)
        found = _OWED.fullmatch(str(owed or ""))
        return _refusal(_reason(found[1]), found[2], self._clock()) if found else None

    async def leave(self, asking: Application) -> None:
        look = self._connection.redis.pipeline(transaction=False)
        look.zrem(redis_keys.under_way_key(asking.team_id, asking.user_id), asking.task_id)
        if asking.ticket is not None:
            look.zrem(redis_keys.waiting_key(asking.ticket.thread), name_in_line(asking.ticket))
        await self._connection.attempt(look.execute(), lost=None)

    async def spend(self, team_id: str, user_id: str, tokens: int) -> None:
        if tokens <= 0:
            return
        day = redis_keys.token_day(self._clock())
        keys = (
            redis_keys.team_tokens_key(day, team_id),
            redis_keys.user_tokens_key(day, team_id, user_id),
        )
        await self._spend.attempt(keys, tokens, redis_keys.DAY_TTL_S * 1000)

    async def has_tokens_left(self, team_id: str, user_id: str) -> bool:
        if not (self._most.user_daily_tokens or self._most.team_daily_tokens):
            return True
        used = await self.of(team_id, user_id)
        return used is None or not any(
            each.limit and each.used >= each.limit for each in (used.tokens, used.team_tokens)
        )

    async def of(self, team_id: str, user_id: str) -> Used | None:
        now = self._clock()
        day, redis = redis_keys.token_day(now), self._connection.redis
        window_start_ms = int(now.timestamp() * 1000) - redis_keys.RATE_WINDOW_S * 1000
        day_keys = (
            redis_keys.questions_key(day, team_id, user_id),
            redis_keys.user_tokens_key(day, team_id, user_id),
            redis_keys.team_tokens_key(day, team_id),
        )
        look = redis.pipeline(transaction=False)
        look.mget(day_keys)
        requests = redis_keys.requests_key(team_id, user_id)
        look.zcount(requests, f"({window_start_ms}", "+inf")
        found = await self._connection.attempt(look.execute(), requests, lost=None)
        if found is None:
            return None
        counts, in_a_minute = found
        questions, tokens, team_tokens = (_number_in(count) for count in counts)
        return Used(
            questions,
            UsedOfLimit(int(in_a_minute), self._most.requests_per_minute),
            UsedOfLimit(tokens, self._most.user_daily_tokens),
            UsedOfLimit(team_tokens, self._most.team_daily_tokens),
            redis_keys.next_token_day(now),
        )


def _number_in(count: str | None) -> int:
    is_ours = count is not None and len(count) <= _DIGITS and count.isascii() and count.isdigit()
    return int(count or 0) if is_ours else 0


def _reason(told: object) -> LimitReason:
    return next((each for each in _REASONS if each == told), "user_busy")


def _refusal(
    reason: LimitReason, blocking_ms: str, now: datetime, *, told: bool = False
) -> LimitExceeded:
    if reason in {"user_busy", "thread_busy"}:
        # The user can ask again when an answer is finished, at an unknown time.
        return LimitExceeded(reason, None, told)
    if reason != "user_rate_limited":
        return LimitExceeded(reason, redis_keys.next_token_day(now), told)
    # The blocking request leaves the window a whole window after its admission, which is in the
    # past.
    leaves_s = min(float(blocking_ms) / 1000, now.timestamp()) + redis_keys.RATE_WINDOW_S
    return LimitExceeded(reason, datetime.fromtimestamp(leaves_s, UTC), told)
