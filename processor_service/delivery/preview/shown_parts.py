"""The messages of an answer that is still being written, as far as they are in Slack."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from processor_service.delivery.context import AnswerContext
from processor_service.delivery.reconcile import ExistingMessages
from processor_service.ports.conversations import Body, Edits, Posted
from shared.errors import OutcomeUnknown
from shared.ledger import Mark, growing_mark

NO_CONTENT = Body("")


@dataclass
class Part:
    """One message of the answer, and its content; unknown for a running stream."""

    posted: Posted
    body: Body = NO_CONTENT


@dataclass
class ShownParts:
    """``parts`` are in order, and ``existing`` what an earlier worker, or a look, has left there.
    ``ways`` are those in which words have become visible.

    Every message is an unfinished part. Before words the task cards end, a status makes way, and
    the lease is checked.
    """

    ctx: AnswerContext
    ways: set[str]
    existing: ExistingMessages = field(init=False)
    parts: list[Part] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.go_on_from(self.ctx.existing)

    def go_on_from(self, existing: ExistingMessages) -> None:
        """Take these for the messages so far, up to the first part that is missing."""
        self.existing = existing
        parts = {one.mark.part: one for one in reversed(existing.answers)}
        self.parts.clear()
        for number in range(1, len(parts) + 1):
            if number not in parts:
                break
            self.parts.append(Part(parts[number]))

    def all_messages(self) -> ExistingMessages:
        """The messages so far, and what else there was."""
        shown = [part.posted for part in self.parts]
        known = {one.ts for one in shown}
        # Further parts, and doubles of two earlier workers.
        beyond = [one for one in self.existing.answers if one.ts not in known]
        return ExistingMessages((*shown, *beyond, *self.existing.notices, *self.existing.files))

    @property
    def visible(self) -> bool:
        """Whether words of this answer are visible in Slack."""
        return bool(self.ways)

    def holds(self, number: int, body: Body) -> bool:
        """Whether this message is there, and shows ``body``."""
        return number <= len(self.parts) and self.parts[number - 1].body == body

    def mark(self, number: int) -> Mark:
        """The mark of an unfinished part."""
        return growing_mark(self.ctx.task.task_id, number)

    async def edit(self, edits: Edits, number: int, body: Body) -> None:
        """Make a message show ``body``."""
        await self.ctx.writer.run.check_lease()
        part, mark = self.parts[number - 1], self.mark(number)
        part.posted = await edits.update(part.posted, body, mark)
        part.body = body
        self.words_are_there("edit")

    async def post(self, body: Body) -> None:
        """Post the next message, and try that once only."""
        await self.before_words()
        mark = self.mark(len(self.parts) + 1)
        try:
            posted = await self.ctx.conversation.post(body, mark)
        except OutcomeUnknown:
            self.ctx.writer.run.not_confirmed()
            raise
        self.parts.append(Part(posted, body))
        self.ctx.cards.leave()
        await self.words_came("edit")

    async def post_all(self, bodies: Sequence[Body]) -> None:
        """Post these behind the others, as the end does: each once, until Slack takes it."""
        for body in bodies:
            mark = self.mark(len(self.parts) + 1)
            posted = await self.ctx.writer.post(body, mark)
            self.parts.append(Part(posted, body))

    async def before_words(self) -> None:
        """Called before a step that may show the first words."""
        self.ctx.cards.words()
        if not self.visible:
            await self.ctx.status.make_way()
        await self.ctx.writer.run.check_lease()

    async def words_came(self, way: str) -> None:
        """Called after a step that began to show words."""
        self.words_are_there(way)
        await self.ctx.writer.run.may_have_concurrent_worker()

    def words_are_there(self, way: str) -> None:
        """Called after a step that showed words."""
        self.ways.add(way)
        self.ctx.status.over()
