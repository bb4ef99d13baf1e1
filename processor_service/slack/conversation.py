"""One conversation in Slack, through the Web API: a thread, a channel, direct messages."""

import asyncio
import contextlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Self

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from processor_service.ports.conversations import Body, Document, Posted, TaskCard
from processor_service.resilience.fair_timeout import fair_timeout
from processor_service.slack.agent_session import (
    SESSION_METHOD,
    SlackSession,
    Threads,
    processing_threads,
)
from processor_service.slack.reading.reader import SlackReading
from processor_service.slack.shown_body import body_shown, said_in_stream, sendable
from processor_service.slack.uploads import SlackUploads
from shared.errors import (
    QUESTION_GONE,
    UNSHOWABLE,
    MechachangError,
    OutcomeUnknown,
    SlackRefused,
    SlackUnavailable,
)
from shared.ledger import Mark, file_title, growing_mark, signed_metadata
from shared.signing import signed_blocks
from shared.slack.refused_methods import NO_SESSIONS, RefusedMethods
from shared.slack.status import STATUS_METHOD
from shared.telemetry.log import get_logger

log = get_logger(__name__)

SessionStatus = Literal["active", "processing"]
_STATUS_PATIENCE_S = 2.0
_OF_ONE_CALL = frozenset({QUESTION_GONE, UNSHOWABLE})
_START = "chat.startStream"
# The end of a stream may be refused because of what it says of the session.
_ENDS_SESSION = "chat.stopStream with session_status"
_NO_SESSION_STATUS = NO_SESSIONS | {"invalid_arguments"}
_CARDS = "chat.startStream with task cards"
# A server that does not know task cards, or no chunks at all.
_NO_CARDS = frozenset({"invalid_chunks", "invalid_arguments"})


