"""Who asks: their language, from Slack, remembered in Redis."""

import asyncio
from contextlib import suppress

from processor_service.redis_connection import RedisConnection, StoreUnavailable
from processor_service.redis_keys import LOCALE_TTL_S, locale_key
from processor_service.slack_calls import SlackCalls
from shared.errors import MechachangError
from shared.log import get_logger
from shared.task import Locale

log = get_logger(__name__)

_PATIENCE_S = 1.5


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
