"""Follow-ups in threads that may not be read yet: acked, and decided when there is time.

Slack stops sending events to an app that leaves many unacked, and after a start every busy thread
is unknown at once. Waiting follow-ups are in memory only: no answer was promised yet.
"""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable
from contextvars import Context, copy_context
from dataclasses import dataclass, field

from command_service.envelope.ack_deadline import ack_deadline
from command_service.payloads.model import Question
from command_service.use_cases.submit import HandedBack, SubmitOutcome
from shared.background import Background
from shared.telemetry.log import get_logger

log = get_logger(__name__)

CAPACITY = 200
"""Ten minutes of looks, if no two of them are in the same thread."""
WITHIN_S = 600.0
_PAUSE_S = 5.0


@dataclass(frozen=True)
class _Waiting:
    question: Question
    context: Context
    since: float


@dataclass
class DeferredFollowUps:
    """At most ``CAPACITY`` follow-ups, each for ``WITHIN_S`` seconds, in order.

    ``delay_s`` tells how long until a follow-up's thread may be read. ``settle`` decides it then,
    or drops it if it has waited too long.
    """

    background: Background
    delay_s: Callable[[Question], float]
    settle: Callable[[Question, bool], Awaitable[SubmitOutcome]]
    clock: Callable[[], float]
    sleep: Callable[[float], Awaitable[None]]
    _waiting: deque[_Waiting] = field(default_factory=deque)
    _working: bool = False

    def __len__(self) -> int:
        return len(self._waiting)

    def add(self, question: Question) -> bool:
        """Keep it with its context (its trace); False if there is no room."""
        if len(self._waiting) >= CAPACITY:
            return False
        self._waiting.append(_Waiting(question, copy_context(), self.clock()))
        if not self._working:
            self._working = self.background.start(self._work(), "later-looks")
            if not self._working:
                self._waiting.pop()
        return self._working

    def drop(self, task_id: str) -> None:
        """Forget the follow-up, if it waits: its author has deleted it."""
        for one in [each for each in self._waiting if each.question.task_id == task_id]:
            self._waiting.remove(one)

    async def _work(self) -> None:
        try:
            while self._waiting:
                await self._next(self._waiting[0])
        except asyncio.CancelledError:
            log.warning(
                "Follow-ups were left: the service is closing.",
                action="follow_ups_left",
                number=len(self._waiting),
            )
            raise
        finally:
            self._working = False

    async def _next(self, one: _Waiting) -> None:
        await self.sleep(self.delay_s(one.question))
        if one not in self._waiting:
            return
        self._waiting.popleft()
        late = self.clock() - one.since > WITHIN_S
        outcome = await asyncio.create_task(
            self._settled(one.question, late), name="later-look", context=one.context
        )
        if isinstance(outcome, HandedBack):
            self._waiting.appendleft(one)
            await self.sleep(_PAUSE_S)

    async def _settled(self, question: Question, late: bool) -> SubmitOutcome:
        """The deadline of the envelope that brought it has passed long ago."""
        with ack_deadline():
            return await self.settle(question, late)
