"""A delay told by a message, where Slack shows no status: one a task, gone before its answer."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, field

from processor_service.delivery.slack_writer import SlackWriter, log_stays
from processor_service.ports.conversations import Body, Posted
from processor_service.ports.limits import EDIT, POST, RateBudget
from shared.errors import MechachangError, OutcomeUnknown, SlackRefused
from shared.ledger import Mark
from shared.slack.blocks import section
from shared.telemetry.log import get_logger

log = get_logger(__name__)


@dataclass
class DelayNote:
    """The message that tells one task's user why the answer is late. ``there``: an earlier worker's
    messages, found by their mark; while ``unsure``, the worker looks for them before it says
    anything.

    Only a worker that holds the task's lease tells anything, so that no two tell it side by side.
    """

    writer: SlackWriter
    task_id: str
    budget: RateBudget
    there: list[Posted] = field(default_factory=list)
    unsure: bool = False
    _said: str = ""
    _over: bool = False
    _one_at_a_time: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def say(self, text: str) -> bool:
        """Make the message say ``text``, unless it has been removed; whether it does.

        A text that Slack does not take is logged, and may be tried again.
        """
        async with self._one_at_a_time:
            if self._over or self.writer.conversation.edits is None:
                return False
            try:
                return text == self._said or await self._say(text)
            except MechachangError as error:
                if isinstance(error, OutcomeUnknown):
                    # A late look finds it, if this worker dies.
                    self.writer.run.not_confirmed()
                    self.unsure = True
                log.info("A delay is not told.", action="delay_not_told", reason=error.reason)
                return False

    async def _say(self, text: str) -> bool:
        await self._look_again()
        lease = self.writer.run.lease
        fits = await self.budget.try_acquire(EDIT if self.there else POST)
        if not fits or not await lease.still_held():
            return False
        body, mark = Body(text, (section(text),)), Mark(self.task_id, "delay")
        edits = self.writer.conversation.edits
        if self.there and edits is not None:
            self.there[0] = await edits.update(self.there[0], body, mark)
        else:
            self.there.append(await self.writer.conversation.post(body, mark))
        self._said = text
        return True

    def told_before(self, delays: Iterable[Posted]) -> None:
        """These messages tell of it."""
        known = {one.ts for one in self.there}
        self.there.extend(one for one in delays if one.ts not in known)
        self.unsure = False

    async def _look_again(self) -> None:
        """Find out what became of a post of unknown outcome."""
        if self.unsure:
            found = await self.writer.conversation.find(self.task_id)
            self.there = [one for one in found if one.mark.role == "delay"]
            self.unsure = False

    async def take_away(self) -> None:
        """Remove the message, and say nothing any more. One attempt, which may be repeated: raises
        as a Conversation does, and LeaseLost.
        """
        self._over = True
        async with self._one_at_a_time:
            await self._look_again()
            edits = self.writer.conversation.edits
            while self.there and edits is not None:
                await self.writer.run.check_lease()
                try:
                    await edits.remove(self.there[0])
                except SlackRefused as refused:
                    # No answer waits for it.
                    log_stays("delay", refused)
                del self.there[0]
