"""An answer that users watch while it is written.

Its messages are never trusted: at the end ``reconcile`` makes the conversation hold the finished
answer, whatever is there by then. The preview only decides how early users see it.
"""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from processor_service.delivery.context import AnswerContext
from processor_service.delivery.pace import FirstWords, append_every_s
from processor_service.delivery.reconcile import ExistingMessages, find_existing
from processor_service.delivery.slack_writer import SLACK_LIMITS
from processor_service.ports.citations import Citations
from processor_service.ports.conversations import Body, Posted, Streams, TaskCard
from processor_service.ports.limits import APPEND, EDIT, READ, START, RateBudget
from processor_service.rendering.incremental import (
    IncrementalRenderer,
    RenderedSoFar,
    first_markdown,
)
from processor_service.resilience.lease import LeaseLost
from processor_service.resilience.off_loop import off_the_loop
from processor_service.telemetry.task_metrics import words_shown
from shared.errors import (
    UNSHOWABLE,
    MechachangError,
    OutcomeUnknown,
    SlackDenied,
    SlackRefused,
    SlackUnavailable,
)
from shared.ledger import Mark, growing_mark
from shared.retry import SETTLES_S
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# Slack's clients and limits bear about one edit a second of a message.
EVERY_S = 1.0
# A streamed message holds some 10,600 bytes in all (measured by others, undocumented).
STREAM_BYTES = 10_000
# Slack ends a stream about five minutes after it began, whatever is appended.
STREAM_LIFE_S = 240.0

_NOTHING = Body("")
_STOPPED = "stopped_by_user"


@dataclass
class Part:
    """One message of the answer, and its content; unknown for a running stream."""

    posted: Posted
    body: Body = _NOTHING


