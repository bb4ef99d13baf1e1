"""Conversations in Slack: our marks on their messages are the ledger."""

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import Any

import aiohttp
from slack_sdk.web.async_slack_response import AsyncSlackResponse

from processor_service.ports.conversations import (
    Body,
    Conversation,
    Document,
    History,
    Place,
    Posted,
)
from processor_service.ports.work import StreamOwners
from processor_service.shown_question import question_payload
from processor_service.slack_blocks import body_shown
from processor_service.slack_calls import SlackCalls
from processor_service.slack_history import Asked, Message, said_before
from processor_service.slack_response import Responses, SlackResponse
from processor_service.slack_uploads import SlackUploads
from shared.errors import MechachangError, SlackRefused
from shared.ledger import Mark, file_mark, growing_mark
from shared.log import get_logger
from shared.task import Task

log = get_logger(__name__)

_PAGE = 200
# Slack gives a thread from its beginning on, at some 50 pages a minute for all questions together
# (docs.slack.dev, rate limits: Tier 3). Of a thread beyond these pages the rest is not told.
_HISTORY_PAGES = 10
_STATUS_PATIENCE_S = 2.0
# The asker's clock is Slack's, ours may run ahead of it.
_CLOCK_GRACE_S = 60.0
# A worker says whose its stream is right after Slack has begun it.
_ORPHANED_AFTER_S = 5.0

_ReadPage = Callable[[str | None], Awaitable[AsyncSlackResponse]]


@dataclass(frozen=True)
class Asker:
    """For whom an answer is streamed."""

    team_id: str
    user_id: str


