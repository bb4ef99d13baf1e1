"""Messages that asked something, read again from Slack."""

from collections.abc import Mapping
from typing import Any

from pydantic import ValidationError
from slack_sdk.web.async_client import AsyncWebClient

from command_service.question import Asked, Place
from command_service.slack_access import SlackAccess
from command_service.triggers import files_of
from shared.errors import SlackRefused
from shared.ledger import Mark
from shared.message_text import plain_text
from shared.slack import SLACK_FAILURES
from shared.task import Mode, Subject

# Slack returns the thread's first message besides the one asked for.
_PAGE = 5


class SlackQuestions:
    """``ports.Questions`` by ``conversations.replies``, one small page a look."""

    def __init__(self, client: AsyncWebClient, access: SlackAccess, bot_user_id: str) -> None:
        self._client = client
        self._access = access
        self._bot_user_id = bot_user_id

    async def asked_at(self, place: Place) -> Asked | None:
        """The person's message, or the slash command that our message shows."""
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
            failure = self._access.failure(error, "conversations.replies")
            if isinstance(failure, SlackRefused):
                return None
            raise failure from error
        found = [message for message in page["messages"] if message["ts"] == place.message_ts]
        return self._asked(found[0]) if found else None

    def _asked(self, message: Mapping[str, Any]) -> Asked | None:
        if not message.get("bot_id"):
            text = plain_text(message.get("text") or "", self._bot_user_id)
            files = files_of(message)
            return Asked(text, Mode.CHAT, files) if text or files else None
        mark = Mark.of_message(message)
        if mark is None or mark.role != "question":
            return None
        payload = message["metadata"]["event_payload"]
        prompt, subject = str(payload.get("prompt") or ""), _subject(payload.get("subject"))
        if not prompt and subject is None:
            return None
        return Asked(prompt, _mode(payload.get("mode")), subject=subject)


def _subject(kept: object) -> Subject | None:
    try:
        return Subject.model_validate_json(str(kept)) if kept else None
    except ValidationError:
        return None


def _mode(name: object) -> Mode:
    try:
        return Mode(str(name))
    except ValueError:
        return Mode.AUTO
