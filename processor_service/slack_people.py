"""Who asks and who else speaks: languages and names, from Slack, remembered in Redis."""

import asyncio
from collections.abc import Sequence
from contextlib import suppress
from typing import Final

from processor_service.redis_connection import RedisConnection, StoreUnavailable
from processor_service.redis_keys import LOCALE_TTL_S, NAME_TTL_S, locale_key, name_key
from processor_service.slack_calls import SlackCalls
from shared.errors import MechachangError
from shared.log import get_logger
from shared.task import Locale

log = get_logger(__name__)

_PATIENCE_S = 1.5
# users.info allows some 100 calls a minute (docs.slack.dev: Tier 4), for all questions together.
_NAMES_AT_ONCE: Final = 20


class SlackPeople:
    """``ports.People`` by ``users.info``; an answer is never late because of it."""

    def __init__(self, calls: SlackCalls, connection: RedisConnection) -> None:
        self._calls = calls
        self._connection = connection

    async def locale_of(self, user_id: str) -> Locale | None:
        """The person's language; None when neither Redis nor Slack tells it within 1.5 s."""
        known = await self._remembered(user_id)
        if known is not None:
            return known
        try:
            async with asyncio.timeout(_PATIENCE_S):
                found = await self._asked(user_id)
        except (MechachangError, TimeoutError) as error:
            log.info("A person's language is not known.", action="locale_unknown", why=str(error))
            return None
        if found is not None:
            with suppress(StoreUnavailable):
                redis = self._connection.redis
                await self._connection.run(redis.set(locale_key(user_id), found, ex=LOCALE_TTL_S))
        return found

    async def names_of(self, user_ids: Sequence[str]) -> dict[str, str]:
        """The people's display names; who is missing was not told of within 1.5 s.

        Of many unknown people the last ones are asked for.
        """
        names = await self._remembered_names(user_ids)
        unknown = [user_id for user_id in user_ids if user_id not in names][-_NAMES_AT_ONCE:]
        with suppress(TimeoutError):
            async with asyncio.timeout(_PATIENCE_S):
                await asyncio.gather(*(self._learn(user_id, names) for user_id in unknown))
        return names

    async def _learn(self, user_id: str, names: dict[str, str]) -> None:
        name = await self._asked_name(user_id)
        if name:
            names[user_id] = name
            with suppress(StoreUnavailable):
                redis = self._connection.redis
                await self._connection.run(redis.set(name_key(user_id), name, ex=NAME_TTL_S))

    async def _remembered_names(self, user_ids: Sequence[str]) -> dict[str, str]:
        keys = [name_key(user_id) for user_id in user_ids]
        try:
            kept = await self._connection.run(self._connection.redis.mget(keys))
        except StoreUnavailable:
            return {}
        return {user_id: str(name) for user_id, name in zip(user_ids, kept, strict=True) if name}

    async def _asked_name(self, user_id: str) -> str | None:
        """What Slack's own clients show: the display name, else the full one."""
        client = self._calls.client
        try:
            user = (await self._calls("users.info", lambda: client.users_info(user=user_id)))[
                "user"
            ]
        except MechachangError as error:
            log.info("A person's name is not known.", action="name_unknown", why=str(error))
            return None
        profile = user.get("profile") or {}
        return str(profile.get("display_name") or user.get("real_name") or user.get("name") or "")

    async def _remembered(self, user_id: str) -> Locale | None:
        try:
            kept = await self._connection.run(self._connection.redis.get(locale_key(user_id)))
        except StoreUnavailable:
            return None
        return _locale(str(kept)) if kept else None

    async def _asked(self, user_id: str) -> Locale | None:
        """Slack's locales are like ``ja-JP``; not everybody has one."""
        client = self._calls.client
        found = await self._calls(
            "users.info", lambda: client.users_info(user=user_id, include_locale=True)
        )
        slack_locale = str(found["user"].get("locale") or "")
        return _locale(slack_locale) if slack_locale else None


def _locale(name: str) -> Locale:
    return "ja" if name.startswith("ja") else "en"
