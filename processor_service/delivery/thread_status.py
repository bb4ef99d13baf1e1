"""The status below a thread: the worker's progress until the first words."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime

from processor_service.ports.conversations import Conversation, Conversations, Status
from processor_service.texts.answers import (
    KEPT,
    KEPT_BUSY,
    LOADING,
    READING,
    RETRYING,
    SEARCHING,
    SLOW,
    STILL_THINKING,
    THINKING,
)
from shared.background import Background, happens
from shared.slack.status import NONE_COMES_AFTER_S
from shared.task import Task, Texts

# Slack itself takes a status away after two minutes (docs.slack.dev, assistant.threads.setStatus).
REFRESH_S = 60.0
# Most answers begin before a user has read a status, and the command service has shown one.
QUIET_S = 0.8
_AGAIN_AFTER_S = (2.0, 10.0, 30.0)
_CLOSE_WITHIN_S = 1.0
# Slack takes some tens of milliseconds for a status; words do not wait longer for a slow one.
_MAKES_WAY_WITHIN_S = 0.3
_SETTLES_WITHIN_S = 3.0
# The statuses of an answer before it turns out to be slow.
_FIRST = (THINKING, SEARCHING)
_KEPT = (KEPT, KEPT_BUSY)


class ThreadStatus:
    """The status that users see before an answer's first words. No step waits for it.

    ``told_by`` (the event loop's time): by then the user has an answer or a notice, whatever fails.
    """

    told_by = 0.0

    def __init__(
        self, conversation: Conversation, task: Task, refresh_s: float, quiet_s: float
    ) -> None:
        self.conversation = conversation
        self._locale = task.locale
        self._refresh_s = refresh_s
        self._quiet_s = quiet_s
        self._now: Texts | None = None
        self._changed = asyncio.Event()
        self._over = asyncio.Event()
        self.begun = False
        self.ended = asyncio.Event()

    @property
    def is_over(self) -> bool:
        """Whether no status may be shown any more."""
        return self._over.is_set()

    def reading(self) -> None:
        """The worker reads the thread."""
        self._show(READING)

    def thinking(self, *, searching: bool = False) -> None:
        """The worker waits for the model, which may be searching."""
        self._show(SEARCHING if searching else THINKING)

    def retrying(self) -> None:
        """The model has failed, and the worker asks it again."""
        if self._now not in _KEPT:
            self._show(RETRYING)

    def slow(self) -> None:
        """The model says nothing for longer than usual."""
        if self._now not in _KEPT:
            self._show(SLOW)

    def kept(self, *, busy: bool = False) -> None:
        """No model answers, perhaps because it is ``busy``: the worker tries until one does."""
        self._show(KEPT_BUSY if busy else KEPT)

    async def stay(self) -> None:
        """Show once more, whatever is shown now, that the question is kept: its worker ends."""
        if self.conversation.status is not None:
            text = self._now if self._now in _KEPT else KEPT
            await self.conversation.status.show_status(self._said(text or KEPT))

    def over(self) -> None:
        """Show no status any more."""
        self._over.set()
        self._changed.set()

    async def make_way(self) -> None:
        """Show no status any more, and wait for one on its way, but not for a slow one.

        A status that arrived after the answer would stay until it is cleared, and the worker may be
        killed before it clears it.
        """
        self.over()
        if self.begun:
            await happens(self.ended, _MAKES_WAY_WITHIN_S)

    def _show(self, status: Texts) -> None:
        # One that is shown already is repeated in time, and Slack's limit is for all questions.
        if status is not self._now:
            self._now = status
            self._changed.set()

    def _said(self, status: Texts) -> str:
        left_s = self.told_by - asyncio.get_running_loop().time()
        return status[self._locale].format(minutes=max(1, round(left_s / 60)))

    async def run(self) -> None:
        """Show each change, and repeat it before Slack removes it, until it is over."""
        self.begun = True
        try:
            await self._changed.wait()
            if self._quiet_s:
                await happens(self._over, self._quiet_s)
            while not self.is_over:
                await self._show_now()
                if not await happens(self._changed, self._refresh_s) and self._now in _FIRST:
                    self._now = STILL_THINKING
        finally:
            self.ended.set()

    async def _show_now(self) -> None:
        self._changed.clear()
        if self._now is not None:
            loading = LOADING[self._locale] if self._now in _FIRST else ()
            if self.conversation.status is not None:
                await self.conversation.status.show_status(self._said(self._now), loading)


class Statuses:
    """Shows and clears statuses in the background."""

    def __init__(
        self,
        shown_within_s: float = NONE_COMES_AFTER_S,
        refresh_s: float = REFRESH_S,
        quiet_s: float = QUIET_S,
    ) -> None:
        self._shown_within_s = shown_within_s
        self._refresh_s = refresh_s
        self._quiet_s = quiet_s
        self._background = Background()
        self._closing = asyncio.Event()
        self._lines: dict[str, ThreadStatus] = {}

    def line(self, conversation: Conversation, task: Task) -> ThreadStatus:
        """The task's status, which stays until ``over``."""
        line = self._lines.get(task.task_id)
        if line is None or line.is_over:
            line = ThreadStatus(conversation, task, self._refresh_s, self._quiet_s)
            self._lines[task.task_id] = line
            self._background.start(self._run(line, task.task_id), f"status_line:{task.task_id}")
        return line

    async def _run(self, line: ThreadStatus, task_id: str) -> None:
        try:
            await line.run()
        finally:
            if self._lines.get(task_id) is line:
                del self._lines[task_id]

    def over(self, task: Task) -> ThreadStatus | None:
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

    def end(self, conversation: Conversation, task: Task) -> None:
        """Clear the status now, and once more when none can arrive late any more."""
        self.over(task)
        line = self._lines.get(task.task_id)
        if (status := conversation.status) is not None:
            self._background.start(self._end(status, task, line), f"status:{task.task_id}")

    async def _end(self, status: Status, task: Task, line: ThreadStatus | None) -> None:
        if line is not None:
            # A status on its way must not arrive after it is cleared.
            await happens(line.ended, _SETTLES_WITHIN_S)
        cleared = await status.show_status("")
        age_s = (datetime.now(UTC) - task.received_at).total_seconds()
        if cleared and age_s >= self._shown_within_s:
            return
        for pause_s in (max(0.0, self._shown_within_s - age_s), *_AGAIN_AFTER_S):
            await happens(self._closing, pause_s)
            if await status.show_status(""):
                return

    @asynccontextmanager
    async def of(
        self, task: Task, conversations: Conversations, told_within_s: float = 0.0
    ) -> AsyncIterator["TaskStatus"]:
        """The task's status: cleared behind the body, unless that fails; then the next delivery's
        worker shows it further. ``told_within_s`` as of ``ThreadStatus.told_by``.
        """
        told_by = asyncio.get_running_loop().time() + told_within_s
        status = TaskStatus(self, task, conversations, told_by)
        try:
            yield status
        except BaseException:
            self.over(task)
            raise
        status.end()

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

    def begin(self, conversation: Conversation, task: Task) -> ThreadStatus:
        """The line to be changed until ``end``, in the language of ``task``: the user's own is
        known only once the work has begun.
        """
        self._began_in = conversation
        line = self.statuses.line(conversation, task)
        line.told_by = self.told_by
        return line

    def end(self) -> None:
        """Clear it. Idempotent."""
        where, task = self._began_in, self.task
        if (where is None or where.status is None) and task.message_ts is not None:
            thread_ts = task.thread_ts or task.message_ts
            where = self.conversations.thread(task, thread_ts, task.message_ts)
        if where is not None and not self._ended:
            self._ended = True
            self.statuses.end(where, task)
