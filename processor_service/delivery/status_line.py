"""One task's progress until its first words: a status, or a message for a delay that lasts."""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from processor_service.delivery.delay_note import DelayNote
from processor_service.ports.conversations import Conversation, Posted
from processor_service.texts.answers import (
    KEPT,
    KEPT_BUSY,
    LIMITED,
    LOADING,
    NOTES,
    READING,
    RETRYING,
    SEARCHING,
    SLOW,
    STILL_THINKING,
    THINKING,
    WAITING,
    WAITING_FOR_THE_SAME,
    WAITING_SOMEWHERE,
)
from shared.background import happens
from shared.slack.usage import shown_moment
from shared.task import Task, Texts

# Slack takes some tens of milliseconds for a status; words do not wait longer for a slow one.
_MAKES_WAY_WITHIN_S = 0.3
# A status that is shown for a shorter pause might come after the words.
_ARRIVES_WITHIN_S = 5.0
# The statuses of an answer before it turns out to be slow.
_FIRST = (THINKING, SEARCHING)
_KEPT = (KEPT, KEPT_BUSY)


@dataclass(frozen=True)
class StatusTimes:
    """Seconds: a status is shown not before ``quiet_s``, again after ``refresh_s`` (Slack itself
    takes it away after two minutes; docs.slack.dev, assistant.threads.setStatus), and after
    ``again_s`` if Slack did not take it. A delay is told by a message after ``noted_after_s``.
    """

    refresh_s: float = 60.0
    # Most answers begin before a user has read a status, and the command service has shown one.
    quiet_s: float = 0.8
    # A waiting user is told of a delay within 15 s.
    again_s: float = 3.0
    # A message tells people something: it is not posted for what is over in a moment.
    noted_after_s: float = 10.0


