"""Messages with a reaction, and who reacted, from Slack."""

from slack_sdk.web.async_client import AsyncWebClient

from command_service.payloads.model import Reactor
from command_service.slack.access import SlackAccess
from command_service.slack.message_reader import message_at
from shared.bounded import BoundedMap
from shared.errors import SlackRefused
from shared.slack.message import Message, MessageRef

# Slack's own helper has an id like a person's.
_SLACKBOT = "USLACKBOT"
_REMEMBERED = 1_000
_KNOWN_S = 300.0


class SlackReactions:
    """``ports.ReactedMessages`` by ``conversations.replies`` and ``users.info``.

    ``conversations.replies`` also takes the ts of a message within a thread (docs.slack.dev), and
    returns it with or without the others.
    """

    def __init__(self, client: AsyncWebClient, access: SlackAccess) -> None:
        self._client = client
        self._access = access
        self._known: BoundedMap[str, Reactor] = BoundedMap(_REMEMBERED, _KNOWN_S)

    async def message_at(self, channel_id: str, message_ts: str) -> Message | None:
        place = MessageRef(channel_id, message_ts, message_ts)
        return await message_at(self._client, self._access, place)

    async def reactor(self, user_id: str) -> Reactor:
        """Events of reactions do not say whether an app has reacted."""
        known = self._known.get(user_id)
        return known or self._known.put(user_id, await self._asked(user_id))

    async def _asked(self, user_id: str) -> Reactor:
        try:
            with self._access.calling("users.info"):
                told = await self._client.users_info(user=user_id)
        except SlackRefused:
            return Reactor(is_person=False)
        user = told.get("user")
        if not isinstance(user, dict) or user.get("is_bot") or user_id == _SLACKBOT:
            return Reactor(is_person=False)
        team_id = user.get("team_id")
        return Reactor(is_person=True, team_id=team_id if isinstance(team_id, str) else None)