@dataclass(frozen=True)
class SlackConversation:
    """``ports.Conversation`` in a thread (``thread_ts``), or in a channel itself.

    It is read no further back than ``oldest``. ``payload`` joins the metadata of each post.
    """

    calls: SlackCalls
    channel: str
    oldest: str
    thread_ts: str | None = None
    place: Place | None = None
    payload: Mapping[str, str] | None = None
    asker: Asker | None = None
    owners: StreamOwners | None = None
    uploads: SlackUploads | None = None
    capacity: int = 1_000
    editable: bool = True

    @property
    def streams(self) -> bool:
        """Slack streams into threads only."""
        return None not in {self.thread_ts, self.asker, self.owners}

    @property
    def takes_files(self) -> bool:
        """A file is shared in a thread only, where it belongs to a question."""
        return self.thread_ts is not None and self.uploads is not None

    async def find(self, task_id: str) -> list[Posted]:
        """Our messages of the task."""
        messages, _ = await self._messages(self.oldest)
        return await self._posted(task_id, messages)

    async def read(self, task_id: str) -> History:
        """Our messages of the task, and what was said before it where it continues a thread."""
        place, asker = self.place, self.asker
        if place is None or asker is None or not place.continues_thread:
            return History(tuple(await self.find(task_id)))
        messages, whole = await self._messages(None, _HISTORY_PAGES)
        since = [one for one in messages if float(one["ts"]) >= float(self.oldest)]
        found = await self._posted(task_id, since) if whole else await self.find(task_id)
        asked = Asked(asker.team_id, self.channel, place.message_ts)
        return History(tuple(found), said_before(asked, messages, await self.calls.ourselves()))

    async def messages(self) -> list[Message]:
        """What stands there from its beginning on, of as many pages as a thread's context has."""
        return (await self._messages(None, _HISTORY_PAGES))[0]

    async def _messages(
        self, oldest: str | None, pages: int | None = None
    ) -> tuple[list[Message], bool]:
        """The messages since ``oldest``, and whether so many ``pages`` held all of them."""
        messages: list[Message] = []
        cursor: str | None = None
        for _ in count() if pages is None else range(pages):
            page = await self._page(oldest, cursor)
            messages += page["messages"]
            cursor = (page.get("response_metadata") or {}).get("next_cursor")
            if not cursor:
                return messages, True
        return messages, False

    async def _posted(self, task_id: str, messages: Iterable[Message]) -> list[Posted]:
        found: list[Posted] = []
        parts = 0
        for message in messages:
            mark = Mark.of_message(message) if message.get("bot_id") else None
            if mark is not None and mark.task_id == task_id:
                found.append(Posted(str(message["ts"]), mark))
                parts += mark.role == "answer"
            elif await self._is_streamed_for(task_id, message):
                # It does not say so itself yet, but it follows the parts before it.
                parts += 1
                mark = growing_mark(task_id, parts)
                found.append(Posted(str(message["ts"]), mark, live=True))
            elif (shared := await self._sharing(task_id, message)) is not None:
                found.append(Posted(str(message["ts"]), shared))
        return found

    async def _sharing(self, task_id: str, message: Message) -> Mark | None:
        """The mark of a message of ours that shares the task's file."""
        mark = file_mark(task_id, message)
        if mark is None:
            return None
        us = await self.calls.ourselves()
        return (
            mark if {message.get("bot_id"), message.get("user")} & {us.bot_id, us.user_id} else None
        )

    async def contents(self, parts: Sequence[Posted]) -> dict[str, Body]:
        """What these messages show now, as far as one page goes."""
        wanted = {part.ts for part in parts}
        page = await self._page(min(wanted, key=float), None)
        return {
            str(message["ts"]): body_shown(message)
            for message in page["messages"]
            if message["ts"] in wanted
        }

    async def _is_streamed_for(self, task_id: str, message: Mapping[str, Any]) -> bool:
        """Whether the message is a stream of ours for the task, or one that nobody answers for.

        One that a person stopped, or that outlived Slack's patience, runs no more but has no mark.
        """
        if self.owners is None or Mark.of_message(message) is not None:
            return False
        if message.get("bot_id") != (await self.calls.ourselves()).bot_id:
            return False
        owner = await self.owners.owner(self.channel, str(message["ts"]))
        if message.get("streaming_state") != "in_progress":
            return owner == task_id
        if owner is None:
            return time.time() - float(message["ts"]) > _ORPHANED_AFTER_S
        return owner == task_id

    async def _page(self, oldest: str | None, cursor: str | None) -> AsyncSlackResponse:
        client = self.calls.client
        wanted: dict[str, Any] = {
            "channel": self.channel,
            "oldest": oldest,
            "inclusive": True,
            "include_all_metadata": True,
            "limit": _PAGE,
            "cursor": cursor,
        }
        if self.thread_ts is None:
            return await self.calls(
                "conversations.history", partial(client.conversations_history, **wanted)
            )
        return await self.calls(
            "conversations.replies",
            partial(client.conversations_replies, ts=self.thread_ts, **wanted),
        )

    async def post(self, body: Body, mark: Mark) -> Posted:
        """Post into the conversation.

        Slack posts a reply to a deleted message into the channel; such a stray is removed again.
        """
        post = partial(
            self.calls.client.chat_postMessage,
            channel=self.channel,
            thread_ts=self.thread_ts,
            text=body.text,
            blocks=body.blocks or None,
            metadata=mark.as_metadata(**(self.payload or {})),
            unfurl_links=False,
            unfurl_media=False,
        )
        taken = await self.calls("chat.postMessage", post, channel=self.channel)
        posted = Posted(str(taken["ts"]), mark, shown=_shown_by(taken))
        thread_ts = (taken.get("message") or {}).get("thread_ts")
        if self.thread_ts is not None and thread_ts is None:
            await self.remove(posted)
            raise SlackRefused(
                "chat.postMessage: the question is deleted.",
                slack_error="thread_not_found",
                reason="question_gone",
            )
        return posted

    async def start_stream(self, task_id: str, markdown: str) -> Posted:
        """Begin a stream; in channels Slack wants to know for whom."""
        start = partial(
            self.calls.client.chat_startStream,
            channel=self.channel,
            thread_ts=self.thread_ts or "",
            markdown_text=markdown,
            recipient_team_id=self.asker.team_id if self.asker else None,
            recipient_user_id=self.asker.user_id if self.asker else None,
        )
        started = await self.calls("chat.startStream", start)
        await self._own(task_id, str(started["ts"]))
        return Posted(str(started["ts"]), growing_mark(task_id), live=True)

    async def _own(self, task_id: str, ts: str) -> None:
        if self.owners is not None:
            await self.owners.own(self.channel, ts, task_id)

    async def append_stream(self, posted: Posted, markdown: str) -> None:
        """Write on in a stream."""
        append = partial(
            self.calls.client.chat_appendStream,
            channel=self.channel,
            ts=posted.ts,
            markdown_text=markdown,
        )
        await self._own(posted.mark.task_id, posted.ts)
        await self.calls("chat.appendStream", append)

    async def end_stream(self, posted: Posted, markdown: str, body: Body, mark: Mark) -> Posted:
        """End a stream; only now it takes its mark."""
        end = partial(
            self.calls.client.chat_stopStream,
            channel=self.channel,
            ts=posted.ts,
            markdown_text=markdown or None,
            blocks=list(body.blocks) or None,
            metadata=mark.as_metadata(),
        )
        ended = await self.calls("chat.stopStream", end)
        return Posted(posted.ts, mark, shown=_shown_by(ended))

    async def update(self, posted: Posted, body: Body, mark: Mark) -> Posted:
        """Replace one of our messages; a stream that still runs is ended first."""
        if posted.live:
            with contextlib.suppress(SlackRefused):
                await self.end_stream(posted, "", Body(""), growing_mark(mark.task_id))
        change = partial(
            self.calls.client.chat_update,
            channel=self.channel,
            ts=posted.ts,
            text=body.text,
            blocks=body.blocks,
            metadata=mark.as_metadata(**(self.payload or {})),
        )
        changed = await self.calls("chat.update", change)
        return Posted(posted.ts, mark, shown=_shown_by(changed))

    async def remove(self, posted: Posted) -> None:
        """Delete one of our messages; gone already is as good."""
        client = self.calls.client
        if posted.live:
            with contextlib.suppress(SlackRefused):
                await self.end_stream(posted, "", Body(""), posted.mark)
        try:
            await self.calls(
                "chat.delete", lambda: client.chat_delete(channel=self.channel, ts=posted.ts)
            )
        except SlackRefused as refused:
            if refused.slack_error != "message_not_found":
                raise

    async def upload(self, document: Document) -> str:
        """Hand a file over to Slack."""
        return await self.uploads.upload(document) if self.uploads else ""

    async def share(self, file_id: str, document: Document) -> None:
        """Post a message with an uploaded file into the thread."""
        share = partial(
            self.calls.client.files_completeUploadExternal,
            files=[{"id": file_id, "title": document.title}],
            channel_id=self.channel,
            thread_ts=self.thread_ts,
        )
        await self.calls("files.completeUploadExternal", share)

    async def show_status(self, status: str, loading: Sequence[str] = ()) -> bool:
        """Set or clear the thread's status; a failure is logged and changes nothing."""
        if self.thread_ts is None:
            return True
        show = partial(
            self.calls.client.assistant_threads_setStatus,
            channel_id=self.channel,
            thread_ts=self.thread_ts,
            status=status,
            loading_messages=list(loading) or None,
        )
        try:
            async with asyncio.timeout(_STATUS_PATIENCE_S):
                await self.calls("assistant.threads.setStatus", show)
        except (MechachangError, TimeoutError) as error:
            log.info("A status was not changed.", action="status_not_changed", why=str(error))
            return False
        return True


