"""One conversation in Slack, through the Web API: a thread, a channel, direct messages."""

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Self

from slack_sdk.web.async_slack_response import AsyncSlackResponse

from processor_service.ports.conversations import Body, Posted
from processor_service.resilience.fair_timeout import fair_timeout
from processor_service.slack.agent_session import SESSION_METHOD, SlackSession
from processor_service.slack.shown_body import body_in, ts_in
from processor_service.slack.streams import SlackStreams
from processor_service.slack.uploads import SlackUploads
from shared.errors import (
    QUESTION_GONE,
    MechachangError,
    OutcomeUnknown,
    SlackRefused,
    SlackUnavailable,
)
from shared.ledger import Mark, growing_mark
from shared.slack.status import STATUS_METHOD
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_STATUS_PATIENCE_S = 2.0


@dataclass(frozen=True)
class SlackConversation(SlackStreams):
    """``ports.Conversation``, and most of its capabilities; ``files`` are shared in the threads of
    questions only.
    """

    files: SlackUploads | None = None
    capacity: int = 1_000

    @property
    def edits(self) -> Self:
        """Slack shows and changes our messages everywhere."""
        return self

    @property
    def streams(self) -> Self | None:
        """Slack streams into threads only."""
        return None if None in {self.thread_ts, self.asker, self.owners} else self

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
        posted = Posted(ts_in(taken, "chat.postMessage"), mark, shown=body_in(taken))
        if not await self._is_there(posted, taken):
            try:
                await self.remove(posted)
            except SlackUnavailable as error:
                # Not without effect: another attempt would post once more.
                raise OutcomeUnknown("chat.postMessage: a stray was not removed.") from error
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
        return Posted(posted.ts, mark, shown=body_in(changed))

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
