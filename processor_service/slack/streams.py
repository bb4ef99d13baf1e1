"""Streams in a thread of Slack, with task cards above their words where Slack takes them."""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from processor_service.ports.conversations import Body, Posted, TaskCard
from processor_service.slack.agent_session import Threads, processing_threads
from processor_service.slack.reading.reader import SlackReading
from processor_service.slack.shown_body import body_in, said_in_stream, sendable, ts_in
from shared.errors import (
    QUESTION_GONE,
    UNSHOWABLE,
    OutcomeUnknown,
    SlackRefused,
    SlackUnavailable,
)
from shared.ledger import Mark, growing_mark, signed_metadata
from shared.signing import signed_blocks
from shared.slack.refused_methods import NO_SESSIONS, RefusedMethods

SessionStatus = Literal["active", "processing"]
_OF_ONE_CALL = frozenset({QUESTION_GONE, UNSHOWABLE})
_START = "chat.startStream"
# The end of a stream may be refused because of what it says of the session.
_ENDS_SESSION = "chat.stopStream with session_status"
_NO_SESSION_STATUS = NO_SESSIONS | {"invalid_arguments"}
_CARDS = "chat.startStream with task cards"
# A server that does not know task cards, or no chunks at all.
_NO_CARDS = frozenset({"invalid_chunks", "invalid_arguments"})


@dataclass(frozen=True)
class StreamRecipient:
    """The user for whom Slack streams an answer."""

    team_id: str
    user_id: str


@dataclass(frozen=True)
class SlackStreams(SlackReading):
    """``ports.Streams``, for ``asker``; ``payload`` joins the metadata of each message.

    ``refused`` remembers what Slack does not take for a while, ``streamed`` says whether a stream
    is wanted there, and ``processing`` are the threads whose sessions a stream has begun.
    """

    asker: StreamRecipient | None = None
    payload: Mapping[str, str] | None = None
    refused: RefusedMethods = field(default_factory=RefusedMethods)
    streamed: bool = True
    processing: Threads = field(default_factory=processing_threads)

    @property
    def may_begin(self) -> bool:
        """Whether a stream is wanted there, and Slack has not just refused to begin it."""
        return self.streamed and self.refused.allows(_START, self.channel, self.thread_ts or "")

    @property
    def shows_cards(self) -> bool:
        """Whether Slack has not just refused task cards."""
        return self.refused.allows(_CARDS, self.channel, self.thread_ts or "")

    async def start_stream(
        self, task_id: str, markdown: str, cards: Sequence[TaskCard] = ()
    ) -> Posted:
        """Begin a stream; in channels Slack requires its recipient. It begins a session, too.

        One that Slack may have begun without confirming it is found by ``find`` from then on.
        """
        self.processing.put((self.channel, self.thread_ts or ""), None)
        cards = cards if self.shows_cards else ()
        try:
            content = said_in_stream(markdown, cards, chunked=bool(cards))
            async with self.calls(_START):
                started = await self.calls.client.chat_startStream(
                    channel=self.channel,
                    thread_ts=self.thread_ts or "",
                    **content,
                    recipient_team_id=self.asker.team_id if self.asker else None,
                    recipient_user_id=self.asker.user_id if self.asker else None,
                )
            ts = ts_in(started, _START)
        except (OutcomeUnknown, asyncio.CancelledError):
            self.starts.note(self.channel, self.thread_ts or "", task_id, markdown)
            raise
        except (SlackRefused, SlackUnavailable) as error:
            if cards and self._refuses_cards(error):
                if markdown:
                    return await self.start_stream(task_id, markdown)
            elif error.reason not in _OF_ONE_CALL:
                self.refused.note(_START, self.channel, self.thread_ts or "", error)
            raise
        await self._own(task_id, ts)
        return Posted(ts, growing_mark(task_id), live=True, with_cards=bool(cards))

    def _refuses_cards(self, error: SlackRefused | SlackUnavailable) -> bool:
        """Whether Slack refused a call because of its task cards; noted for an hour."""
        refuses = isinstance(error, SlackRefused) and error.slack_error in _NO_CARDS
        if refuses:
            self.refused.note(_CARDS, self.channel, self.thread_ts or "", error, missing=True)
        return refuses

    async def _own(self, task_id: str, ts: str) -> None:
        if self.owners is not None:
            await self.owners.own(self.channel, ts, task_id)

    async def append_stream(
        self, posted: Posted, markdown: str, cards: Sequence[TaskCard] = ()
    ) -> None:
        await self._own(posted.mark.task_id, posted.ts)
        try:
            async with self.calls("chat.appendStream"):
                await self.calls.client.chat_appendStream(
                    channel=self.channel,
                    ts=posted.ts,
                    **said_in_stream(markdown, cards, chunked=posted.with_cards),
                )
        except SlackRefused as refused:
            if posted.with_cards:
                self._refuses_cards(refused)
            raise

    async def end_stream(
        self,
        posted: Posted,
        markdown: str,
        body: Body,
        mark: Mark,
        cards: Sequence[TaskCard] = (),
    ) -> Posted:
        """End a stream; only now it gets its mark. Its session's work ends with the answer: Slack
        would end it with any of its messages, and take its Stop away.
        """
        content: dict[str, Any] = {
            **said_in_stream(markdown, cards, chunked=posted.with_cards),
            "blocks": self._signed(body) or None,
            "metadata": self._metadata(mark),
        }
        session: SessionStatus = "active" if mark.parts else "processing"
        try:
            ended = await self._stop_with_session(posted, content, session)
        except SlackRefused as refused:
            if content.get("chunks") and self._refuses_cards(refused):
                # It must not run on; its words come by an edit.
                growing = self._metadata(growing_mark(mark.task_id, mark.part))
                await self._stop(posted, {"metadata": growing}, None)
            raise
        return Posted(posted.ts, mark, shown=body_in(ended))

    async def _end_for_good(self, posted: Posted, mark: Mark) -> None:
        """End a stream whose message is edited or deleted next, and its session's work."""
        await self._stop_with_session(posted, {"metadata": self._metadata(mark)}, "active")

    async def _stop_with_session(
        self, posted: Posted, content: Mapping[str, Any], session: SessionStatus
    ) -> AsyncSlackResponse:
        """End a stream with its session's status, or without if Slack does not know of that."""
        thread_ts = self.thread_ts or ""
        with_session = self.refused.allows(_ENDS_SESSION, self.channel, thread_ts)
        try:
            return await self._stop(posted, content, session if with_session else None)
        except SlackRefused as refused:
            if not with_session or refused.slack_error not in _NO_SESSION_STATUS:
                raise
            ended = await self._stop(posted, content, None)
            self.refused.note(_ENDS_SESSION, self.channel, thread_ts, refused)
            return ended

    async def _stop(
        self, posted: Posted, content: Mapping[str, Any], session: SessionStatus | None
    ) -> AsyncSlackResponse:
        rests: dict[str, Any] = {"session_status": session} if session else {}
        async with self.calls("chat.stopStream"):
            ended = await self.calls.client.chat_stopStream(
                channel=self.channel, ts=posted.ts, **content, **rests
            )
        if session == "active":
            self.processing.pop((self.channel, self.thread_ts or ""))
        return ended

    def _metadata(self, mark: Mark) -> dict[str, Any]:
        return signed_metadata(mark, self.channel, self.calls.signing, self.payload)

    def _signed(self, body: Body) -> list[dict[str, Any]]:
        return signed_blocks(sendable(body.blocks), self.channel, self.calls.signing)
