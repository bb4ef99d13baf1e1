"""Users' languages: chosen on their Home, else as in Slack, looked up in the background."""

import asyncio
import time
from collections.abc import Callable

from command_service.slack.access import SlackAccess
from shared.background import Background
from shared.bounded import BoundedMap
from shared.errors import MechachangError
from shared.slack.people import locale_of
from shared.task import Locale
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_REMEMBERED = 10_000
# People rarely change it, and Slack tells of a change by no event that we hear.
_FRESH_S = 24 * 3600.0


class SlackLocales:
    """``ports.Locales`` by ``users.info``; remembers the last ten thousand users.

    A look-up goes on when its caller waits no longer, so that the next one knows. A known language
    is looked up again once a day, and used meanwhile.
    """

    def __init__(
        self,
        access: SlackAccess,
        background: Background,
        default: Locale,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._access = access
        self._background = background
        self._default = default
        self._known: BoundedMap[str, Locale] = BoundedMap(_REMEMBERED)
        self._chosen: BoundedMap[str, Locale] = BoundedMap(_REMEMBERED)
        self._fresh: BoundedMap[str, None] = BoundedMap(_REMEMBERED, _FRESH_S, clock)
        self._asked: dict[str, asyncio.Event] = {}

    def choose(self, user_id: str, language: Locale | None) -> None:
        if language is None:
            self._chosen.pop(user_id)
        else:
            self._chosen.put(user_id, language)

    def of(self, user_id: str) -> Locale:
        if (chosen := self._chosen.get(user_id)) is not None:
            return self._chosen.put(user_id, chosen)
        known = self._known.get(user_id)
        if known is None or user_id not in self._fresh:
            self._asking(user_id)
        return self._default if known is None else self._known.put(user_id, known)

    async def found(self, user_id: str) -> Locale:
        """The user's language, from Slack if needed; the default if Slack cannot be asked."""
        if (chosen := self._chosen.get(user_id)) is not None:
            return chosen
        if user_id in self._known:
            return self.of(user_id)
        await self._asking(user_id).wait()
        return self._known.get(user_id) or self._default

    def _asking(self, user_id: str) -> asyncio.Event:
        """Set once Slack has answered, or cannot be asked. Concurrent callers share one call."""
        if (asked := self._asked.get(user_id)) is None:
            self._fresh.put(user_id, None)
            asked = self._asked[user_id] = asyncio.Event()
            if not self._background.start(self._learn(user_id), f"locale:{user_id}"):
                self._answered(user_id)
        return asked

    def _answered(self, user_id: str) -> None:
        if (asked := self._asked.pop(user_id, None)) is not None:
            asked.set()

    async def _learn(self, user_id: str) -> None:
        try:
            with self._access.calling("users.info"):
                answer = await self._access.client.users_info(user=user_id, include_locale=True)
            user = answer.get("user")
            told = locale_of(user) if isinstance(user, dict) else None
            self._known.put(user_id, told or self._default)
        except MechachangError as failure:
            log.info(
                "A person's language is not known.",
                action="locale_unknown",
                reason=failure.reason,
                why=str(failure),
            )
        finally:
            self._answered(user_id)
