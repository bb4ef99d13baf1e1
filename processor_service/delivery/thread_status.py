"""The statuses below threads, in the background: shown, changed and cleared."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from processor_service.delivery.agent_session import AgentSession
from processor_service.delivery.delay_note import DelayNote
from processor_service.delivery.slack_writer import SlackWriter, TaskRun
from processor_service.delivery.status_line import StatusLine, StatusTimes
from processor_service.ports.conversations import Conversation, Conversations, Status
from processor_service.ports.limits import RateBudget
from shared.background import Background, happens
from shared.errors import RetryableError
from shared.slack.status import NONE_COMES_AFTER_S
from shared.task import Task
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_AGAIN_AFTER_S = (2.0, 10.0, 30.0)
# Slack's limit for a method passes within seconds; an end that is acknowledged before is lost if
# the process ends.
_END_AGAIN_AFTER_S = (1.0, 2.0, 4.0, *_AGAIN_AFTER_S[1:])
_ENDS_WITHIN_S = 8.0
_MOST_AWAITED = 20
_CLOSE_WITHIN_S = 1.0
_SETTLES_WITHIN_S = 3.0
_USUAL = StatusTimes()


class Statuses:
    """Shows and clears statuses in the background."""

    def __init__(
        self, shown_within_s: float = NONE_COMES_AFTER_S, times: StatusTimes = _USUAL
    ) -> None:
        self._shown_within_s = shown_within_s
        self._times = times
        self._background = Background()
        self._closing = asyncio.Event()
        self._awaited = 0
        self._lines: dict[str, StatusLine] = {}

    @property
    def delays_after_s(self) -> float:
        """Seconds that a delay lasts before its user is told."""
        return self._times.noted_after_s

    def line(self, conversation: Conversation, task: Task) -> StatusLine:
        """The task's status, which stays until ``over``."""
        line = self._lines.get(task.task_id)
        if line is None or line.is_over:
            line = StatusLine(conversation, task, self._times)
            self._lines[task.task_id] = line
            self._background.start(self._run(line, task.task_id), f"status_line:{task.task_id}")
        return line

    async def _run(self, line: StatusLine, task_id: str) -> None:
        try:
            await line.run()
        finally:
            if self._lines.get(task_id) is line:
                del self._lines[task_id]

    def over(self, task: Task) -> StatusLine | None:
        """End the work on the task. The status stays until ``end``, or Slack's own limit.

        Returns the line that may have shown something, or be about to.
        """
        line = self._lines.get(task.task_id)
        if line is None:
            return None
        line.over()
        if line.begun:
            return line
        del self._lines[task.task_id]
        return None

    async def take_away(self, task: Task) -> None:
        """End the work on the task, and remove a message that tells of its delay. Raises as
        ``DelayNote.take_away`` does.
        """
        line = self._lines.get(task.task_id)
        self.over(task)
        if line is not None and line.note is not None:
            await line.note.take_away()

    def end(self, conversation: Conversation, task: Task) -> asyncio.Event | None:
        """Clear the status now, and once more when none can arrive late any more.

        The event says that the first of these was tried; None if there is nothing to clear.
        """
        self.over(task)
        line = self._lines.get(task.task_id)
        if (status := conversation.status) is None:
            return None
        tried = asyncio.Event()
        name = f"status:{task.task_id}"
        return tried if self._background.start(self._end(status, task, line, tried), name) else None

    async def _end(
        self, status: Status, task: Task, line: StatusLine | None, tried: asyncio.Event
    ) -> None:
        if line is not None:
            # A status on its way must not arrive after it is cleared.
            await happens(line.ended, _SETTLES_WITHIN_S)
        cleared = await status.show_status("")
        tried.set()
        age_s = (datetime.now(UTC) - task.received_at).total_seconds()
        if cleared and age_s >= self._shown_within_s:
            return
        for pause_s in (max(0.0, self._shown_within_s - age_s), *_AGAIN_AFTER_S):
            await happens(self._closing, pause_s)
            if await status.show_status(""):
                return

    @asynccontextmanager
    async def of(
        self,
        task: Task,
        conversations: Conversations,
        told_within_s: float = 0.0,
        *,
        again: TaskRun | None = None,
    ) -> AsyncIterator["TaskStatus"]:
        """The task's status, cleared after the body. If the body fails, the next delivery's worker
        goes on showing it, in a session that is still processing. ``told_within_s`` as of
        ``StatusLine.told_by``; ``again``: the run of a worker before which another one may have
        been at work.
        """
        told_by = asyncio.get_running_loop().time() + told_within_s
        status = TaskStatus(self, task, conversations, told_by)
        try:
            yield status
        except BaseException:
            self.over(task)
            raise
        status.end()
        # Both are waited for, because the delivery comes again if its worker dies before.
        await status.cleared()
        await status.end_session(always=again is not None, run=again)

    def begin_session(
        self, session: AgentSession, line: StatusLine, task: Task, budget: RateBudget
    ) -> None:
        """Begin the session in the background, if the line lasts."""
        self._background.start(session.begin(task, line.lasts, budget), f"session:{task.task_id}")

    async def end_session(self, session: AgentSession, task: Task, *, always: bool) -> None:
        """End the session; an end that fails is repeated in the background, where the first
        repetitions are waited for.
        """
        if await session.end(always=always):
            return
        ended = asyncio.Event()
        name = f"session_end:{task.task_id}"
        if self._background.start(self._end_again(session, ended), name):
            await self.wait_some(ended)

    async def wait_some(self, ended: asyncio.Event) -> None:
        """Wait for some seconds, in a few deliveries at once: a longer outage of a method must not
        hold every answer's delivery open.
        """
        if self._awaited < _MOST_AWAITED:
            self._awaited += 1
            try:
                await happens(ended, _ENDS_WITHIN_S)
            finally:
                self._awaited -= 1

    async def _end_again(self, session: AgentSession, ended: asyncio.Event) -> None:
        for pause_s in _END_AGAIN_AFTER_S:
            await happens(self._closing, pause_s)
            if await session.end(always=True):
                break
        ended.set()

    async def close(self) -> None:
        """Clear the rest at once."""
        for line in self._lines.values():
            line.over()
        self._closing.set()
        await self._background.close(_CLOSE_WITHIN_S)


