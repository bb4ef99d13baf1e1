"""Slack's information about users, in Redis."""

from collections.abc import Sequence

from processor_service.ports.people import Person, offset_told
from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import (
    LOCALE_TTL_S,
    NAME_TTL_S,
    locale_key,
    name_key,
    utc_offset_key,
)
from shared.slack.people import locale_named


class RedisPeopleCache:
    """``ports.PeopleCache`` in Redis."""

    def __init__(self, connection: RedisConnection) -> None:
        self._connection = connection

    async def person(self, user_id: str) -> Person | None:
        keys = [locale_key(user_id), utc_offset_key(user_id)]
        locale, kept = await self._connection.run(self._connection.redis.mget(keys))
        offset = offset_told(kept)
        if not locale or offset is None:
            return None
        return Person(locale_named(str(locale)), offset)

    async def keep_person(self, user_id: str, person: Person) -> None:
        if person.locale is not None:
            await self._connection.put(locale_key(user_id), person.locale, LOCALE_TTL_S)
        if person.utc_offset is not None:
            seconds = f"{person.utc_offset.total_seconds():.0f}"
            await self._connection.put(utc_offset_key(user_id), seconds, LOCALE_TTL_S)

    async def names(self, user_ids: Sequence[str]) -> dict[str, str]:
        look = self._connection.redis.mget([name_key(user_id) for user_id in user_ids])
        kept = await self._connection.attempt(look, lost=[None] * len(user_ids))
        return {user_id: str(name) for user_id, name in zip(user_ids, kept, strict=True) if name}

    async def keep_name(self, user_id: str, name: str) -> None:
        await self._connection.put(name_key(user_id), name, NAME_TTL_S)
