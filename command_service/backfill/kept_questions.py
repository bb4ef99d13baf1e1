"""Questions that Pub/Sub did not take, and whose users were told that they are kept.

Slack redelivers their events for some six minutes, and Slack's history shows neither when a thread
is old nor when nobody asks again. In memory: a restart's first sweep finds most of them.
"""

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from math import inf
from typing import Final

from command_service.envelope.metrics import publishing
from command_service.ports import TaskQueue
from command_service.use_cases.submit import PUBLISH_WITHIN_S
from shared.background import alongside
from shared.errors import QueueUnavailable
from shared.retry import Retries, RetryPolicy, doubling
from shared.task import Task
from shared.telemetry.log import bound_task, get_logger
from shared.telemetry.metrics import CATCH_UP_QUESTIONS
from shared.telemetry.tracing import trace_context

log = get_logger(__name__)

MOST_KEPT_QUESTIONS: Final = 2_000
"""Of the longest questions these are some 100 MB; a sweep finds what exceeds it."""
KEPT_FOR_S: Final = 24 * 3600.0
_BACK_OFF = doubling(2.0, 15.0)


@dataclass(frozen=True)
class _Kept:
    task: Task
    attributes: Mapping[str, str]
    until: float


@dataclass
class KeptQuestions:
    """``ports.Keeping``: publishes each until Pub/Sub confirms it, for ``KEPT_FOR_S`` s. One
    that Pub/Sub does not take holds up no other.
    """

    queue: TaskQueue
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    clock: Callable[[], float] = time.monotonic
    _waiting: dict[str, _Kept] = field(default_factory=dict)
    _some: asyncio.Event = field(default_factory=asyncio.Event)

    def __len__(self) -> int:
        return len(self._waiting)

    def keep(self, task: Task) -> None:
        """Publish the task once Pub/Sub takes it, unless there are too many."""
        if len(self._waiting) >= MOST_KEPT_QUESTIONS:
            _let_go()
            return
        attributes, until = task.attributes(trace_context()), self.clock() + KEPT_FOR_S
        self._waiting[task.task_id] = _Kept(task, attributes, until)
        self._some.set()

    def drop(self, task_id: str) -> None:
        """Do not publish the task any more."""
        self._waiting.pop(task_id, None)

    async def publish(self) -> None:
        """Publish what is kept, until cancelled."""
        while True:
            await self._some.wait()
            self._some.clear()
            while self._waiting:
                await self._next()

    async def _next(self) -> None:
        retries = Retries(RetryPolicy(inf, self.sleep, back_off=_BACK_OFF))
        await retries.again()
        while self._waiting:
            task_id, kept = next(iter(self._waiting.items()))
            with bound_task(task_id):
                if await self._published(kept):
                    self.drop(task_id)
                    continue
            if self._waiting.pop(task_id, None) is not None:
                self._waiting[task_id] = kept
            await retries.again()

    async def _published(self, kept: _Kept) -> bool:
        """Whether nothing is left to do for it."""
        if self.clock() > kept.until:
            _let_go()
            return True
        try:
            with publishing(kept.task):
                async with asyncio.timeout(PUBLISH_WITHIN_S):
                    await self.queue.publish(kept.task, kept.attributes)
        except (QueueUnavailable, TimeoutError):
            return False
        CATCH_UP_QUESTIONS.add()
        log.info("A kept question was accepted.", action="kept_accepted")
        return True


def _let_go() -> None:
    log.error("A question that was to be kept is not any more.", action="kept_lost")


@asynccontextmanager
async def keeping(queue: TaskQueue) -> AsyncIterator[KeptQuestions]:
    """Questions are kept, and published, while the body runs."""
    kept = KeptQuestions(queue)
    async with alongside(kept.publish(), "kept"):
        yield kept
    if kept:
        log.warning("Kept questions are left to Slack.", action="kept_left", number=len(kept))
