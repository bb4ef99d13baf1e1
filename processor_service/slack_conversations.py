"""Slack conversations: the thread of a question, and a slash command's response URL."""

from collections.abc import AsyncIterator, Mapping
from typing import Any

import aiohttp
from slack_sdk.web.async_client import AsyncWebClient

from processor_service.ports import Body, Conversation, Place, Posted
from processor_service.rendering import question_payload, render_question
from shared.errors import MechachangError, OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.ledger import Mark
from shared.log import get_logger
from shared.slack import SLACK_FAILURES, slack_error
from shared.task import Task

log = get_logger(__name__)

_PAGE = 200
# Where the bot may not post or read, a slash command is still answered by its response URL.
_NOT_THERE = frozenset(
    {
        "not_in_channel",
        "channel_not_found",
        "is_archived",
        "restricted_action",
        "missing_scope",
        "messages_tab_disabled",
        "method_not_supported_for_channel_type",
    }
)


class SlackThread:
    """``ports.Conversation`` in a thread; our marks on its messages are the ledger."""

    capacity = 1_000

    def __init__(self, client: AsyncWebClient, place: Place) -> None:
        self._client = client
        self.place: Place | None = place
        self._channel, self._thread_ts = place.channel_id, place.thread_ts
        self._oldest = place.message_ts

    async def find(self, task_id: str) -> list[Posted]:
        """Our messages of the task, read no further back than the question."""
        try:
            return [
                Posted(str(message["ts"]), mark)
                async for message in self._replies()
                if (mark := Mark.of_message(message)) is not None and mark.task_id == task_id
            ]
        except SLACK_FAILURES as error:
            raise slack_error(error, "conversations.replies") from error

    async def _replies(self) -> AsyncIterator[Mapping[str, Any]]:
        cursor: str | None = None
        while True:
            page = await self._client.conversations_replies(
                channel=self._channel,
                ts=self._thread_ts,
                oldest=self._oldest,
                inclusive=True,
                include_all_metadata=True,
                limit=_PAGE,
                cursor=cursor,
            )
            for message in page["messages"]:
                if message.get("bot_id"):
                    yield message
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return

    async def post(self, body: Body, mark: Mark) -> None:
        """Post into the thread."""
        try:
            await self._client.chat_postMessage(
                channel=self._channel,
                thread_ts=self._thread_ts,
                text=body.text,
                blocks=body.blocks or None,
                metadata=mark.as_metadata(),
                unfurl_links=False,
                unfurl_media=False,
            )
        except SLACK_FAILURES as error:
            raise slack_error(error, "chat.postMessage") from error

    async def update(self, posted: Posted, body: Body, mark: Mark) -> None:
        """Replace one of our messages."""
        try:
            await self._client.chat_update(
                channel=self._channel,
                ts=posted.ts,
                text=body.text,
                blocks=body.blocks or None,
                metadata=mark.as_metadata(),
            )
        except SLACK_FAILURES as error:
            raise slack_error(error, "chat.update") from error

    async def remove(self, posted: Posted) -> None:
        """Delete one of our messages; gone already is as good."""
        try:
            await self._client.chat_delete(channel=self._channel, ts=posted.ts)
        except SLACK_FAILURES as error:
            refused = slack_error(error, "chat.delete")
            if not (
                isinstance(refused, SlackRefused) and refused.slack_error == "message_not_found"
            ):
                raise refused from error


