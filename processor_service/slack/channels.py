"""Slack's description of conversations, and of people: who may read where."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Any, Final

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from processor_service.ports.people import Channel
from processor_service.resilience.fair_timeout import fair_timeout
from processor_service.slack.client import SlackCalls
from shared.bounded import BoundedMap
from shared.channel_ids import is_direct
from shared.errors import MechachangError, SlackRefused, SlackUnavailable
from shared.slack.message import cursor_in, listed_in
from shared.slack.people import is_of_the_team
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_PATIENCE_S: Final = 1.0
# conversations.info allows some 50 calls a minute (docs.slack.dev: Tier 3), for all together.
_KNOWN_S: Final = 300.0
# After a failure no question waits for the same channel again for a while.
_REST_S: Final = 60.0
_REMEMBERED: Final = 1_000
_MEMBERS: Final = 1_000
# A user beyond the first 20,000 members counts as no member.
_PAGES: Final = 20
_DIRECT: Final = Channel(public=False)


class SlackChannels:
    """``ports.Channels`` by ``conversations.info`` and ``conversations.members``."""

    def __init__(self, calls: SlackCalls, clock: Callable[[], float] = time.monotonic) -> None:
        self._calls = calls
        self._near: BoundedMap[str, Channel | None] = BoundedMap(_REMEMBERED, _KNOWN_S, clock)
        self._readers: BoundedMap[str, bool] = BoundedMap(_REMEMBERED, _KNOWN_S, clock)
        self._asking: dict[str, asyncio.Lock] = {}

    async def of(self, channel_id: str) -> Channel | None:
        """The conversation, known for five minutes; None if Slack does not say within 1 s, or did
        not lately. Concurrent callers share one call.
        """
        if is_direct(channel_id):
            return _DIRECT
        lock = self._asking.setdefault(channel_id, asyncio.Lock())
        try:
            async with fair_timeout(_PATIENCE_S), lock:
                if channel_id in self._near:
                    return self._near.get(channel_id)
                return self._near.put(channel_id, _channel(await self._info(channel_id)))
        except (MechachangError, TimeoutError) as error:
            log.info("A channel is not known.", action="channel_unknown", why=str(error))
            return self._near.put(channel_id, None, _REST_S)
        finally:
            self._asking.pop(channel_id, None)

    async def may_read(self, user_id: str, channel_id: str) -> bool:
        """Whether the user may read there now: they are a member, or it is public and they are no
        guest. Each call asks Slack of the channel; raises as a Conversation does.
        """
        info = await self._info(channel_id)
        if info.get("is_im"):
            return info.get("user") == user_id
        everywhere = _channel(info).public and await self._reads_public(user_id)
        return everywhere or await self.is_member(user_id, channel_id)

    async def reads_public(self, user_id: str) -> bool:
        """Whether the user may read every public channel, which guests may not; known for five
        minutes. False also if Slack does not say within 1 s.
        """
        try:
            async with fair_timeout(_PATIENCE_S):
                return await self._reads_public(user_id)
        except (MechachangError, TimeoutError) as error:
            log.info("It is unknown who is a guest.", action="guest_unknown", why=str(error))
            return False

    async def _reads_public(self, user_id: str) -> bool:
        known = self._readers.get(user_id)
        if known is not None:
            return known
        team_id = (await self._calls.ourselves()).team_id
        try:
            async with self._calls("users.info"):
                told = await self._calls.client.users_info(user=user_id)
        except SlackRefused:
            # Slack hides the user, or its scope is missing: membership decides.
            return self._readers.put(user_id, False, _REST_S)
        return self._readers.put(user_id, is_of_the_team(told.get("user"), team_id))

    async def _info(self, channel_id: str) -> Mapping[str, Any]:
        async with self._calls("conversations.info"):
            found = await self._calls.client.conversations_info(channel=channel_id)
        info = found.get("channel")
        if not isinstance(info, Mapping):
            raise SlackUnavailable("conversations.info: Slack describes no channel.")
        return info

    async def is_member(self, user_id: str, channel_id: str) -> bool:
        """Whether the user is among the members. Each call asks Slack."""
        cursor: str | None = None
        for _ in range(_PAGES):
            page = await self._members(channel_id, cursor)
            if user_id in listed_in(page, "members"):
                return True
            cursor = cursor_in(page)
            if cursor is None:
                return False
        log.warning("A channel has too many members.", action="members_too_many")
        return False

    async def _members(self, channel_id: str, cursor: str | None) -> AsyncSlackResponse:
        async with self._calls("conversations.members"):
            return await self._calls.client.conversations_members(
                channel=channel_id, cursor=cursor, limit=_MEMBERS
            )


def _channel(info: Mapping[str, Any]) -> Channel:
    """Unless Slack calls it public it is not, and only a public channel's name may be shown."""
    public = bool(info.get("is_channel")) and info.get("is_private") is False
    return Channel(public, str(info.get("name") or "") if public else "")
