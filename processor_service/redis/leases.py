"""Leases in Redis."""

import asyncio
import re
import secrets
from contextlib import suppress
from functools import partial

from processor_service.ports.work import (
    Claim,
    ClaimState,
    Hold,
    Lease,
    StoreUnavailable,
    is_awaited,
)
from processor_service.redis import keys as redis_keys
from processor_service.redis.connection import KeyUnreadable, RedisConnection

_DONE = "done"
_LEASE = re.compile(r"lease \S+ [0-9a-f]+")
# Users see the reason: only a code may get there.
_REASON = re.compile(r"[a-z_]{1,64}")

# Lua, so that comparing and writing are one step. Only commands that Redis 6.2 knows. A claim that
# finds its own value was sent twice, because the connection broke after Redis had run it. A claim
# counts itself until its end takes the count away: what is left tells of workers that died.
_CLAIM = """
local held = redis.call('GET', KEYS[1])
if held == ARGV[1] then return {'', tonumber(redis.call('GET', KEYS[2]) or '') or 1} end
if held then return {held, 0} end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
local before = redis.call('GET', KEYS[2])
if before and not string.match(before, '^%d%d?%d?$') then redis.call('DEL', KEYS[2]) end
local begun = redis.call('INCR', KEYS[2])
redis.call('PEXPIRE', KEYS[2], ARGV[3])
return {'', begun}
"""
# A lease that has expired unseen, or was lost with Redis, may be taken back while no other worker
# has it.
_RENEW = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] then return 0 end
redis.call('SET', KEYS[1], ARGV[1], 'PX', ARGV[2])
return 1
"""
_FINISH = """
local held = redis.call('GET', KEYS[1])
if held and held ~= ARGV[1] and ARGV[1] ~= '' then return 0 end
redis.call('SET', KEYS[1], 'done', 'PX', ARGV[2])
redis.call('DEL', KEYS[2])
return 1
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1], KEYS[2]) end
return 0
"""


class RedisLeases:
    """Leases as ``ports.Leases`` promises them.

    A process knows its own tasks without Redis, too: it never takes a task twice.
    """

    look_every_s = 0.25

    def __init__(
        self,
        connection: RedisConnection,
        ttl_s: float = redis_keys.LEASE_TTL_S,
        renew_every_s: float = redis_keys.LEASE_RENEW_EVERY_S,
    ) -> None:
        self._connection = connection
        self._take_free, self._renew, self._finish, self._release = map(
            connection.script, (_CLAIM, _RENEW, _FINISH, _RELEASE)
        )
        self._ttl_ms = int(ttl_s * 1000)
        self.renew_every_s = renew_every_s
        self._here: dict[str, Lease] = {}
        self._claiming: dict[str, asyncio.Event] = {}

    async def claim(self, task_id: str, message_id: str) -> Claim:
        # A claim under way may fail because of this very message's lease: if each of two messages
        # were acknowledged because of the other, no worker would answer the task.
        while (claimed := self._claiming.get(task_id)) is not None:
            await claimed.wait()
        own = self._here.get(task_id)
        if own is not None:
            return Claim(_held_state(_value(own), message_id))
        claimed = self._claiming[task_id] = asyncio.Event()
        try:
            return await self._claim(task_id, message_id)
        finally:
            del self._claiming[task_id]
            claimed.set()

    async def _claim(self, task_id: str, message_id: str) -> Claim:
        lease = self._here[task_id] = Lease(task_id, message_id, secrets.token_hex(8))
        state, deaths = ClaimState.HELD_BY_SAME_MESSAGE, 0
        try:
            state, deaths = await self._take_or_clear(lease)
        except StoreUnavailable:
            state = ClaimState.OURS
            lease = self._here[task_id] = Lease(task_id, message_id, None)
        finally:
            if state is not ClaimState.OURS:
                self._forget(lease)
        return Claim(state, lease if state is ClaimState.OURS else None, deaths)

    def _forget(self, lease: Lease) -> None:
        if self._here.get(lease.task_id) == lease:
            del self._here[lease.task_id]

    async def _take_or_clear(self, lease: Lease) -> tuple[ClaimState, int]:
        """A value that is no lease must not block a task: it is deleted, and the task claimed."""
        with suppress(KeyUnreadable):
            return await self._take(lease)
        return await self._take(lease)

    async def _take(self, lease: Lease) -> tuple[ClaimState, int]:
        keys, begun_ms = _keys(lease.task_id), redis_keys.BEGUN_TTL_S * 1000
        kept, begun = await self._take_free.run(keys, _value(lease), self._ttl_ms, begun_ms)
        held = str(kept)
        if begun:
            return ClaimState.OURS, int(begun) - 1
        if held != _DONE and _LEASE.fullmatch(held) is None:
            await self._connection.forget(keys[0], text=True)
            raise KeyUnreadable("A task's key held no lease.")
        if held == _DONE:
            return ClaimState.DONE, 0
        return _held_state(held, lease.message_id), 0

    async def renew(self, lease: Lease) -> Hold:
        if lease.owner is None:
            # A worker without a lease stops once Redis says that the task is done.
            return Hold.LOST if await self.is_done(lease.task_id) else Hold.UNKNOWN
        keys = [redis_keys.task_key(lease.task_id)]
        renewed = await self._renew.attempt(keys, _value(lease), self._ttl_ms)
        if renewed is None:
            return Hold.UNKNOWN
        return Hold.OURS if renewed else Hold.LOST

    async def finish(self, lease: Lease) -> None:
        self._forget(lease)
        value = _value(lease) if lease.owner is not None else ""
        # Without Redis the lease expires by itself, and the ledger says that the task is done.
        await self._finish.attempt(_keys(lease.task_id), value, int(redis_keys.DONE_TTL_S * 1000))

    async def release(self, lease: Lease, reason: str | None = None) -> None:
        self._forget(lease)
        if reason is not None:
            await self._connection.put(
                redis_keys.failure_key(lease.task_id), reason, redis_keys.FAILURE_TTL_S
            )
        if lease.owner is not None:
            await self._release.attempt(_keys(lease.task_id), _value(lease))

    async def flag_possible_duplicate(self, task_id: str) -> None:
        """Announce it, with a second try once the connection has rested after a failure."""
        flag = (redis_keys.doubt_key(task_id), "1", redis_keys.DOUBT_TTL_S)
        await self._connection.insist(partial(self._connection.put, *flag), lost=False)

    async def has_possible_duplicate(self, task_id: str) -> bool:
        return bool(await self._connection.get(redis_keys.doubt_key(task_id), lost="perhaps"))

    async def is_done(self, task_id: str) -> bool:
        return await self._connection.get(redis_keys.task_key(task_id)) == _DONE

    async def last_failure(self, task_id: str) -> str | None:
        key = redis_keys.failure_key(task_id)
        kept = await self._connection.get(key)
        if kept and _REASON.fullmatch(kept) is None:
            await self._connection.forget(key, text=True)
            return None
        return kept or None


def _held_state(held: str, message_id: str) -> ClaimState:
    """The meaning of ``held``, the value of a lease that is not ours, for a delivery."""
    if is_awaited(held.split(" ")[1], message_id):
        return ClaimState.HELD_BY_SAME_MESSAGE
    return ClaimState.HELD_BY_OTHER_MESSAGE


def _keys(task_id: str) -> list[str]:
    return [redis_keys.task_key(task_id), redis_keys.begun_key(task_id)]


def _value(lease: Lease) -> str:
    return f"lease {lease.message_id} {lease.owner}"
