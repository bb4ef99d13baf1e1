"""Messages that asked something, read again from Slack."""

from collections.abc import Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from command_service.message_text import plain_text
from command_service.question import Place
from shared.errors import SlackRefused
from shared.ledger import Mark
from shared.slack import SLACK_FAILURES, slack_error

# Slack returns the thread's first message besides the one asked for.
_PAGE = 5


class SlackQuestions:
    """``ports.Questions`` by ``conversations.replies``, one small page a look."""

    def __init__(self, client: AsyncWebClient, bot_user_id: str) -> None:
        self._client = client
        self._bot_user_id = bot_user_id

    async def text_at(self, place: Place) -> str | None:
        """The words of the person's message, or of the slash command that our message shows."""
        try:
            page = await self._client.conversations_replies(
                channel=place.channel_id,
                ts=place.thread_ts,
                oldest=place.message_ts,
                latest=place.message_ts,
                inclusive=True,
                include_all_metadata=True,
                limit=_PAGE,
            )
        except SLACK_FAILURES as error:
            failure = slack_error(error, "conversations.replies")
            if isinstance(failure, SlackRefused):
                return None
            raise failure from error
        found = [message for message in page["messages"] if message["ts"] == place.message_ts]
        return self._words(found[0]) if found else None

    def _words(self, message: Mapping[str, Any]) -> str | None:
        if not message.get("bot_id"):
            return plain_text(message.get("text") or "", self._bot_user_id) or None
        mark = Mark.of_message(message)
        if mark is None or mark.role != "question":
            return None
        prompt = message["metadata"]["event_payload"].get("prompt")
        return str(prompt) if prompt else None
