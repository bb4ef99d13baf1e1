"""Messages with questions, read again from Slack."""

from collections.abc import Mapping
from typing import Any

from slack_sdk.web.async_client import AsyncWebClient

from command_service.payloads.beside import subject_beside
from command_service.payloads.model import QuestionContent
from command_service.slack.access import SlackAccess
from shared.actions import ShownQuestion
from shared.channel_ids import is_direct
from shared.errors import SlackRefused
from shared.ledger import Ledger
from shared.slack.message import MessageRef, messages_in
from shared.slack.reading.attachments import OurBot
from shared.slack.reading.said import is_from_an_app, said_by_person
from shared.task import Mode

# Slack returns the thread's first message besides the requested one.
_PAGE = 5


async def message_at(
    client: AsyncWebClient, access: SlackAccess, place: MessageRef
) -> dict[str, Any] | None:
    """The message; None if it is gone or Slack hides it from us. Raises RetryableError."""
    try:
        with access.calling("conversations.replies"):
            page = await client.conversations_replies(
                channel=place.channel_id,
                ts=place.thread_ts,
                oldest=place.message_ts,
                latest=place.message_ts,
                inclusive=True,
                include_all_metadata=True,
                limit=_PAGE,
            )
    except SlackRefused:
        return None
    return next((one for one in messages_in(page) if one["ts"] == place.message_ts), None)


class SlackQuestions:
    """``ports.Questions`` by ``conversations.replies``, one small page per look."""

    def __init__(self, client: AsyncWebClient, access: SlackAccess, ledger: Ledger) -> None:
        self._client = client
        self._access = access
        self._ledger = ledger

    async def asked_at(self, place: MessageRef) -> QuestionContent | None:
        """The user's message, or the slash command that our message shows."""
        found = await message_at(self._client, self._access, place)
        return None if found is None else self._asked(found, place.channel_id)

    def _asked(self, message: Mapping[str, Any], channel_id: str) -> QuestionContent | None:
        if not is_from_an_app(message) and not self._ledger.wrote(message):
            said = said_by_person(message, OurBot(self._ledger.user_id, self._ledger.bot_id))
            if not said:
                return None
            # Slack documents the open channel beside it for the event alone, not for the message.
            about = subject_beside(said, message) if is_direct(channel_id) else None
            by = str(message.get("user") or "")
            return QuestionContent(said.text, Mode.CHAT, said.quoted, said.files, about, by=by)
        mark = self._ledger.mark_of(message, channel_id)
        if mark is None or mark.role != "question":
            return None
        shown = ShownQuestion.of_fields(self._ledger.kept_with(message, channel_id))
        if not shown.prompt and shown.subject is None:
            return None
        return QuestionContent(
            shown.prompt or "", shown.mode, subject=shown.subject, asked_in=shown.asked_in
        )
