"""Slack's view of our token and of a channel, for the doctor."""

from command_service.ports import ChannelDiagnosis
from command_service.scopes import granted_scopes
from command_service.slack.access import SlackAccess
from shared.bounded import BoundedMap
from shared.errors import SlackRefused, SlackUnavailable
from shared.slack.message import cursor_in, listed_in
from shared.slack.people import is_of_the_team

# Slack wants the ack of a click within 3 s.
_PAGES = 5
_MEMBERS = 1_000
_REMEMBERED = 1_000
_KNOWN_S = 300.0
# Slack describes direct messages, also of groups, to their members alone.
_SHOW_MEMBERSHIP = ("is_member", "is_im", "is_mpim")


class SlackDiagnostics:
    """``ports.Diagnostics`` by ``auth.test``, ``conversations.info`` and ``users.info``, for the
    workspace ``team_id``.
    """

    def __init__(self, access: SlackAccess, team_id: str) -> None:
        self._access = access
        self._team_id = team_id
        self._readers: BoundedMap[str, bool] = BoundedMap(_REMEMBERED, _KNOWN_S)

    async def scopes(self) -> frozenset[str] | None:
        with self._access.calling("auth.test"):
            who = await self._access.client.auth_test()
        return granted_scopes(who.headers)

    async def channel(self, channel_id: str) -> ChannelDiagnosis:
        """The channel; if Slack hides it from the bot, the bot is no member."""
        try:
            with self._access.calling("conversations.info"):
                found = await self._access.client.conversations_info(channel=channel_id)
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
        """Whether the user is among the first some thousand members, or the channel is public and
        they are no guest.
        """
        place = await self.channel(channel_id)
        if place.external is None:
            return False
        everywhere = place.public and await self._reads_public(user_id)
        return everywhere or await self._is_member(user_id, channel_id)

    async def _reads_public(self, user_id: str) -> bool:
        """Whether the user may read every public channel; not a guest, and nobody whom Slack hides
        from us: membership decides for them.
        """
        known = self._readers.get(user_id)
        if known is not None:
            return known
        try:
            with self._access.calling("users.info"):
                told = await self._access.client.users_info(user=user_id)
        except SlackRefused:
            return False
        return self._readers.put(user_id, is_of_the_team(told.get("user"), self._team_id))

    async def _is_member(self, user_id: str, channel_id: str) -> bool:
        cursor: str | None = None
        for _ in range(_PAGES):
            with self._access.calling("conversations.members"):
                page = await self._access.client.conversations_members(
                    channel=channel_id, cursor=cursor, limit=_MEMBERS
                )
            if user_id in listed_in(page, "members"):
                return True
            cursor = cursor_in(page)
            if cursor is None:
                return False
        return False
