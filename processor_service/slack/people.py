"""Languages, time zones and names of users, from Slack."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import timedelta
from typing import Any, Final

from processor_service.ports.people import PeopleCache, Person, offset_told
from processor_service.ports.work import StoreUnavailable
from processor_service.resilience.fair_timeout import fair_timeout
from processor_service.slack.client import SlackCalls
from shared.bounded import BoundedMap
from shared.errors import MechachangError, SlackRefused
from shared.slack.people import locale_of
from shared.task import Locale
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_PATIENCE_S = 1.5
# After a call that took longer Slack is left alone for so long, so that an answer waits for it
# once. It is not asked about a user of whom it did not tell, either.
_REST_S: Final = 10.0
# users.info allows some 100 calls a minute (docs.slack.dev: Tier 4), for all questions together.
_NAMES_AT_ONCE: Final = 20
# A user often asks the next question soon.
_NEAR_S: Final = 300.0
_REMEMBERED: Final = 1_000


class SlackPeople:
    """``ports.People`` by ``users.info``, which delays an answer by 1.5 s at most.

    A user known a moment ago is known without Redis, too; one of whom Slack did not tell is not
    asked about again at once.
    """

    def __init__(
        self,
        calls: SlackCalls,
        cache: PeopleCache,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._calls = calls
        self._cache = cache
        self._clock = clock
        self._not_before = float("-inf")
        self._near: BoundedMap[str, Person] = BoundedMap(_REMEMBERED, _NEAR_S, clock)
        # People of other organisations, for one: each look would be a call for nothing.
        self._hidden: BoundedMap[str, None] = BoundedMap(_REMEMBERED, _NEAR_S, clock)

    async def locale_of(self, user_id: str) -> Locale | None:
        """The user's language; None if neither Redis nor Slack says within 1.5 s."""
        try:
            known = await self._known(user_id)
        except StoreUnavailable:
            known = None
        return (known or await self._asked(user_id)).locale

    async def utc_offset_of(self, user_id: str) -> timedelta | None:
        """The user's UTC offset; None if neither Redis nor Slack says within 1.5 s.

        Without Redis this does not ask Slack: ``locale_of`` has waited for it already.
        """
        try:
            known = await self._known(user_id)
        except StoreUnavailable:
            return None
        return (known or await self._asked(user_id)).utc_offset

    async def _known(self, user_id: str) -> Person | None:
        """A user remembered here or in Redis. Raises StoreUnavailable."""
        if (near := self._near.get(user_id)) is not None:
            return near
        person = await self._cache.person(user_id)
        if person is not None:
            self._near.put(user_id, person)
        return person

    async def names_of(self, user_ids: Sequence[str]) -> dict[str, str]:
        """The display names; a user is missing if Slack does not say within 1.5 s.

        Of many unknown users only the last ones are looked up.
        """
        if not user_ids:
            return {}
        names = await self._cache.names(user_ids)
        known = {*names, *(user_id for user_id in user_ids if user_id in self._hidden)}
        unknown = [user_id for user_id in user_ids if user_id not in known][-_NAMES_AT_ONCE:]
        if unknown and not self._rests:
            with suppress(TimeoutError):
                async with self._in_time():
                    await asyncio.gather(*(self._learn(user_id, names) for user_id in unknown))
        return names

    async def _learn(self, user_id: str, names: dict[str, str]) -> None:
        name = await self._asked_name(user_id)
        if name:
            names[user_id] = name
            await self._cache.keep_name(user_id, name)

    async def _asked_name(self, user_id: str) -> str | None:
        """The name in Slack's own clients: the display name, else the full one."""
        try:
            return _name_in(await self._info(user_id))
        except MechachangError as error:
            log.info("A person's name is not known.", action="name_unknown", why=str(error))
            if isinstance(error, SlackRefused):
                self._hidden.put(user_id, None)
            return None

    async def _asked(self, user_id: str) -> Person:
        """Slack's answer within 1.5 s, remembered for the next question."""
        if self._rests:
            return Person()
        try:
            async with self._in_time():
                user = await self._info(user_id, include_locale=True)
        except (MechachangError, TimeoutError) as error:
            log.info("A person's language is not known.", action="locale_unknown", why=str(error))
            return self._near.put(user_id, Person(), _REST_S)
        person = Person(locale_of(user), offset_told(user.get("tz_offset")))
        self._near.put(user_id, person)
        await self._cache.keep_person(user_id, person)
        return person

    @property
    def _rests(self) -> bool:
        """Whether Slack did not say in time lately."""
        return self._clock() < self._not_before

    @asynccontextmanager
    async def _in_time(self) -> AsyncIterator[None]:
        try:
            async with fair_timeout(_PATIENCE_S):
                yield
        except TimeoutError:
            self._not_before = self._clock() + _REST_S
            raise

    async def _info(self, user_id: str, **more: Any) -> Mapping[str, Any]:
        async with self._calls("users.info"):
            told = await self._calls.client.users_info(user=user_id, **more)
        user = told.get("user")
        return user if isinstance(user, Mapping) else {}


def _name_in(user: Mapping[str, Any]) -> str:
    profile = user.get("profile")
    shown = profile.get("display_name") if isinstance(profile, Mapping) else None
    names = (shown, user.get("real_name"), user.get("name"))
    return next((name for name in names if isinstance(name, str) and name), "")
