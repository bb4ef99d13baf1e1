"""An answer that users watch while it is written."""

import asyncio
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any

from processor_service.delivery.context import AnswerContext
from processor_service.delivery.preview.pace import FirstWords, append_every_s
from processor_service.delivery.preview.running_stream import STOPPED_BY_USER, RunningStream
from processor_service.delivery.preview.shown_parts import NO_CONTENT, ShownParts
from processor_service.delivery.reconcile import ExistingMessages, find_existing
from processor_service.delivery.slack_writer import SLACK_LIMITS, log_stays
from processor_service.ports.conversations import Body, Streams
from processor_service.ports.limits import APPEND, EDIT, READ, START, RateBudget
from processor_service.rendering.incremental import (
    IncrementalRenderer,
    RenderedSoFar,
    first_markdown,
)
from processor_service.resilience.lease import LeaseLost
from processor_service.resilience.off_loop import off_the_loop
from processor_service.telemetry.task_metrics import words_shown
from shared.errors import MechachangError, OutcomeUnknown, SlackDenied, SlackRefused
from shared.ledger import Mark
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# Slack's clients and limits bear about one edit a second of a message.
EVERY_S = 1.0


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
    _shown: ShownParts = field(init=False)
    _stream: RunningStream = field(init=False)
    _next: float = float("-inf")
    _stuck: bool = False
    _refused: bool = False
    _not_ours: bool = False
    _said: str = ""
    _showing: asyncio.Lock = field(default_factory=asyncio.Lock)

    def __post_init__(self) -> None:
        self._shown = ShownParts(self.ctx, self.ways)
        self._stream = RunningStream(self._shown, self.clock)
        # What is there may be another worker's, who may make it whole at any moment.
        self._not_ours = bool(self._shown.parts) and not self.ctx.writer.run.lease.is_guarded

    @property
    def visible(self) -> bool:
        """Whether words of this answer are visible in Slack."""
        return self._shown.visible

    @property
    def existing(self) -> ExistingMessages:
        """The messages that an earlier worker, or a look, has found there."""
        return self._shown.existing

    @property
    def due(self) -> bool:
        """Whether more words would be shown now: not right after the last change."""
        silent = self._stuck or self._refused or self._not_ours
        watched = self.ctx.conversation.edits and not silent
        return bool(watched) and self.clock() >= self._next

    async def update(self, text: str) -> None:
        """Show ``text``, the answer so far, if that is due."""
        self._said = text
        async with self._showing:
            text = self._said
            if not self.due or not text.strip():
                return
            tried = False
            try:
                if self._stream.unconfirmed is not None:
                    await self._look_for_stream()
                drawn = await self._draw(text)
                tried = drawn is None
                for number, body, settled, full in self._unshown(drawn):
                    tried = await self._change(number, body, settled, full=full) or tried
                words_shown(self.ways)
                if self.visible or self._stream.unconfirmed is not None:
                    self.seen = text
            except (LeaseLost, SlackDenied):
                raise
            except MechachangError as error:
                self._skip(error)
                tried = True
            if tried:
                self._next = self.clock() + self._pause_s()

    def _pause_s(self) -> float:
        running = self._stream.runs(len(self._shown.parts))
        return append_every_s(self.budget.room(APPEND)) if running else EVERY_S

    async def settle(self) -> None:
        """Show nothing more by itself, and wait for a step that is under way."""
        async with self._showing:
            await self.first_words.end()

    async def _show_held(self) -> None:
        # The next step meets the same two errors.
        with suppress(LeaseLost, SlackDenied):
            await self.update(self._said)

    def _skip(self, error: MechachangError) -> None:
        if isinstance(error, SlackRefused):
            self._refused = True
            if error.slack_error == STOPPED_BY_USER:
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
            if full and self._shown.holds(number, body):
                continue
            yield number, body, first_markdown(body) if full or not drawn else drawn.settled(), full

    async def _change(self, number: int, body: Body, settled: str, *, full: bool) -> bool:
        """Make one message show more; False if it is too early for that."""
        behind = len(body.blocks) > 1
        if not full:
            body = replace(body, blocks=(*body.blocks, *self.below))
        parts = self._shown.parts
        if number > len(parts):
            streams = self.ctx.conversation.streams
            if not streams or not streams.may_begin or not first_markdown(body) or full or behind:
                await self._shown.post(body)
            elif settled and (parts or not self.first_words.wait(settled, self._show_held)):
                await self._begin(streams, settled, body)
            else:
                return False
        elif self._holds_first(number, settled, full=full or behind):
            return False
        elif self._stream.runs(number):
            if not await self._write_on(body, settled, ends=full or behind):
                await self._edit(number, body)
        elif not self._shown.holds(number, body):
            await self._edit(number, body)
        return True

    def _holds_first(self, number: int, settled: str, *, full: bool) -> bool:
        """Whether the first words wait, below the steps in a stream that has none yet."""
        if full or not self._stream.has_cards_only or not self._stream.runs(number):
            return False
        return not settled or self.first_words.wait(settled, self._show_held)

    async def _begin(self, streams: Streams, settled: str, body: Body) -> None:
        """Begin a stream with ``settled``; if none is left, or can begin, post ``body``."""
        if not await self.budget.try_acquire(START):
            await self._shown.post(body)
            return
        await self._shown.before_words()
        cards = () if self._shown.parts else self.ctx.cards.pending()
        if not await self._stream.begin(streams, settled, cards):
            # It had no effect: users see the words all the same.
            await self._shown.post(body)

    async def show_cards(self) -> None:
        """Show the current steps: in a stream that has no words yet, or in a new one if the step is
        worth it. Without room for it nothing is shown.
        """
        async with self._showing:
            cards, streams = self.ctx.cards.pending(), self.ctx.conversation.streams
            silent = self._stuck or self._refused or self._not_ours or self.visible
            if silent or not cards or not streams or self._stream.unconfirmed is not None:
                return
            try:
                if self._stream.has_cards_only:
                    if await self.budget.try_acquire(APPEND):
                        await self._stream.append(streams, "", cards)
                elif self._may_open(streams) and await self.budget.try_acquire(START):
                    await self.ctx.status.step_aside()
                    await self.ctx.writer.run.check_lease()
                    if not await self._stream.begin(streams, "", cards):
                        self.ctx.status.step_back()
            except (LeaseLost, SlackDenied):
                raise
            except MechachangError as error:
                self._skip(error)

    def _may_open(self, streams: Streams) -> bool:
        wanted = streams.may_begin and streams.shows_cards and not self._shown.parts
        return wanted and self.ctx.cards.opens and not self.ctx.existing.answers

    def cards_due_in_s(self) -> float | None:
        """Seconds until there may be a step to show; None if not before something changes."""
        opens = self.ctx.cards.opens or self._stream.has_cards_only
        return self.ctx.cards.due_in_s() if opens else None

    async def withdraw(self) -> None:
        """Take the steps away, if no words are below them yet and Slack lets us. Idempotent."""
        async with self._showing:
            edits = self.ctx.conversation.edits
            if edits is not None and self._stream.has_cards_only and not self._stuck:
                try:
                    await self._stream.remove(edits)
                except SlackRefused as refused:
                    # It would refuse it again. The words come below them.
                    log_stays("steps", refused)
            self.ctx.cards.away = False
            self.ctx.status.step_back()

    async def _look_for_stream(self) -> None:
        """Continue the stream that Slack may have begun; the end looks for it again."""
        text, cards = self._stream.unconfirmed or ("", ())
        self._stream.unconfirmed = None
        # Without a look nothing more is shown: it might appear twice.
        self._stuck = True
        if not await self.budget.try_acquire(READ):
            return
        found = await self.ctx.conversation.find(self.ctx.task.task_id)
        self._stuck = False
        await self._stream.adopt(found, text, cards)

    async def _write_on(self, body: Body, settled: str, *, ends: bool) -> bool:
        """Continue the stream; False if the message's current content cannot be streamed."""
        text = first_markdown(body)
        if not self._stream.fits(text):
            await self._stream.end()
            return False
        if ends:
            return await self._stream.end(body)
        more = self._stream.more_of(settled)
        streams = self.ctx.conversation.streams
        if streams and more and await self.budget.try_acquire(APPEND):
            return await self._stream.append(streams, more)
        return True

    async def _edit(self, number: int, body: Body) -> None:
        edits = self.ctx.conversation.edits
        if edits is not None and await self.budget.try_acquire(EDIT):
            await self._shown.edit(edits, number, body)

    async def show_all(self, bodies: Sequence[Body]) -> None:
        """Show every one of ``bodies`` as unfinished parts, before something is put below them."""
        if self._stuck or self._stream.unsettled:
            await self._stream.let_settle()
            self._shown.go_on_from(await find_existing(self.ctx.task.task_id, self.ctx.writer))
        number = len(self._shown.parts)
        if number <= len(bodies) and self._stream.runs(number):
            body = bodies[number - 1]
            await self._stream.end(body if self._stream.fits(first_markdown(body)) else NO_CONTENT)
        await self._stream.end()
        await self._shown.post_all(bodies[number:])

    async def finish(self, bodies: Sequence[Body], whole: Mark) -> ExistingMessages:
        """End what still grows; the existing messages, for ``reconcile`` to make whole.

        A stream with room for the rest of its message becomes that part of the answer by itself.
        """
        number = len(self._shown.parts)
        if number <= len(bodies) and self._stream.runs(number):
            body = bodies[number - 1]
            if self._stream.fits(first_markdown(body)):
                mark = replace(whole, part=number, parts=len(bodies))
                await self._stream.end(body, mark)
        await self._stream.end()
        if self._stuck or self._stream.unsettled:
            await self._stream.let_settle()
            return await find_existing(self.ctx.task.task_id, self.ctx.writer)
        return self._shown.all_messages()