@dataclass
class LivePreview:
    """``renderer`` makes the messages for the text so far. The blocks ``below`` are under what
    still grows, except in a stream, which has Slack's own.

    Each message is a stream of its own if Slack's limits leave one, up to its first table: a stream
    takes blocks only at its end. After that table, and without a free stream, messages are posted
    and edited. ``update`` never waits for Slack to recover: it skips a step that fails, and after a
    step that Slack refuses it shows nothing more before the end. Without a lease it shows nothing
    in what another worker has begun. A stream that may have begun without confirmation is looked
    for, and continued if it has. ``seen`` is the text that it has shown. The first words of a
    stream wait for their sentence, or for ``first_words``. ``show_cards`` shows the steps before
    them, in the first stream alone. Raises LeaseLost and SlackDenied only.
    """

    ctx: AnswerContext
    budget: RateBudget
    renderer: IncrementalRenderer
    below: tuple[dict[str, Any], ...] = ()
    clock: Callable[[], float] = time.monotonic
    first_words: FirstWords = field(default_factory=FirstWords)
    ways: set[str] = field(default_factory=set)
    seen: str = ""
    existing: ExistingMessages = field(init=False)
    _parts: list[Part] = field(default_factory=list)
    _streamed: str | None = None
    _began: float = 0.0
    _next: float = float("-inf")
    _stuck: bool = False
    _refused: bool = False
    _unconfirmed: tuple[str, tuple[TaskCard, ...]] | None = None
    _unsettled: bool = False
    _not_ours: bool = False
    _said: str = ""
    _showing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._go_on_from(self.ctx.existing)
        # What is there may be another worker's, who may make it whole at any moment.
        self._not_ours = bool(self._parts) and not self.ctx.writer.run.lease.is_guarded

    def _go_on_from(self, existing: ExistingMessages) -> None:
        self.existing = existing
        parts = {one.mark.part: one for one in reversed(existing.answers)}
        self._parts.clear()
        for number in range(1, len(parts) + 1):
            if number not in parts:
                break
            self._parts.append(Part(parts[number]))

    @property
    def visible(self) -> bool:
        """Whether words of this answer are visible in Slack."""
        return bool(self.ways)

    @property
    def due(self) -> bool:
        """Whether more words would be shown now: not right after the last change."""
        silent = self._stuck or self._refused or self._not_ours
        watched = self.ctx.conversation.edits and not silent
        return bool(watched) and self.clock() >= self._next

    def retrying(self) -> None:
        """Another attempt at the answer begins."""
        self.ctx.status.retrying()
        self.ctx.cards.retrying()

    def instead(self, model: str) -> None:
        """The fallback model is asked."""
        self.ctx.cards.instead(model)

    def looked_up(self, found: Citations) -> None:
        """The model has looked up something."""
        self.ctx.cards.looked_up(found)

    def slow(self) -> None:
        """The model says nothing for longer than usual."""
        self.ctx.status.slow()
        self.ctx.cards.slow()

    def kept(self, *, busy: bool) -> None:
        """No model answers, and the question is kept."""
        self.ctx.status.kept(busy=busy)
        self.ctx.cards.kept()

    async def update(self, text: str) -> None:
        """Show ``text``, the answer so far, if that is due."""
        self._said = text
        async with self._showing:
            text = self._said
            if not self.due or not text.strip():
                return
            tried = False
            try:
                if self._unconfirmed is not None:
                    await self._look_for_stream()
                drawn = await self._draw(text)
                tried = drawn is None
                for number, body, settled, full in self._unshown(drawn):
                    tried = await self._change(number, body, settled, full=full) or tried
                words_shown(self.ways)
                if self.visible or self._unconfirmed is not None:
                    self.seen = text
            except (LeaseLost, SlackDenied):
                raise
            except MechachangError as error:
                self._skip(error)
                tried = True
            if tried:
                self._next = self.clock() + self._pause_s()

    def _pause_s(self) -> float:
        running = self._runs(len(self._parts))
        return append_every_s(self.budget.room(APPEND)) if running else EVERY_S

    async def settle(self) -> None:
        """Show nothing by itself any more. What is being shown is waited for."""
        async with self._showing:
            await self.first_words.end()

    async def _show_held(self) -> None:
        # What these two say is told by the next step, too.
        with suppress(LeaseLost, SlackDenied):
            await self.update(self._said)

    def _skip(self, error: MechachangError) -> None:
        if isinstance(error, SlackRefused):
            self._refused = True
            if error.slack_error == _STOPPED:
                self.ctx.cancel.request()
        if error.reason == SLACK_LIMITS and not self.visible:
            self.ctx.status.limited(getattr(error, "retry_after_s", None) or 0.0)
        # The end finds out whether the step had an effect.
        self._stuck = self._stuck or isinstance(error, OutcomeUnknown)
        log.info("A growing answer skips a step.", action="preview_skipped", reason=error.reason)

    async def _draw(self, text: str) -> RenderedSoFar | None:
        draw = partial(self.renderer.draw, text)
        try:
            return await off_the_loop(self.renderer.unread(text), draw)
        except RecursionError:
            log.warning("An answer cannot be rendered while it grows.", action="growth_not_drawn")
            return None

    def _unshown(self, drawn: RenderedSoFar | None) -> Iterator[tuple[int, Body, str, bool]]:
        """The messages that may show more: number, body, settled beginning, whether more follow."""
        bodies = drawn.bodies if drawn else ()
        for number, body in enumerate(bodies, start=1):
            full = number < len(bodies)
            if full and number <= len(self._parts) and self._parts[number - 1].body == body:
                continue
            yield number, body, first_markdown(body) if full or not drawn else drawn.settled(), full

    async def _change(self, number: int, body: Body, settled: str, *, full: bool) -> bool:
        """Make one message show more; False if it is too early for that."""
        behind = len(body.blocks) > 1
        if not full:
            body = replace(body, blocks=(*body.blocks, *self.below))
        if number > len(self._parts):
            streams = self.ctx.conversation.streams
            if not streams or not streams.may_begin or not first_markdown(body) or full or behind:
                await self._post(body)
            elif settled and (self._parts or not self.first_words.wait(settled, self._show_held)):
                await self._begin(streams, settled, body)
            else:
                return False
        elif self._holds_first(number, settled, full=full or behind):
            return False
        elif self._runs(number):
            if not await self._write_on(body, settled, ends=full or behind):
                await self._edit(number, body)
        elif self._parts[number - 1].body != body:
            await self._edit(number, body)
        return True

    def _runs(self, number: int) -> bool:
        """Whether our stream runs in this message, which then is the last."""
        last = 0 < number == len(self._parts)
        return last and self._parts[-1].posted.live and self._streamed is not None

    def _holds_first(self, number: int, settled: str, *, full: bool) -> bool:
        """Whether the first words wait, below the steps in a stream that has none yet."""
        if full or not self._has_cards_only or not self._runs(number):
            return False
        return not settled or self.first_words.wait(settled, self._show_held)

    @property
    def _has_cards_only(self) -> bool:
        return len(self._parts) == 1 and self._runs(1) and not self._streamed

    async def _begin(self, streams: Streams, settled: str, body: Body) -> None:
        """Begin a stream with ``settled``; if none is left, or can begin, post ``body``."""
        if not await self.budget.try_acquire(START):
            await self._post(body)
            return
        await self._before_words()
        cards = () if self._parts else self.ctx.cards.pending()
        if not await self._start(streams, settled, cards):
            # It had no effect: users see the words all the same.
            await self._post(body)

    async def _start(self, streams: Streams, text: str, cards: tuple[TaskCard, ...]) -> bool:
        """Begin a stream; False if Slack did not."""
        updates = tuple(map(self.ctx.cards.update_of, cards))
        try:
            posted = await streams.start_stream(self.ctx.task.task_id, text, updates)
        except OutcomeUnknown as error:
            log.info("A stream may have begun.", action="stream_doubtful", reason=error.reason)
            self.ctx.writer.run.not_confirmed()
            self._unsettled = True
            self._unconfirmed, self._began = (text, cards), self.clock()
        except (SlackRefused, SlackUnavailable) as error:
            log.info("A stream could not begin.", action="stream_not_begun", reason=error.reason)
            return False
        else:
            await self._go_on_in(posted, text, cards if posted.with_cards else ())
        return True

    async def show_cards(self) -> None:
        """Show the steps of now: in a stream that has no words yet, or in a new one if the step is
        worth it. Without room for it nothing is shown.
        """
        async with self._showing:
            cards, streams = self.ctx.cards.pending(), self.ctx.conversation.streams
            silent = self._stuck or self._refused or self._not_ours or self.visible
            if silent or not cards or not streams or self._unconfirmed is not None:
                return
            try:
                if self._has_cards_only:
                    if await self.budget.try_acquire(APPEND):
                        await self._append(streams, "", cards)
                elif self._may_open(streams) and await self.budget.try_acquire(START):
                    await self.ctx.status.step_aside()
                    await self.ctx.writer.run.check_lease()
                    if not await self._start(streams, "", cards):
                        self.ctx.status.step_back()
            except (LeaseLost, SlackDenied):
                raise
            except MechachangError as error:
                self._skip(error)

    def _may_open(self, streams: Streams) -> bool:
        wanted = streams.may_begin and streams.shows_cards and not self._parts
        return wanted and self.ctx.cards.opens and not self.ctx.existing.answers

    def cards_due_in_s(self) -> float | None:
        """Seconds until there may be a step to show; None if not before something changes."""
        opens = self.ctx.cards.opens or self._has_cards_only
        return self.ctx.cards.due_in_s() if opens else None

    async def withdraw(self) -> None:
        """Take the steps away, if no words are below them yet. Idempotent."""
        async with self._showing:
            edits = self.ctx.conversation.edits
            if edits is not None and self._has_cards_only and not self._stuck:
                await self.ctx.writer.run.check_lease()
                await edits.remove(self._parts[0].posted)
                self._parts.clear()
                self._streamed = None
                self.ctx.cards.forget()
            self.ctx.cards.away = False
            self.ctx.status.step_back()

    def _mark(self, number: int) -> Mark:
        return growing_mark(self.ctx.task.task_id, number)

    async def _go_on_in(self, stream: Posted, text: str, cards: tuple[TaskCard, ...] = ()) -> None:
        number = len(self._parts) + 1
        shown = replace(stream, mark=self._mark(number), with_cards=bool(cards))
        self._parts.append(Part(shown))
        self._streamed, self._began = text, self.clock()
        self.ctx.cards.took(cards)
        if text:
            await self._words_came("stream")

    async def _look_for_stream(self) -> None:
        """Continue the stream that Slack may have begun; the end looks for it again."""
        text, cards = self._unconfirmed or ("", ())
        self._unconfirmed = None
        # Without a look nothing more is shown: it might appear twice.
        self._stuck = True
        if not await self.budget.try_acquire(READ):
            return
        known = {part.posted.ts for part in self._parts}
        found = await self.ctx.conversation.find(self.ctx.task.task_id)
        self._stuck = False
        for one in found:
            if one.live and one.ts not in known:
                self._unsettled = False
                log.info("A stream had begun.", action="stream_adopted")
                await self._go_on_in(one, text, cards)
                return

    async def _write_on(self, body: Body, settled: str, *, ends: bool) -> bool:
        """Continue the stream; False if the message's current content cannot be streamed."""
        text = first_markdown(body)
        if not self._fits(text):
            await self.end_stream()
            return False
        if ends:
            return await self.end_stream(body)
        streamed = self._streamed or ""
        more = settled[len(streamed) :] if settled.startswith(streamed) else ""
        streams = self.ctx.conversation.streams
        if streams and more and await self.budget.try_acquire(APPEND):
            return await self._append(streams, more)
        return True

    async def _append(
        self, streams: Streams, more: str, cards: tuple[TaskCard, ...] | None = None
    ) -> bool:
        """False if Slack takes no more in this stream, which is over then."""
        if more:
            await self._before_words()
        else:
            await self.ctx.writer.run.check_lease()
        cards = self._cards_here() if cards is None else cards
        try:
            updates = tuple(map(self.ctx.cards.update_of, cards))
            await streams.append_stream(self._parts[-1].posted, more, updates)
        except SlackRefused as refused:
            if refused.slack_error == _STOPPED:
                raise
            await self.end_stream()
            return False
        except OutcomeUnknown:
            # The stream's content is not known any more: nothing can be added to it.
            self._streamed = None
            raise
        self._streamed = (self._streamed or "") + more
        self.ctx.cards.took(cards)
        if more and not self.visible:
            await self._words_came("stream")
        return True

    def _cards_here(self) -> tuple[TaskCard, ...]:
        """The cards that changed, if they are in the message that grows now."""
        first = len(self._parts) == 1 and self._parts[0].posted.with_cards
        return self.ctx.cards.pending() if first else ()

    def _fits(self, text: str) -> bool:
        beside = self.ctx.cards.weight if len(self._parts) == 1 else 0
        return (
            bool(text)
            and text.startswith(self._streamed or "")
            and len(text.encode()) + beside <= STREAM_BYTES
            and self.clock() - self._began < STREAM_LIFE_S
        )

    async def show_all(self, bodies: Sequence[Body]) -> None:
        """Show every one of ``bodies`` as unfinished parts, before something is put below them."""
        if self._stuck or self._unsettled:
            await self._let_settle()
            self._go_on_from(await find_existing(self.ctx.task.task_id, self.ctx.writer))
        number = len(self._parts)
        if number <= len(bodies) and self._runs(number):
            body = bodies[number - 1]
            await self.end_stream(body if self._fits(first_markdown(body)) else _NOTHING)
        await self.end_stream()
        for body in bodies[number:]:
            mark = self._mark(len(self._parts) + 1)
            posted = await self.ctx.writer.post(body, mark)
            self._parts.append(Part(posted, body))

    async def finish(self, bodies: Sequence[Body], whole: Mark) -> ExistingMessages:
        """End what still grows; the existing messages, for ``reconcile`` to make whole.

        A stream with room for the rest of its message becomes that part of the answer by itself.
        """
        number = len(self._parts)
        if number <= len(bodies) and self._runs(number):
            body = bodies[number - 1]
            if self._fits(first_markdown(body)):
                mark = replace(whole, part=number, parts=len(bodies))
                await self.end_stream(body, mark)
        await self.end_stream()
        if self._stuck or self._unsettled:
            await self._let_settle()
            return await find_existing(self.ctx.task.task_id, self.ctx.writer)
        shown = [part.posted for part in self._parts]
        known = {one.ts for one in shown}
        # Further parts, and doubles of two earlier workers.
        beyond = [one for one in self.existing.answers if one.ts not in known]
        return ExistingMessages((*shown, *beyond, *self.existing.notices, *self.existing.files))

    async def end_stream(self, body: Body = _NOTHING, mark: Mark | None = None) -> bool:
        """End the running stream, if any, so that its message shows ``body``.

        Without a ``mark`` it stays an unfinished part, without a ``body`` it keeps its content.
        False if it had ended by itself.
        """
        if not (self._parts and self._parts[-1].posted.live):
            return True
        live, growing = self._parts[-1].posted, self._mark(len(self._parts))
        self._parts[-1].posted = replace(live, mark=growing, live=False)
        rest = first_markdown(body)[len(self._streamed or "") :]
        below = Body("", body.blocks[1:])
        if mark is None:
            self.ctx.cards.words()
        else:
            self.ctx.cards.finish()
        cards = tuple(map(self.ctx.cards.update_of, self._cards_here()))
        try:
            ended = await self.ctx.writer.end_stream(live, rest, below, mark or growing, cards)
            self._parts[-1].posted = ended
            self.ctx.cards.leave()
        except SlackRefused as refused:
            if refused.reason == UNSHOWABLE:
                # It still runs. What Slack refuses at its end may work as an edit.
                await self._end_as_it_is(live)
            log.info("A stream is over.", action="stream_over", slack_error=refused.slack_error)
            return False
        self._parts[-1].body = body
        if rest and not self.visible:
            self._words_are_there("stream")
        return True

    async def _end_as_it_is(self, live: Posted) -> None:
        """End a stream with nothing but its mark; it runs on if Slack refuses even that."""
        mark = self._mark(len(self._parts))
        try:
            self._parts[-1].posted = await self.ctx.writer.end_stream(live, "", _NOTHING, mark)
        except SlackRefused as refused:
            running = refused.reason == UNSHOWABLE
            self._parts[-1].posted = replace(live, mark=mark, live=running)

    async def _let_settle(self) -> None:
        """Slack may still be busy with a start whose connection broke a moment ago."""
        rest_s = self._began + SETTLES_S - self.clock()
        if self._unconfirmed is not None and rest_s > 0:
            await self.ctx.writer.run.patience.sleep(rest_s)

    async def _edit(self, number: int, body: Body) -> None:
        edits = self.ctx.conversation.edits
        if edits is None or not await self.budget.try_acquire(EDIT):
            return
        await self.ctx.writer.run.check_lease()
        part, mark = self._parts[number - 1], self._mark(number)
        part.posted = await edits.update(part.posted, body, mark)
        part.body = body
        self._words_are_there("edit")

    async def _post(self, body: Body) -> None:
        await self._before_words()
        mark = self._mark(len(self._parts) + 1)
        try:
            posted = await self.ctx.conversation.post(body, mark)
        except OutcomeUnknown:
            self.ctx.writer.run.not_confirmed()
            raise
        self._parts.append(Part(posted, body))
        self.ctx.cards.leave()
        await self._words_came("edit")

    async def _words_came(self, way: str) -> None:
        self._words_are_there(way)
        await self.ctx.writer.run.may_have_concurrent_worker()

    def _words_are_there(self, way: str) -> None:
        self.ways.add(way)
        self.ctx.status.over()

    async def _before_words(self) -> None:
        self.ctx.cards.words()
        if not self.visible:
            await self.ctx.status.make_way()
        await self.ctx.writer.run.check_lease()