class SlackConversations:
    """``ports.Conversations`` in a real workspace."""

    def __init__(
        self,
        calls: SlackCalls,
        session: aiohttp.ClientSession,
        responses: Responses,
        owners: StreamOwners,
    ) -> None:
        self._calls = calls
        self._session = session
        self._responses = responses
        self._owners = owners
        self._uploads = SlackUploads(calls, session)

    def thread(self, task: Task, thread_ts: str, question_ts: str) -> Conversation:
        """The thread of a question."""
        place = Place(task.channel_id, thread_ts, question_ts)
        return SlackConversation(
            self._calls,
            task.channel_id,
            question_ts,
            thread_ts=thread_ts,
            place=place,
            asker=Asker(task.team_id, task.user_id),
            owners=self._owners,
            uploads=self._uploads,
        )

    def channel(self, task: Task) -> Conversation:
        """The channel itself, where a slash command's question is shown."""
        payload = question_payload(task)
        return SlackConversation(self._calls, task.channel_id, _since(task), payload=payload)

    def response(self, task: Task, url: str) -> Conversation:
        """What only the asker sees, through the command's response URL."""
        return SlackResponse(self._session, url, self._responses)

    async def direct(self, task: Task) -> Conversation:
        """The asker's direct messages."""
        return SlackConversation(self._calls, await self.direct_id(task), _since(task))

    async def direct_id(self, task: Task) -> str:
        """The channel of the asker's direct messages; opening it again changes nothing."""
        client = self._calls.client
        opened = await self._calls(
            "conversations.open", lambda: client.conversations_open(users=task.user_id)
        )
        return str(opened["channel"]["id"])


def _shown_by(response: AsyncSlackResponse) -> Body | None:
    """What Slack says of the message that a call made or changed."""
    message = response.get("message")
    return body_shown(message) if isinstance(message, dict) else None


def _since(task: Task) -> str:
    return f"{task.occurred_at.timestamp() - _CLOCK_GRACE_S:.6f}"
