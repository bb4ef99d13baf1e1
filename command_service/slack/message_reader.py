"""Messages with questions or reactions, read again from Slack, and who reacted."""

from collections.abc import Mapping
from typing import Any

from command_service.payloads.beside import subject_beside
from command_service.payloads.model import QuestionContent, Reactor
from command_service.slack.access import SlackAccess
from shared.actions import ShownQuestion
from shared.bounded import BoundedMap
from shared.channel_ids import is_direct
from shared.errors import SlackRefused
from shared.ledger import Ledger
from shared.slack.message import Message, MessageRef, cursor_in, messages_in
from shared.slack.reading.said import is_from_an_app, said_by_person
from shared.task import Mode

# Slack returns the thread's first message besides the requested one, and may return fewer than
# asked for although more are there (docs.slack.dev, conversations.replies).
_PAGE = 5
_PAGES = 2
# Slack's own helper has an id like a person's.
_SLACKBOT = "USLACKBOT"
_REMEMBERED = 1_000
_KNOWN_S = 300.0


class SlackMessages:
    """``ports.Questions`` and ``ports.ReactedMessages`` by ``conversations.replies``, one small
    page per look, and ``users.info``.
    """

    def __init__(self, access: SlackAccess, ledger: Ledger) -> None:
        self._access = access
        self._ledger = ledger
        self._known: BoundedMap[str, Reactor] = BoundedMap(_REMEMBERED, _KNOWN_S)

    async def asked_at(self, place: MessageRef) -> QuestionContent | None:
        """The user's message, or the slash command that our message shows."""
        found = await self._at(place)
        return None if found is None else self._asked(found, place.channel_id)

    async def message_at(self, channel_id: str, message_ts: str) -> Message | None:
        """``conversations.replies`` also takes the ts of a message within a thread
        (docs.slack.dev), and returns it with or without the others.
        """
        return await self._at(MessageRef(channel_id, message_ts, message_ts))

    async def reactor(self, user_id: str) -> Reactor:
        """Events of reactions do not say whether an app has reacted."""
        known = self._known.get(user_id)
        return known or self._known.put(user_id, await self._looked_up(user_id))

    async def _at(self, place: MessageRef) -> dict[str, Any] | None:
        cursor: str | None = None
        for _ in range(_PAGES):
            try:
                with self._access.calling("conversations.replies"):
                    page = await self._access.client.conversations_replies(
                        channel=place.channel_id,
                        ts=place.thread_ts,
                        oldest=place.message_ts,
                        latest=place.message_ts,
                        inclusive=True,
                        include_all_metadata=True,
                        limit=_PAGE,
                        cursor=cursor,
                    )
            except SlackRefused:
                return None
            for one in messages_in(page):
                if one["ts"] == place.message_ts:
                    return one
            if (cursor := cursor_in(page)) is None:
                break
        return None

    def _asked(self, message: Mapping[str, Any], channel_id: str) -> QuestionContent | None:
        our_bot = self._ledger.our_bot
        if not is_from_an_app(message) and not our_bot.sent(message):
            said = said_by_person(message, our_bot)
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

    async def _looked_up(self, user_id: str) -> Reactor:
        try:
            with self._access.calling("users.info"):
                told = await self._access.client.users_info(user=user_id)
        except SlackRefused:
            return Reactor(is_person=False)
        user = told.get("user")
        if not isinstance(user, dict) or user.get("is_bot") or user_id == _SLACKBOT:
            return Reactor(is_person=False)
        team_id = user.get("team_id")
        return Reactor(is_person=True, team_id=team_id if isinstance(team_id, str) else None)