@dataclass
class TaskStatus:
    """One task's status, below the conversation where it began, or else below the question."""

    statuses: Statuses
    task: Task
    conversations: Conversations
    told_by: float = 0.0
    _began_in: Conversation | None = None
    _ended: bool = False
    _tried: asyncio.Event | None = None
    _session: AgentSession | None = None

    def waiting(
        self, writer: SlackWriter, task: Task, budget: RateBudget, ahead: int | None
    ) -> None:
        """The task waits for so many others of its thread, if known, before it begins."""
        line = self._line(writer, task, budget)
        if line.note is not None and not line.begun:
            # What an earlier worker has told is read only when the turn comes.
            line.note.unsure = True
        line.waiting(ahead)

    def _line(self, writer: SlackWriter, task: Task, budget: RateBudget) -> StatusLine:
        self._began_in = writer.conversation
        line = self.statuses.line(writer.conversation, task)
        line.told_by = self.told_by
        line.note = line.note or DelayNote(writer, task.task_id, budget)
        writer.run.tell_limited = line.limited
        return line

    def begin(self, writer: SlackWriter, task: Task, budget: RateBudget) -> StatusLine:
        """The line to be changed until ``end``, in the language of ``task``: the user's own is
        known only once the work has begun.
        """
        line = self._line(writer, task, budget)
        if (session := writer.conversation.session) is not None:
            self._session = AgentSession(session)
            self.statuses.begin_session(self._session, line, task, budget)
        return line

    def end(self) -> None:
        """Clear it. Idempotent."""
        where = self._began_in
        if where is None or where.status is None:
            where = self._asked_in() or where
        if where is not None and not self._ended:
            self._ended = True
            self._tried = self.statuses.end(where, self.task)

    async def cleared(self) -> None:
        """Wait until Slack was asked to clear it, for some seconds at most."""
        if self._tried is not None:
            await self.statuses.wait_some(self._tried)

    async def end_session(self, *, always: bool, run: TaskRun | None = None) -> None:
        """End the session there, wherever the answer or notice is now. With a ``run`` Slack is
        asked where a command's question is shown.
        """
        where = self._began_in or self._asked_in()
        if where is None and run is not None:
            where = await self._shown_in(run)
        if self._session is None and where is not None and where.session is not None:
            self._session = AgentSession(where.session)
        if self._session is not None:
            await self.statuses.end_session(self._session, self.task, always=always)

    async def _shown_in(self, run: TaskRun) -> Conversation | None:
        from processor_service.delivery.destination import (  # noqa: PLC0415 - see ``cold_start``
            place_by_now,
        )

        try:
            place = await place_by_now(self.task, self.conversations, run)
        except RetryableError as error:
            # Slack itself ends a session after an hour.
            log.info("A session was not found.", action="session_not_changed", why=str(error))
            return None
        return place.conversation if place is not None else None

    def _asked_in(self) -> Conversation | None:
        task = self.task
        question_ts = task.message_ts or task.shown_below
        if question_ts is None:
            return None
        return self.conversations.thread(task, task.thread_ts or question_ts, question_ts)