class SlackResponse:
    """``ports.Conversation`` through a response URL, where nothing can be read back.

    Slack takes five posts within 30 minutes (docs.slack.dev, handling user interaction). A post of
    unknown outcome is not repeated: a second answer would be worse than one only we doubt.
    """

    capacity = 5
    place: Place | None = None

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url

    async def find(self, task_id: str) -> list[Posted]:
        """Nothing: a response URL cannot be read."""
        return []

    async def post(self, body: Body, mark: Mark) -> None:
        """Post one message that only the asker sees."""
        payload = {"response_type": "ephemeral", "text": body.text, "blocks": list(body.blocks)}
        try:
            async with self._session.post(self._url, json=payload) as response:
                status, text = response.status, (await response.text())[:100]
        except aiohttp.ClientConnectorError as error:
            raise SlackUnavailable("response_url: Slack could not be reached.") from error
        except (aiohttp.ClientError, TimeoutError, ConnectionError):
            log.warning(
                "A response was sent, but Slack did not confirm it.",
                action="response_unconfirmed",
                part=mark.part,
            )
            return
        _raise_for_response(status, text)

    async def update(self, posted: Posted, body: Body, mark: Mark) -> None:
        """Never called: nothing is ever found."""
        raise SlackRefused("response_url: cannot edit.", slack_error="cant_update_message")

    async def remove(self, posted: Posted) -> None:
        """Never called: nothing is ever found."""
        raise SlackRefused("response_url: cannot delete.", slack_error="cant_delete_message")


def _raise_for_response(status: int, text: str) -> None:
    if status == 429:
        raise SlackUnavailable("response_url: rate limited.", reason="slack_rate_limited")
    if status >= 500:
        raise SlackUnavailable(f"response_url: Slack failed ({status}).")
    if status != 200:
        raise SlackRefused(f"response_url: refused ({status} {text}).", slack_error=text)


class SlackConversations:
    """``ports.Conversations`` in a real workspace."""

    def __init__(self, client: AsyncWebClient, session: aiohttp.ClientSession) -> None:
        self._client = client
        self._session = session

    async def open(self, task: Task) -> Conversation:
        """The question's thread; a slash command's question is first shown in the channel, once."""
        if task.private and task.response_url:
            return SlackResponse(self._session, task.response_url)
        if task.message_ts is not None:
            thread_ts = task.thread_ts or task.message_ts
            return SlackThread(self._client, Place(task.channel_id, thread_ts, task.message_ts))
        try:
            ts = await self._question_ts(task)
        except SlackRefused as refused:
            if task.response_url is None or refused.slack_error not in _NOT_THERE:
                raise
            return SlackResponse(self._session, task.response_url)
        return SlackThread(self._client, Place(task.channel_id, ts, ts))

    async def _question_ts(self, task: Task) -> str:
        return await self._find_question(task) or await self._post_question(task)

    async def _find_question(self, task: Task) -> str | None:
        """The ts of the question's message if it stands in the channel already."""
        # A minute of grace: the asker's clock is Slack's, ours may run ahead of it.
        oldest = f"{task.occurred_at.timestamp() - 60:.6f}"
        cursor: str | None = None
        try:
            while True:
                page = await self._client.conversations_history(
                    channel=task.channel_id,
                    oldest=oldest,
                    include_all_metadata=True,
                    limit=_PAGE,
                    cursor=cursor,
                )
                for message in page["messages"]:
                    if message.get("bot_id") and _is_question(message, task.task_id):
                        return str(message["ts"])
                cursor = (page.get("response_metadata") or {}).get("next_cursor")
                if not cursor:
                    return None
        except SLACK_FAILURES as error:
            raise slack_error(error, "conversations.history") from error

    async def _post_question(self, task: Task) -> str:
        body = render_question(task)
        mark = Mark(task.task_id, "question")
        try:
            posted = await self._client.chat_postMessage(
                channel=task.channel_id,
                text=body.text,
                blocks=body.blocks,
                metadata=mark.as_metadata(**question_payload(task)),
                unfurl_links=False,
                unfurl_media=False,
            )
        except SLACK_FAILURES as error:
            failure = slack_error(error, "chat.postMessage")
            return await self._settled_question(task, failure)
        return str(posted["ts"])

    async def _settled_question(self, task: Task, failure: MechachangError) -> str:
        """The question that stands after all, or ``failure``."""
        found = await self._find_question(task) if isinstance(failure, OutcomeUnknown) else None
        if found is None:
            raise failure
        return found


def _is_question(message: Mapping[str, Any], task_id: str) -> bool:
    mark = Mark.of_message(message)
    return mark is not None and mark.role == "question" and mark.task_id == task_id