@dataclass(frozen=True)
class SlackConversation(SlackReading):
    """``ports.Conversation``; ``payload`` joins the metadata of each post."""

    payload: Mapping[str, str] | None = None
    uploads: SlackUploads | None = None
    capacity: int = 1_000
    refused: RefusedMethods = field(default_factory=RefusedMethods)
    streamed: bool = True
    processing: Threads = field(default_factory=processing_threads)

    @property
    def edits(self) -> Self:
        """Slack shows and changes our messages everywhere."""
        return self

    @property
    def streams(self) -> Self | None:
        """Slack streams into threads only."""
        return None if None in {self.thread_ts, self.asker, self.owners} else self

    @property
    def may_begin(self) -> bool:
        """Whether a stream is wanted there, and Slack has not just refused to begin it."""
        return self.streamed and self.refused.allows(_START, self.channel, self.thread_ts or "")

    @property
    def shows_cards(self) -> bool:
        """Whether Slack has not just refused task cards."""
        return self.refused.allows(_CARDS, self.channel, self.thread_ts or "")

    @property
    def files(self) -> Self | None:
        """Files are shared in threads only, where they belong to a question."""
        return None if None in {self.thread_ts, self.uploads} else self

    @property
    def status(self) -> Self | None:
        """Slack shows a status below threads only, and not where it has just refused one."""
        thread_ts = self.thread_ts
        if thread_ts is None or not self.refused.allows(STATUS_METHOD, self.channel, thread_ts):
            return None
        return self

    @property
    def session(self) -> SlackSession | None:
        """Threads are sessions, in apps that are agents."""
        thread_ts = self.thread_ts
        if thread_ts is None or not self.refused.allows(SESSION_METHOD, self.channel, thread_ts):
            return None
        by = self.asker.user_id if self.asker else None
        return SlackSession(self.calls, self.channel, thread_ts, by, self.refused, self.processing)

    async def post(self, body: Body, mark: Mark) -> Posted:
        """Post into the conversation.

        Slack posts a reply to a deleted message into the channel; such a stray is removed again.
        """
        async with self.calls("chat.postMessage", self.channel):
            taken = await self.calls.client.chat_postMessage(
                channel=self.channel,
                thread_ts=self.thread_ts,
                text=body.text,
                blocks=self._signed(body) or None,
                metadata=self._metadata(mark),
                unfurl_links=False,
                unfurl_media=False,
            )
        posted = Posted(_ts_of(taken, "chat.postMessage"), mark, shown=_shown_by(taken))
        if not await self._is_there(posted, taken):
            await self.remove(posted)
            raise SlackRefused(
                "chat.postMessage: the question is deleted.",
                slack_error="thread_not_found",
                reason=QUESTION_GONE,
            )
        return posted

    async def _is_there(self, posted: Posted, taken: AsyncSlackResponse) -> bool:
        """Whether a post arrived in the thread; asked if Slack's response does not say."""
        if self.thread_ts is None:
            return True
        message = taken.get("message")
        if isinstance(message, dict):
            return message.get("thread_ts") is not None
        try:
            return posted.ts in await self.contents([posted])
        except SlackRefused as refused:
            return refused.reason != QUESTION_GONE
        except (SlackUnavailable, OutcomeUnknown):
            return True

    def _metadata(self, mark: Mark) -> dict[str, Any]:
        return signed_metadata(mark, self.channel, self.calls.signing, self.payload)

    def _signed(self, body: Body) -> list[dict[str, Any]]:
        return signed_blocks(sendable(body.blocks), self.channel, self.calls.signing)

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
            ts = _ts_of(started, _START)
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
        return Posted(posted.ts, mark, shown=_shown_by(ended))

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

    async def update(self, posted: Posted, body: Body, mark: Mark) -> Posted:
        """Replace one of our messages; a running stream is ended first."""
        if posted.live:
            with contextlib.suppress(SlackRefused):
                await self._end_for_good(posted, growing_mark(mark.task_id))
        async with self.calls("chat.update"):
            changed = await self.calls.client.chat_update(
                channel=self.channel,
                ts=posted.ts,
                text=body.text,
                blocks=self._signed(body),
                metadata=self._metadata(mark),
            )
        return Posted(posted.ts, mark, shown=_shown_by(changed))

    async def remove(self, posted: Posted) -> None:
        """Delete one of our messages; one that is gone already counts as deleted."""
        still_runs: MechachangError | None = None
        if posted.live:
            try:
                await self._end_for_good(posted, posted.mark)
            except MechachangError as error:
                # Perhaps it has ended all the same, and then it is deleted in this attempt.
                still_runs = error
        try:
            async with self.calls("chat.delete"):
                await self.calls.client.chat_delete(channel=self.channel, ts=posted.ts)
        except SlackRefused as refused:
            if refused.slack_error == "streaming_state_conflict" and still_runs is not None:
                raise still_runs from refused
            if refused.slack_error != "message_not_found":
                raise
        # A stream that was deleted and not ended leaves its session at work.
        session = self.session if still_runs is not None else None
        if session is not None and not await session.show_active(always=True):
            raise OutcomeUnknown("The session of a removed stream may be at work.")

    async def upload(self, document: Document) -> str:
        return await self.uploads.upload(document) if self.uploads else ""

    async def share(self, file_id: str, document: Document) -> None:
        """Share an uploaded file in the thread; its title names the answer, signed."""
        mark = Mark(document.task_id, "file", digest=document.digest)
        title = file_title(document.title, mark, self.channel, self.calls.signing)
        async with self.calls("files.completeUploadExternal"):
            await self.calls.client.files_completeUploadExternal(
                files=[{"id": file_id, "title": title}],
                channel_id=self.channel,
                thread_ts=self.thread_ts,
            )

    async def show_status(self, status: str, loading: Sequence[str] = ()) -> bool:
        """Set or clear the thread's status; a failure is logged and changes nothing.

        After a refusal Slack is not asked again for a while, unless it had accepted a status here:
        that would stay for two minutes.
        """
        if self.thread_ts is None or self.status is None:
            return True
        try:
            async with fair_timeout(_STATUS_PATIENCE_S), self.calls(STATUS_METHOD):
                await self.calls.client.assistant_threads_setStatus(
                    channel_id=self.channel,
                    thread_ts=self.thread_ts,
                    status=status,
                    loading_messages=list(loading) or None,
                )
        except SlackRefused as refused:
            if not status:
                # The command service has shown it.
                self.refused.accept(STATUS_METHOD, self.channel, self.thread_ts)
            if not self.refused.note(STATUS_METHOD, self.channel, self.thread_ts, refused):
                return _not_changed(refused)
        except (MechachangError, TimeoutError) as error:
            return _not_changed(error)
        else:
            self.refused.accept(STATUS_METHOD, self.channel, self.thread_ts)
        return True


def _not_changed(error: Exception) -> bool:
    log.info("A status was not changed.", action="status_not_changed", why=str(error))
    return False


def _shown_by(response: AsyncSlackResponse) -> Body | None:
    """The content of the message that a call made or changed, as Slack returned it."""
    message = response.get("message")
    return body_shown(message) if isinstance(message, dict) else None


def _ts_of(response: AsyncSlackResponse, method: str) -> str:
    """The ts of the message that a call posted. Raises OutcomeUnknown if Slack does not say."""
    message = response.get("message")
    ts = response.get("ts") or (message.get("ts") if isinstance(message, dict) else None)
    if not ts:
        raise OutcomeUnknown(f"{method}: Slack did not say what it has posted.")
    return str(ts)