class StatusLine:
    """The status that users see before an answer's first words. No step waits for it.

    Where Slack shows none, ``note`` tells of a delay that lasts. ``told_by`` (the event loop's
    time): by then the user has an answer or a notice, whatever fails.
    """

    told_by = 0.0
    note: DelayNote | None = None

    def __init__(self, conversation: Conversation, task: Task, times: StatusTimes) -> None:
        self.conversation = conversation
        self._locale = task.locale
        self._times = times
        self._now: Texts | None = None
        self._changed = asyncio.Event()
        self._over = asyncio.Event()
        self._noted_at = asyncio.get_running_loop().time() + times.noted_after_s
        self._aside = False
        self._ahead = 0
        self._limits: tuple[float, float] | None = None
        self._words = False
        self._telling: asyncio.Task[bool] | None = None
        self._showing = asyncio.Lock()
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
        self._show(SEARCHING if searching else THINKING)

    def retrying(self) -> None:
        if self._now not in _KEPT:
            self._show(RETRYING)

    def slow(self) -> None:
        if self._now not in _KEPT:
            self._show(SLOW)

    def waiting(self, ahead: int | None) -> None:
        """The question waits for so many others of its thread; None if that is not known."""
        if ahead and ahead != self._ahead:
            self._ahead, self._now = ahead, None
        self._show(WAITING if ahead else WAITING_SOMEWHERE)

    def waiting_for_the_same(self) -> None:
        self._show(WAITING_FOR_THE_SAME)

    def limited(self, pause_s: float) -> None:
        """Slack takes no call for so long: told once that delays the first words for too long.

        Nothing but a status may be on its way then, so it is told also behind ``make_way``: the
        words come after the pause, and Slack takes it away with them.
        """
        now = asyncio.get_running_loop().time()
        since, until = self._limits or (now, now)
        self._limits = since, max(until, now + pause_s)
        delayed_s = self._limits[1] - since
        if self._words or self._now in _KEPT or delayed_s <= self._times.noted_after_s:
            return
        if not self.is_over:
            self._show(LIMITED)
        elif pause_s > _ARRIVES_WITHIN_S and self._telling is None:
            self._telling = asyncio.create_task(self._show_words(LIMITED), name="slack limits")

    def kept(self, *, busy: bool = False) -> None:
        self._show(KEPT_BUSY if busy else KEPT)

    async def stay(self) -> None:
        """Show once more, whatever is shown now, that the question is kept: its worker ends."""
        kept = KEPT_BUSY if self._now is KEPT_BUSY else KEPT
        # A status that is shown again in between says the same.
        self._now = kept
        await self._show_words(kept)

    def told_before(self, delays: Sequence[Posted]) -> None:
        """The delay was told by these messages, of an earlier worker or before the turn came."""
        if self.note is not None:
            self.note.told_before(delays)

    def over(self) -> None:
        """Show no status any more: words are visible, or the work has ended."""
        self._words = True
        self._end()

    def _end(self) -> None:
        self._over.set()
        self._changed.set()

    async def make_way(self) -> None:
        """Show no status any more, and wait for one on its way, but not for a slow one.

        A status that arrived after the answer would stay until it is cleared, and the worker may be
        killed before it clears it. A message is taken away. One attempt, which may be repeated:
        raises as ``DelayNote.take_away`` does.
        """
        self._end()
        if self.begun:
            await happens(self.ended, _MAKES_WAY_WITHIN_S)
        if self.note is not None:
            await self.note.take_away()

    async def step_aside(self) -> None:
        """Show nothing until ``step_back``; one on its way is waited for."""
        self._aside = True
        async with self._showing:
            pass

    def step_back(self) -> None:
        if self._aside:
            self._aside = False
            self._changed.set()

    def _show(self, status: Texts) -> None:
        # One that is shown already is repeated in time, and Slack's limit is for all questions.
        if status is not self._now:
            self._now = status
            self._changed.set()

    def _said(self, status: Texts) -> str:
        left_s = self.told_by - asyncio.get_running_loop().time()
        minutes = max(1, round(left_s / 60))
        return status[self._locale].format(minutes=minutes, ahead=self._ahead)

    async def lasts(self) -> bool:
        """Whether it is not over soon."""
        return not await happens(self._over, self._times.quiet_s)

    async def run(self) -> None:
        """Show each change, and repeat it before Slack removes it, until it is over."""
        self.begun = True
        try:
            await self._changed.wait()
            if self._times.quiet_s:
                await happens(self._over, self._times.quiet_s)
            while not self.is_over:
                pause_s = await self._show_now()
                if not await happens(self._changed, pause_s) and self._now in _FIRST:
                    self._now = STILL_THINKING
        finally:
            self.ended.set()

    async def _show_now(self) -> float:
        """Show the current words; the seconds until they are shown again."""
        self._changed.clear()
        async with self._showing:
            shown = self._now is None or self._aside or await self._show_words(self._now)
        if shown or self._now in _FIRST:
            return self._times.refresh_s
        rest_s = self._noted_at - asyncio.get_running_loop().time()
        return rest_s if rest_s > 0 and self.conversation.status is None else self._times.again_s

    async def _show_words(self, words: Texts) -> bool:
        """Show them as a status, or a delay that lasts as a message; False if that failed."""
        shown, loading = True, LOADING[self._locale] if words in _FIRST else ()
        if self.conversation.status is not None:
            shown = await self.conversation.status.show_status(self._said(words), loading)
        # Slack may just have refused it.
        if self.conversation.status is None:
            return await self._tell_by_message(words)
        return shown

    async def _tell_by_message(self, words: Texts) -> bool:
        told = next((note for status, note in NOTES if status is words), None)
        if told is None or self.note is None:
            return True
        clock = asyncio.get_running_loop().time
        if words not in _KEPT and clock() < self._noted_at:
            return False
        at = datetime.now(UTC) + timedelta(seconds=max(0.0, self.told_by - clock()))
        said = told[self._locale].format(when=shown_moment(at), ahead=self._ahead)
        return await self.note.say(said)
