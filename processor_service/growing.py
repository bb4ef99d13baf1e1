"""An answer that people watch while it is written.

What they see of it is never trusted: at the end ``delivery.deliver`` makes the conversation hold
the finished answer, whatever stands there by then. Growing only decides how early they see it.
"""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Protocol

from processor_service.delivery import Standing, standing
from processor_service.lease import LeaseLost
from processor_service.measures import words_shown
from processor_service.ports import Body, Conversation, Posted
from processor_service.steps import Steps
from shared.errors import MechachangError, OutcomeUnknown, SlackDenied, SlackRefused
from shared.ledger import Mark, growing_mark
from shared.log import get_logger

log = get_logger(__name__)

# About one change a second to a message is what Slack's clients and limits bear.
EVERY_S = 1.0
# A streamed message holds some 10,600 bytes in all (measured by others, undocumented).
STREAM_BYTES = 10_000
# Slack ends a stream about five minutes after it began, whatever is appended.
STREAM_LIFE_S = 240.0

_NOTHING = Body("")
# What is longer is shown as it is, and edited at the end if it turns out otherwise.
_UNSETTLED_CHARS = 80
_PAIRS = (("<", ">"), ("[", ")"))

START, APPEND, EDIT = "chat.startStream", "chat.appendStream", "chat.update"


class Budget(Protocol):
    """What Slack's rate limits leave for growing answers, shared by all instances."""

    async def take(self, method: str) -> bool:
        """Whether one more call fits into this minute; if so it is counted."""


Render = Callable[[str], Sequence[Body]]


