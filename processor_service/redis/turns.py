"""The turns of a thread's questions, in Redis."""

import time
from collections.abc import Callable

from processor_service.ports.work import QueueTicket
from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import (
    LEASE_RENEW_EVERY_S,
    LEASE_TTL_S,
    turn_key,
    waiting_key,
)

_TTL_MS = int(LEASE_TTL_S * 1000)
# Lua, so that looking and taking are one step. Only commands that Redis 6.2 and fakeredis know; the
# time is an argument. Waiting tasks are scored by when they are given up; their names begin with
# the time of the question, and the first by name is next.
_TAKE = """
local holder, waiting = KEYS[1], KEYS[2]
local name, now_ms, ttl_ms = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local held = redis.call('GET', holder)
if held and not string.match(held, '^%S+ %S+$') then
  redis.call('DEL', holder)
  held = false
end
if held == name then
  redis.call('PEXPIRE', holder, ttl_ms)
  return 1
end
redis.call('ZREMRANGEBYSCORE', waiting, '-inf', now_ms)
redis.call('ZADD', waiting, now_ms + ttl_ms, name)
redis.call('PEXPIRE', waiting, ttl_ms)
if held then return 0 end
for _, other in ipairs(redis.call('ZRANGE', waiting, 0, -1)) do
  if other < name then return 0 end
end
redis.call('ZREM', waiting, name)
redis.call('SET', holder, name, 'PX', ttl_ms)
return 1
"""
_LEAVE = """
redis.call('ZREM', KEYS[2], ARGV[1])
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class RedisThreadQueue:
    """``ports.ThreadQueue``; a killed worker holds its thread up for a lease's time."""

    renew_every_s = LEASE_RENEW_EVERY_S
    look_every_s = 0.25

    def __init__(self, connection: RedisConnection, clock: Callable[[], float] = time.time) -> None:
        self._connection = connection
        self._take, self._leave = connection.script(_TAKE), connection.script(_LEAVE)
        self._clock = clock

    async def take(self, ticket: QueueTicket) -> bool:
        now_ms = int(self._clock() * 1000)
        name = name_in_line(ticket)
        return bool(await self._take.attempt(_keys(ticket), name, now_ms, _TTL_MS, lost=True))

    async def leave(self, ticket: QueueTicket) -> None:
        await self._leave.attempt(_keys(ticket), name_in_line(ticket))

    async def ahead(self, ticket: QueueTicket) -> int | None:
        holder, waiting = _keys(ticket)
        look = self._connection.redis.pipeline(transaction=False)
        look.get(holder)
        look.zrangebyscore(waiting, int(self._clock() * 1000), "+inf")
        told = await self._connection.attempt(look.execute(), holder, waiting, lost=None)
        if told is None:
            return None
        held, names = told
        own = name_in_line(ticket)
        before = sum(str(name) < own for name in names)
        return before + (held not in {None, own})

    async def holder(self, line: str) -> QueueTicket | None:
        asked, _, task_id = (await self._connection.get(turn_key(line))).partition(" ")
        return QueueTicket(line, asked, task_id) if task_id else None


def _keys(ticket: QueueTicket) -> tuple[str, str]:
    return turn_key(ticket.thread), waiting_key(ticket.thread)


def name_in_line(ticket: QueueTicket) -> str:
    """The name of a task in a queue: it begins with the time of its question, so that
    names sort.
    """
    return f"{ticket.asked} {ticket.task_id}"
