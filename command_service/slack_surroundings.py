"""What Slack says of our token and of a channel, for the doctor."""

from slack_sdk.web.async_client import AsyncWebClient

from command_service.ports import Surrounding
from command_service.scopes import granted_scopes
from command_service.slack_access import SlackAccess
from shared.errors import SlackRefused
from shared.slack import SLACK_FAILURES


class SlackSurroundings:
    """``ports.Surroundings`` by ``auth.test`` and ``conversations.info``."""

    def __init__(self, client: AsyncWebClient, access: SlackAccess) -> None:
        self._client = client
        self._access = access

    async def scopes(self) -> frozenset[str] | None:
        """Our token's scopes, if Slack accepts it."""
        try:
            who = await self._client.auth_test()
        except SLACK_FAILURES as error:
            raise self._access.failure(error, "auth.test") from error
        return granted_scopes(who.headers)

    async def channel(self, channel_id: str) -> Surrounding:
        """The channel; one that Slack hides from us is one we are not in."""
        try:
            found = await self._client.conversations_info(channel=channel_id)
        except SLACK_FAILURES as error:
            failure = self._access.failure(error, "conversations.info")
            if isinstance(failure, SlackRefused) and failure.slack_error == "channel_not_found":
                return Surrounding(member=False, external=False)
            raise failure from error
        channel = found["channel"]
        return Surrounding(
            member=bool(channel.get("is_member") or channel.get("is_im")),
            external=bool(channel.get("is_ext_shared")),
        )