@dataclass
class Growing:
    """``render`` gives the messages for the text so far; ``found`` is what an earlier worker left.

    ``grow`` never waits for Slack to recover: a step that fails is left out. Raises LeaseLost and
    SlackDenied only.
    """

    task_id: str
    conversation: Conversation
    steps: Steps
    budget: Budget
    render: Render
    found: Standing
    clock: Callable[[], float] = time.monotonic
    ways: set[str] = field(default_factory=set)
    _shown: list[Posted] = field(default_factory=list)
    _bodies: list[Body] = field(default_factory=list)
    _streamed: str = ""
    _began: float = 0.0
    _next: float = float("-inf")
    _stuck: bool = False

    def __post_init__(self) -> None:
        parts = {one.mark.part: one for one in reversed(self.found.answers)}
        for number in range(1, len(parts) + 1):
            if number not in parts:
                break
            self._shown.append(parts[number])
            self._bodies.append(Body(""))

    @property
    def visible(self) -> bool:
        """Whether words of this answer stand in Slack."""
        return bool(self.ways)

    async def grow(self, text: str) -> None:
        """Show ``text``, the answer so far, unless people saw a change a moment ago."""
        if self._stuck or not self.conversation.editable:
            return
        if self.clock() < self._next or not text.strip():
            return
        try:
            await self._grow(text)
            words_shown(self.ways)
        except (LeaseLost, SlackDenied):
            raise
        except MechachangError as error:
            if isinstance(error, SlackRefused) and error.slack_error == "stopped_by_user":
                self.steps.stop.ask()
            # Whether the step had an effect is found out at the end.
            self._stuck = self._stuck or isinstance(error, OutcomeUnknown)
            log.info("A growing answer skips a step.", action="growth_skipped", reason=error.reason)
        self._next = self.clock() + EVERY_S

    async def _grow(self, text: str) -> None:
        bodies = self.render(text)
        settled = _settled(_only_markdown(bodies) or "")
        if self._streams_on and await self._append(settled):
            return
        if not self._shown and settled and await self._start(settled):
            return
        await self._edit(bodies)

    @property
    def _streams_on(self) -> bool:
        return bool(self._shown) and self._shown[-1].live and bool(self._streamed)

    async def _start(self, text: str) -> bool:
        if not self.conversation.streams or not await self.budget.take(START):
            return False
        await self._alone()
        try:
            self._shown.append(await self.conversation.start_stream(self.task_id, text))
        except OutcomeUnknown:
            self.steps.doubtful = True
            raise
        self._bodies.append(Body(""))
        self._streamed, self._began = text, self.clock()
        self.ways.add("stream")
        await self.steps.may_have_rival()
        return True

    async def _append(self, text: str) -> bool:
        """Write on in the stream; False when the text no longer goes there."""
        if not self._fits(text):
            await self.end_stream()
            return False
        more = text[len(self._streamed) :]
        if more and await self.budget.take(APPEND):
            await self._alone()
            await self.conversation.append_stream(self._shown[-1], more)
            self._streamed = text
        return True

    def _fits(self, text: str) -> bool:
        return (
            text.startswith(self._streamed)
            and len(text.encode()) <= STREAM_BYTES
            and self.clock() - self._began < STREAM_LIFE_S
        )

    async def finish(self, bodies: Sequence[Body], whole: Mark) -> Standing:
        """End what still grows; what stands now, for ``deliver`` to make whole.

        A stream that has room for the rest and shows just the first of ``bodies``, when that is the
        only one, becomes the answer by itself.
        """
        text = _only_markdown(bodies)
        if self._streams_on and text is not None and self._fits(text):
            rest = text[len(self._streamed) :]
            below = Body("", bodies[0].blocks[1:])
            await self.end_stream(rest, below, replace(whole, part=1, parts=1))
        await self.end_stream()
        if self._stuck:
            return await standing(self.task_id, self.conversation, self.steps)
        beyond = [one for one in self.found.answers if one.mark.part > len(self._shown)]
        return Standing((*self._shown, *beyond, *self.found.notices))

    async def end_stream(
        self, rest: str = "", below: Body = _NOTHING, mark: Mark | None = None
    ) -> None:
        """End the stream that runs, if one does; without a ``mark`` it stays an unfinished part."""
        if not (self._shown and self._shown[-1].live):
            return
        live = self._shown[-1]
        growing = growing_mark(self.task_id, len(self._shown))
        self._shown[-1] = replace(live, mark=growing, live=False)
        end = partial(self.conversation.end_stream, live, rest, below, mark or growing)
        try:
            await self.steps.show(end)
        except SlackRefused as refused:
            # Stopped or expired already: what is missing of it is edited in.
            log.info("A stream had ended.", action="stream_over", slack_error=refused.slack_error)
            return
        self._shown[-1] = replace(self._shown[-1], mark=mark or growing)

    async def _edit(self, bodies: Sequence[Body]) -> None:
        """Post the parts that are new and edit the one that grew."""
        for number, body in enumerate(bodies, start=1):
            if number <= len(self._shown):
                if self._bodies[number - 1] == body or not await self.budget.take(EDIT):
                    continue
                await self._alone()
                mark = growing_mark(self.task_id, number)
                await self.conversation.update(self._shown[number - 1], body, mark)
                self._shown[number - 1] = replace(self._shown[number - 1], mark=mark, live=False)
                self._bodies[number - 1] = body
            else:
                mark = growing_mark(self.task_id, number)
                await self._alone()
                try:
                    posted = await self.conversation.post(body, mark)
                except OutcomeUnknown:
                    self.steps.doubtful = True
                    raise
                self._shown.append(posted)
                self._bodies.append(body)
                await self.steps.may_have_rival()
            self.ways.add("edit")

    async def _alone(self) -> None:
        if not await self.steps.lease.still_held():
            self.steps.doubtful = True


def _only_markdown(bodies: Sequence[Body]) -> str | None:
    """The Markdown of the only message, if it begins with such a block."""
    if len(bodies) != 1 or not bodies[0].blocks:
        return None
    first = bodies[0].blocks[0]
    return str(first["text"]) if first["type"] == "markdown" else None


def _settled(text: str) -> str:
    """``text`` without an end that its next words may still change: something that is open yet."""
    text = text.rstrip("*_`~")
    start = text.rfind("\n") + 1
    line = text[start:]
    opened = [line.rfind(mark) for mark in ("**", "`") if line.count(mark) % 2]
    opened += [line.rfind(begin) for begin, end in _PAIRS if line.rfind(begin) > line.rfind(end)]
    cut = min((at for at in opened if len(line) - at <= _UNSETTLED_CHARS), default=len(line))
    return text[: start + cut]
