"""What was posted to response URLs, in Redis."""

import json
from contextlib import suppress
from dataclasses import asdict

from processor_service.ports.work import StoreUnavailable
from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import RESPONSES_TTL_S, responses_key
from shared.ledger import Mark


class RedisResponses:
    """``Responses`` in Redis, for as long as Slack takes posts to a response URL."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    async def of(self, task_id: str) -> list[Mark]:
        """The marks of what was posted, in order; none when Redis is lost."""
        redis = self._connection.redis
        try:
            key = responses_key(task_id)
            kept = await self._connection.run(redis.lrange(key, 0, -1), key)
        except StoreUnavailable:
            return []
        marks = (_mark_in(one) for one in kept)
        return [mark for mark in marks if mark is not None]

    async def add(self, mark: Mark) -> None:
        """Remember one message if Redis takes it."""
        redis, key = self._connection.redis, responses_key(mark.task_id)
        with suppress(StoreUnavailable):
            await self._connection.run(redis.rpush(key, json.dumps(asdict(mark))), key)
            await self._connection.run(redis.expire(key, RESPONSES_TTL_S))


def _mark_in(kept: str | bytes) -> Mark | None:
    try:
        return Mark.of_fields(json.loads(kept))
    except (ValueError, AttributeError, RecursionError):
        return None
