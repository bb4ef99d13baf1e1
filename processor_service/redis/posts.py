"""Posts that Slack cannot return: those to response URLs, and the tasks of running streams."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import asdict
from functools import partial
from typing import Final

from processor_service.ports.work import STREAM_TTL_S
from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import (
    LAST_THREAD_TTL_S,
    RESPONSES_TTL_S,
    last_thread_key,
    responses_key,
    stream_key,
)
from shared.background import Background
from shared.bounded import BoundedMap
from shared.ledger import Mark
from shared.slack.message import is_ts

_REMEMBERED: Final = 1_000
_WHILE_YOUNG: Final = 4
# Lua, so that no list is left without an end of its life.
_ADD: Final = """
redis.call('RPUSH', KEYS[1], ARGV[1])
return redis.call('EXPIRE', KEYS[1], ARGV[2])
"""


class RedisResponses:
    """``Responses`` in Redis, for as long as Slack takes posts to a response URL; this process
    knows its own posts without it, too.
    """

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection
        self._add = connection.script(_ADD)
        self._own: BoundedMap[str, tuple[Mark, ...]] = BoundedMap(_REMEMBERED, RESPONSES_TTL_S)

    async def of(self, task_id: str) -> list[Mark]:
        kept = await self._kept(task_id)
        marks = [mark for one in kept if (mark := _mark_in(one)) is not None]
        return [*marks, *(own for own in self._own.get(task_id) or () if own not in marks)]

    async def _kept(self, task_id: str) -> list[str | bytes]:
        """A worker that did not know the posts would post them again, so a pause of Redis is waited
        for.
        """
        redis, key = self._connection.redis, responses_key(task_id)

        async def look() -> list[str | bytes] | None:
            return await self._connection.attempt(redis.lrange(key, 0, -1), key, lost=None)

        kept: list[str | bytes] | None = await self._connection.insist(look, lost=None)
        return kept or []

    async def add(self, mark: Mark) -> None:
        self._own.put(mark.task_id, (*(self._own.get(mark.task_id) or ()), mark))
        key, kept = responses_key(mark.task_id), json.dumps(asdict(mark))
        add = partial(self._add.attempt, [key], kept, RESPONSES_TTL_S)
        await self._connection.insist(add, lost=None)


def _mark_in(kept: str | bytes) -> Mark | None:
    try:
        return Mark.of_fields(json.loads(kept))
    except (ValueError, AttributeError, RecursionError):
        return None


class RedisLastThreads:
    """``ports.LastThreads`` in Redis."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    async def note(self, channel_id: str, thread_ts: str) -> None:
        await self._connection.put(last_thread_key(channel_id), thread_ts, LAST_THREAD_TTL_S)

    async def of(self, channel_id: str) -> str | None:
        known = await self._connection.get(last_thread_key(channel_id))
        return known if known and is_ts(known) else None


class RedisStreamOwners:
    """``ports.StreamOwners`` in Redis; this process's own streams are known without it, too."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection
        self._own: BoundedMap[tuple[str, str], str] = BoundedMap(_REMEMBERED)
        self._unkept: set[tuple[str, str]] = set()
        self._background = Background()

    async def own(self, channel: str, ts: str, task_id: str) -> None:
        self._own.put((channel, ts), task_id)
        keep = partial(self._connection.put, stream_key(channel, ts), task_id, STREAM_TTL_S)
        if not await keep() and (channel, ts) not in self._unkept:
            # Nothing may be appended for a while, and others take it for nobody's after 5 s.
            self._unkept.add((channel, ts))
            self._background.start(self._own_again(channel, ts, keep), f"own:{ts}")

    async def _own_again(self, channel: str, ts: str, keep: Callable[[], Awaitable[bool]]) -> None:
        try:
            await self._connection.insist(keep, lost=False, attempts=_WHILE_YOUNG)
        finally:
            self._unkept.discard((channel, ts))

    async def try_own(self, channel: str, ts: str, task_id: str, *, alone: bool) -> bool:
        redis, key = self._connection.redis, stream_key(channel, ts)
        free = redis.set(key, task_id, nx=True, ex=STREAM_TTL_S)
        taken = await self._connection.attempt(free, key, lost=alone)
        owner = task_id if taken else await self._connection.get(key)
        # Another task of this process may have got it meanwhile, without Redis.
        if owner != task_id or (self._own.get((channel, ts)) or task_id) != task_id:
            return False
        self._own.put((channel, ts), task_id)
        return True

    async def owner(self, channel: str, ts: str) -> str | None:
        """The task; None if it is unknown, or another process's while Redis is lost."""
        if (known := self._own.get((channel, ts))) is not None:
            return known
        return await self._connection.get(stream_key(channel, ts)) or None

    async def has_no_owner(self, channel: str, ts: str) -> bool:
        """Whether Redis answers, and names no task."""
        known = (channel, ts) in self._own
        return not known and not await self._connection.get(stream_key(channel, ts), lost="?")
