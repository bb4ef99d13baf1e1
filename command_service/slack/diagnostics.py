"""Slack's view of our token and of a channel, for the doctor."""

from slack_sdk.web.async_client import AsyncWebClient

from command_service.ports import ChannelDiagnosis
from command_service.scopes import granted_scopes
from command_service.slack.access import SlackAccess
from shared.errors import SlackRefused, SlackUnavailable
from shared.slack.message import cursor_in, listed_in

# Slack wants the ack of a click within 3 s.
_PAGES = 5
_MEMBERS = 1_000
# Slack describes direct messages, also of groups, to their members alone.
_SHOW_MEMBERSHIP = ("is_member", "is_im", "is_mpim")


class SlackDiagnostics:
    """``ports.Diagnostics`` by ``auth.test`` and ``conversations.info``."""

    def __init__(self, client: AsyncWebClient, access: SlackAccess) -> None:
        self._client = client
        self._access = access

    async def scopes(self) -> frozenset[str] | None:
        with self._access.calling("auth.test"):
            who = await self._client.auth_test()
        return granted_scopes(who.headers)

    async def channel(self, channel_id: str) -> ChannelDiagnosis:
        """The channel; if Slack hides it from the bot, the bot is no member."""
        try:
            with self._access.calling("conversations.info"):
                found = await self._client.conversations_info(channel=channel_id)
        except SlackRefused as refused:
            if refused.slack_error != "channel_not_found":
                raise
            return ChannelDiagnosis(member=False, external=None)
        channel = found.get("channel")
        if not isinstance(channel, dict):
            raise SlackUnavailable("conversations.info: Slack describes no channel.")
        return ChannelDiagnosis(
            member=any(channel.get(name) for name in _SHOW_MEMBERSHIP),
            external=bool(channel.get("is_ext_shared") or channel.get("is_pending_ext_shared")),
            public=bool(channel.get("is_channel")) and channel.get("is_private") is False,
        )

    async def may_read(self, user_id: str, channel_id: str) -> bool:
        """Whether the channel is public or the user is among its first some thousand members."""
        place = await self.channel(channel_id)
        if place.public or place.external is None:
            return place.public
        cursor: str | None = None
        for _ in range(_PAGES):
            with self._access.calling("conversations.members"):
                page = await self._client.conversations_members(
                    channel=channel_id, cursor=cursor, limit=_MEMBERS
                )
            if user_id in listed_in(page, "members"):
                return True
            cursor = cursor_in(page)
            if cursor is None:
                return False
        return False
