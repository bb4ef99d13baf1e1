"""The stream in the last message of an answer that is still being written."""

import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from processor_service.delivery.context import AnswerContext
from processor_service.delivery.preview.shown_parts import NO_CONTENT, Part, ShownParts
from processor_service.ports.conversations import Body, Edits, Posted, Streams, TaskCard
from processor_service.rendering.incremental import first_markdown
from shared.errors import UNSHOWABLE, OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.ledger import Mark
from shared.retry import SETTLES_S
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# A streamed message holds some 10,600 bytes in all (measured by others, undocumented).
STREAM_BYTES = 10_000
# Slack ends a stream about five minutes after it began, whatever is appended.
STREAM_LIFE_S = 240.0
STOPPED_BY_USER = "stopped_by_user"


@dataclass
class RunningStream:
    """The stream in the last of the ``shown`` parts, below its task cards; one stream at a time.

    Each step is tried once; only an end is retried. ``unconfirmed`` are the words and cards of a
    start that Slack did not confirm, until it is looked for; it is ``unsettled`` unless it was
    found. Text of unknown outcome ends what is known of a stream: it runs no more for us.
    """

    shown: ShownParts
    clock: Callable[[], float] = time.monotonic
    unconfirmed: tuple[str, tuple[TaskCard, ...]] | None = None
    unsettled: bool = False
    _streamed: str | None = None
    _began: float = 0.0

    @property
    def _ctx(self) -> AnswerContext:
        return self.shown.ctx

    def runs(self, number: int) -> bool:
        """Whether our stream runs in this message, which then is the last."""
        parts = self.shown.parts
        last = 0 < number == len(parts)
        return last and parts[-1].posted.live and self._streamed is not None

    @property
    def has_cards_only(self) -> bool:
        """Whether it runs in the answer's first message, and has no words yet."""
        return len(self.shown.parts) == 1 and self.runs(1) and not self._streamed

    def fits(self, text: str) -> bool:
        """Whether the stream can go on until its message is ``text``."""
        beside = self._ctx.cards.weight if len(self.shown.parts) == 1 else 0
        return (
            bool(text)
            and text.startswith(self._streamed or "")
            and len(text.encode()) + beside <= STREAM_BYTES
            and self.clock() - self._began < STREAM_LIFE_S
        )

    def more_of(self, settled: str) -> str:
        """The rest of ``settled`` behind the streamed words; "" if it begins with others."""
        streamed = self._streamed or ""
        return settled[len(streamed) :] if settled.startswith(streamed) else ""

    async def begin(self, streams: Streams, text: str, cards: tuple[TaskCard, ...]) -> bool:
        """Begin a stream; False if Slack did not."""
        updates = tuple(map(self._ctx.cards.update_of, cards))
        try:
            posted = await streams.start_stream(self._ctx.task.task_id, text, updates)
        except OutcomeUnknown as error:
            log.info("A stream may have begun.", action="stream_doubtful", reason=error.reason)
            self._ctx.writer.run.not_confirmed()
            self.unsettled = True
            self.unconfirmed, self._began = (text, cards), self.clock()
        except (SlackRefused, SlackUnavailable) as error:
            log.info("A stream could not begin.", action="stream_not_begun", reason=error.reason)
            return False
        else:
            await self._go_on_in(posted, text, cards if posted.with_cards else ())
        return True

    async def adopt(self, found: Iterable[Posted], text: str, cards: tuple[TaskCard, ...]) -> None:
        """Continue the stream that Slack may have begun with these, if it is among ``found``."""
        known = {part.posted.ts for part in self.shown.parts}
        for one in found:
            if one.live and one.ts not in known:
                self.unsettled = False
                log.info("A stream had begun.", action="stream_adopted")
                await self._go_on_in(one, text, cards)
                return

    async def _go_on_in(self, stream: Posted, text: str, cards: tuple[TaskCard, ...] = ()) -> None:
        number = len(self.shown.parts) + 1
        shown = replace(stream, mark=self.shown.mark(number), with_cards=bool(cards))
        self.shown.parts.append(Part(shown))
        self._streamed, self._began = text, self.clock()
        self._ctx.cards.took(cards)
        if text:
            await self.shown.words_came("stream")

    async def append(
        self, streams: Streams, more: str, cards: tuple[TaskCard, ...] | None = None
    ) -> bool:
        """False if Slack takes no more in this stream, which is over then."""
        if more:
            await self.shown.before_words()
        else:
            await self._ctx.writer.run.check_lease()
        cards = self._cards_here() if cards is None else cards
        try:
            updates = tuple(map(self._ctx.cards.update_of, cards))
            await streams.append_stream(self.shown.parts[-1].posted, more, updates)
        except SlackRefused as refused:
            if refused.slack_error == STOPPED_BY_USER:
                raise
            await self.end()
            return False
        except OutcomeUnknown:
            # The stream's content is not known any more: nothing can be added to it.
            self._streamed = None
            raise
        self._streamed = (self._streamed or "") + more
        self._ctx.cards.took(cards)
        if more and not self.shown.visible:
            await self.shown.words_came("stream")
        return True

    def _cards_here(self) -> tuple[TaskCard, ...]:
        """The cards that changed, if they are in the message that grows now."""
        parts = self.shown.parts
        first = len(parts) == 1 and parts[0].posted.with_cards
        return self._ctx.cards.pending() if first else ()

    async def end(self, body: Body = NO_CONTENT, mark: Mark | None = None) -> bool:
        """End the running stream, if any, so that its message shows ``body``.

        Without a ``mark`` it stays an unfinished part, without a ``body`` it keeps its content.
        False if it had ended by itself. If it may run on, for all that is known, nothing more is
        streamed into it, and whatever changes its message ends it first.
        """
        parts = self.shown.parts
        if not (parts and parts[-1].posted.live):
            return True
        live, growing = parts[-1].posted, self.shown.mark(len(parts))
        rest = first_markdown(body)[len(self._streamed or "") :]
        self._streamed = None
        below = Body("", body.blocks[1:])
        if mark is None:
            self._ctx.cards.words()
        else:
            self._ctx.cards.finish()
        cards = tuple(map(self._ctx.cards.update_of, self._cards_here()))
        try:
            ended = await self._ctx.writer.end_stream(live, rest, below, mark or growing, cards)
            parts[-1].posted = ended
            self._ctx.cards.leave()
        except SlackRefused as refused:
            if refused.reason == UNSHOWABLE:
                # It still runs. What Slack refuses at its end may work as an edit.
                await self._end_as_it_is(live)
            else:
                parts[-1].posted = replace(live, mark=growing, live=False)
            log.info("A stream is over.", action="stream_over", slack_error=refused.slack_error)
            return False
        parts[-1].body = body
        if rest and not self.shown.visible:
            self.shown.words_are_there("stream")
        return True

    async def _end_as_it_is(self, live: Posted) -> None:
        """End a stream with nothing but its mark; it runs on if Slack refuses even that."""
        parts = self.shown.parts
        mark = self.shown.mark(len(parts))
        try:
            parts[-1].posted = await self._ctx.writer.end_stream(live, "", NO_CONTENT, mark)
        except SlackRefused as refused:
            running = refused.reason == UNSHOWABLE
            parts[-1].posted = replace(live, mark=mark, live=running)

    async def remove(self, edits: Edits) -> None:
        """Remove a stream that has cards alone: they may be shown again in another one."""
        await self._ctx.writer.run.check_lease()
        await edits.remove(self.shown.parts[0].posted)
        self.shown.parts.clear()
        self._streamed = None
        self._ctx.cards.forget()

    async def let_settle(self) -> None:
        """Slack may still be busy with a start whose connection broke a moment ago."""
        rest_s = self._began + SETTLES_S - self.clock()
        if self.unconfirmed is not None and rest_s > 0:
            await self._ctx.writer.run.patience.sleep(rest_s)
