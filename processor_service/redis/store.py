"""Leases and cached answers in Redis."""

import re
import secrets
from contextlib import suppress

from pydantic import TypeAdapter, ValidationError

from processor_service.ports.answers import Answer
from processor_service.ports.work import Claim, ClaimState, Hold, Lease, StoreUnavailable
from processor_service.redis.connection import REST_S, KeyUnreadable, RedisConnection
from processor_service.redis.keys import (
    DONE_TTL_S,
    DOUBT_TTL_S,
    FAILURE_TTL_S,
    LEASE_RENEW_EVERY_S,
    LEASE_TTL_S,
    answer_key,
    doubt_key,
    failure_key,
    task_key,
)
from processor_service.redis.sealing import Seal
from shared.retry import Patience, Retries, doubling
from shared.signing import Signing

_DONE = "done"
_LEASE = re.compile(r"lease \S+ [0-9a-f]+")
# A reason is shown to people: nothing but a code gets there.
_REASON = re.compile(r"[a-z_]{1,64}")
_SIGNATURE_CHARS = 32
_ONCE_RESTED = Patience(2, back_off=doubling(REST_S + 0.1, REST_S + 0.1))
_ANSWER = TypeAdapter(Answer)

# Lua, so that comparing and writing are one step. Only commands that Redis 6.2 knows.
# A lease that has expired unseen, or was lost with Redis, may be taken back while nobody has it.
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
return 1
"""
_RELEASE = """
if redis.call('GET', KEYS[1]) == ARGV[1] then return redis.call('DEL', KEYS[1]) end
return 0
"""


class RedisLeases:
    """Leases as ``ports.Leases`` promises them.

    What this very process works on is known without Redis too: it never takes a task twice.
    """

    def __init__(
        self,
        connection: RedisConnection,
        ttl_s: float = LEASE_TTL_S,
        renew_every_s: float = LEASE_RENEW_EVERY_S,
    ) -> None:
        self._connection = connection
        self._ttl_ms = int(ttl_s * 1000)
        self.renew_every_s = renew_every_s
        self._here: dict[str, Lease] = {}

    async def claim(self, task_id: str, message_id: str) -> Claim:
        """Take the task; without Redis it is taken unguarded."""
        own = self._here.get(task_id)
        if own is not None:
            return Claim(_held_state(_value(own), message_id))
        lease = self._here[task_id] = Lease(task_id, message_id, secrets.token_hex(8))
        state = ClaimState.HELD_BY_SAME_MESSAGE
        try:
            state = await self._take_or_clear(lease)
        except StoreUnavailable:
            state = ClaimState.OURS
            lease = self._here[task_id] = Lease(task_id, message_id, None)
        finally:
            if state is not ClaimState.OURS:
                self._forget(lease)
        return Claim(state, lease if state is ClaimState.OURS else None)

    def _forget(self, lease: Lease) -> None:
        if self._here.get(lease.task_id) == lease:
            del self._here[lease.task_id]

    async def _take_or_clear(self, lease: Lease) -> ClaimState:
        """What is no lease keeps nobody from a task: it is deleted, and the task taken."""
        with suppress(KeyUnreadable):
            return await self._take(lease)
        return await self._take(lease)

    async def _take(self, lease: Lease) -> ClaimState:
        redis, key = self._connection.redis, task_key(lease.task_id)
        taken = await self._connection.run(redis.set(key, _value(lease), nx=True, px=self._ttl_ms))
        if taken:
            return ClaimState.OURS
        kept = await self._connection.run(redis.get(key), key)
        held = "" if kept is None else str(kept)
        if kept is not None and held != _DONE and _LEASE.fullmatch(held) is None:
            await self._connection.forget(key, text=True)
            raise KeyUnreadable("A task's key held no lease.")
        if held == _value(lease):
            # The connection broke after Redis had taken the command, and it was sent again.
            return ClaimState.OURS
        if held == _DONE:
            return ClaimState.DONE
        return _held_state(held, lease.message_id)

    async def renew(self, lease: Lease) -> Hold:
        """Prolong the lease; a lost Redis takes no lease away."""
        if lease.owner is None:
            return await self._renew_unguarded(lease)
        try:
            renewed = await self._run(_RENEW, lease.task_id, _value(lease), self._ttl_ms)
        except StoreUnavailable:
            return Hold.UNKNOWN
        return Hold.OURS if renewed else Hold.LOST

    async def _renew_unguarded(self, lease: Lease) -> Hold:
        """Whoever works without a lease stops once Redis says that the task is done."""
        redis, key = self._connection.redis, task_key(lease.task_id)
        try:
            held = await self._connection.run(redis.get(key), key)
        except StoreUnavailable:
            return Hold.UNKNOWN
        return Hold.LOST if held == _DONE else Hold.UNKNOWN

    async def finish(self, lease: Lease) -> None:
        """Mark the task done."""
        self._forget(lease)
        value = _value(lease) if lease.owner is not None else ""
        # Without Redis the lease runs out by itself, and the ledger says that the task is done.
        with suppress(StoreUnavailable):
            await self._run(_FINISH, lease.task_id, value, int(DONE_TTL_S * 1000))

    async def release(self, lease: Lease, reason: str | None = None) -> None:
        """Hand the task back, and remember why."""
        self._forget(lease)
        with suppress(StoreUnavailable):
            if reason is not None:
                key, redis = failure_key(lease.task_id), self._connection.redis
                await self._connection.run(redis.set(key, reason, ex=FAILURE_TTL_S))
            if lease.owner is not None:
                await self._run(_RELEASE, lease.task_id, _value(lease))

    async def announce_doubt(self, task_id: str) -> None:
        """Leave word; tried again once the connection has had its rest after a failure."""
        redis, retries = self._connection.redis, Retries(_ONCE_RESTED)
        while True:
            try:
                await self._connection.run(redis.set(doubt_key(task_id), "1", ex=DOUBT_TTL_S))
            except StoreUnavailable:
                if await retries.again():
                    continue
            return

    async def is_doubted(self, task_id: str) -> bool:
        """Whether word was left; True without Redis."""
        try:
            key = doubt_key(task_id)
            return bool(await self._connection.run(self._connection.redis.get(key), key))
        except StoreUnavailable:
            return True

    async def last_failure(self, task_id: str) -> str | None:
        """The reason the task was last handed back for; None without Redis."""
        key = failure_key(task_id)
        try:
            kept = str(await self._connection.run(self._connection.redis.get(key), key) or "")
        except StoreUnavailable:
            return None
        if kept and _REASON.fullmatch(kept) is None:
            await self._connection.forget(key, text=True)
            return None
        return kept or None

    async def _run(self, script: str, task_id: str, *args: str | int) -> object:
        # EVAL, not EVALSHA: the fake server of the local stack cannot load scripts.
        redis, key = self._connection.redis, task_key(task_id)
        return await self._connection.run(redis.eval(script, 1, key, *args), key)


def _held_state(held: str, message_id: str) -> ClaimState:
    """What ``held``, the value of a lease that is not ours, means for a delivery."""
    # A lease that ran out while we looked has had another holder a moment ago, or this message's
    # own: refusing it is safe, since Pub/Sub delivers again.
    if not held or held.startswith(_of_message(message_id)):
        return ClaimState.HELD_BY_SAME_MESSAGE
    return ClaimState.HELD_BY_OTHER_MESSAGE


def _of_message(message_id: str) -> str:
    return f"lease {message_id} "


def _value(lease: Lease) -> str:
    return f"{_of_message(lease.message_id)}{lease.owner}"


class RedisAnswers:
    """The answer cache; with a lifetime of 0 s it keeps nothing. What it keeps is sealed.

    Each answer is kept behind its signature for its key: what somebody else has put into Redis, or
    has moved there, is shown to nobody.
    """

    def __init__(
        self, connection: RedisConnection, ttl_s: int, seal: Seal, signing: Signing
    ) -> None:
        self._connection = connection
        self._ttl_s = ttl_s
        self._seal = seal
        self._signing = signing

    @property
    def lasting(self) -> bool:
        """Whether anything is kept at all."""
        return self._ttl_s > 0

    async def get(self, key: str) -> Answer | None:
        """The answer, or None when it is unknown or Redis is lost."""
        if self._ttl_s == 0:
            return None
        place = answer_key(key)
        try:
            kept = str(await self._connection.run(self._connection.redis.get(place), place) or "")
        except StoreUnavailable:
            return None
        answer = self._answer_in(kept, key) if kept else None
        if kept and answer is None:
            await self._connection.forget(place, text=True)
        return answer

    def _answer_in(self, kept: str, key: str) -> Answer | None:
        signature, text = kept[:_SIGNATURE_CHARS], kept[_SIGNATURE_CHARS:]
        if not self._signing.has_signed(signature, "answer", key, text):
            return None
        opened = self._seal.opened(text)
        try:
            return _ANSWER.validate_json(opened or "")
        except ValidationError:
            # Of a version that knew other answers, or sealed with another key.
            return None

    async def put(self, key: str, answer: Answer) -> None:
        """Keep the answer if Redis takes it."""
        if self._ttl_s == 0:
            return
        text = self._seal.closed(_ANSWER.dump_json(answer).decode())
        value = self._signing.sign("answer", key, text) + text
        try:
            await self._connection.run(
                self._connection.redis.set(answer_key(key), value, ex=self._ttl_s)
            )
        except StoreUnavailable:
            return

    async def forget(self, key: str) -> None:
        """Take it out of Redis; a lost Redis forgets by itself."""
        with suppress(StoreUnavailable):
            await self._connection.run(self._connection.redis.delete(answer_key(key)))
