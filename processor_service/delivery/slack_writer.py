"""The steps of one task that people see: each under the lease, each with patience."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

from processor_service.ports.conversations import Body, Conversation, Posted
from processor_service.resilience.cancellation import CancelToken
from processor_service.resilience.lease import TaskLease
from shared.errors import OutcomeUnknown, SlackUnavailable
from shared.ledger import Mark
from shared.retry import Patience, Retries, with_patience
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_Result = TypeVar("_Result")

_MAY_PASS = (SlackUnavailable, OutcomeUnknown)


@dataclass
class Steps:
    """The lease is checked before each attempt at a visible step. ``doubtful`` is set once another
    worker may have written beside us, or a post of ours may have had an effect we were not told of;
    ``unconfirmed`` in the second case only: Slack may take the post when nobody looks any more.
    ``stop`` says whether the asker wants no more of them.
    """

    lease: TaskLease
    patience: Patience
    doubtful: bool = False
    unconfirmed: bool = False
    stop: CancelToken = field(default_factory=CancelToken)
    _announced: bool = False

    async def read(self, call: Callable[[], Awaitable[_Result]]) -> _Result:
        """The result of a call that nobody sees."""
        return await with_patience(self.patience, _MAY_PASS, call)

    async def show(self, call: Callable[[], Awaitable[_Result]]) -> _Result:
        """The result of an idempotent call that changes what people see."""
        retries = Retries(self.patience)
        while True:
            try:
                if not await self.lease.still_held():
                    self.doubtful = True
                return await call()
            except _MAY_PASS as error:
                if not await retries.again(error):
                    raise

    def not_confirmed(self) -> None:
        """A post may have had an effect, or may have it yet."""
        self.doubtful = self.unconfirmed = True

    async def post_once(self, conversation: Conversation, body: Body, mark: Mark) -> Posted:
        """Post one message, once: an unknown outcome is settled by reading back before a repeat."""
        unsure = False

        async def attempt() -> Posted:
            nonlocal unsure
            if unsure and (standing := await _standing(conversation, mark)):
                log.info("A post of unknown outcome stands in Slack.", action="post_adopted")
                return standing[0]
            try:
                return await conversation.post(body, mark)
            except OutcomeUnknown:
                self.not_confirmed()
                unsure = True
                raise

        posted = await self.show(attempt)
        return await self._only_one(conversation, posted) if await self.may_have_rival() else posted

    async def may_have_rival(self) -> bool:
        """Asked after a post, before the conversation is read for what others wrote.

        Whoever worked without a lease has left word by then, or reads later than we wrote: one of
        the two always sees both.
        """
        if self.doubtful and not self._announced:
            await self.lease.announce_doubt()
            self._announced = True
        self.doubtful = self.doubtful or await self.lease.is_doubted()
        return self.doubtful

    async def _only_one(self, conversation: Conversation, posted: Posted) -> Posted:
        """Where a twin may stand, the earlier message stays: every worker decides alike."""
        twins = await self.read(partial(_standing, conversation, posted.mark))
        for surplus in twins[1:]:
            log.warning("A message stood twice; one is removed.", action="twin_removed")
            await self.show(partial(conversation.remove, surplus))
        return twins[0] if twins else posted


async def _standing(conversation: Conversation, mark: Mark) -> list[Posted]:
    """The messages that carry ``mark``, the earliest first."""
    found = await conversation.find(mark.task_id)
    return sorted((one for one in found if one.mark == mark), key=lambda one: float(one.ts))
