"""The stack with people who ask in it, and the verdict on each of their questions."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from processor_service.texts.answers import TRUNCATED
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from simulators.stack.provisioning import DEAD_LETTER_PUSH, TASKS_PUSH
from tests.chaos.ask import Askers
from tests.chaos.inject import Injector, Span
from tests.chaos.judge import Verdict, judge
from tests.chaos.ledger import Case, Ledger, Unmarked
from tests.chaos.questions import Answers
from tests.chaos.watch import Watch

_SUBSCRIPTIONS: Final = tuple(
    f"projects/local/subscriptions/{name}" for name in (TASKS_PUSH, DEAD_LETTER_PUSH)
)
_SETTLES_WITHIN_S: Final = 180.0
# The last late look of a worker comes 275 s after a task, and waits for its place among others.
_TIDIED_WITHIN_S: Final = 330.0


@dataclass(frozen=True)
class Judged:
    """A question, its verdict, when it began and ended, and its way through the simulators."""

    case: Case
    verdict: Verdict
    life: Span
    journey: tuple[str, ...]


@dataclass(frozen=True)
class Trial:
    """A running stack: ``askers`` ask in it, ``injector`` breaks it, ``watch`` sees it all."""

    stack: LocalStack
    watch: Watch
    answers: Answers
    askers: Askers
    injector: Injector

    async def settled(self, *, quiet_s: float = 8.0, within_s: float = _SETTLES_WITHIN_S) -> str:
        """Wait until nothing happened for ``quiet_s``; what still goes on at the end, or ""."""
        end = time.monotonic() + within_s
        while (what := self._under_way(quiet_s)) and time.monotonic() < end:  # noqa: ASYNC110 - it ends when nothing happens
            await asyncio.sleep(0.25)
        return what

    async def tidied(self, within_s: float = _TIDIED_WITHIN_S) -> float:
        """Wait while a late look may still remove what stands too much; the seconds it took."""
        began = time.monotonic()
        while self._surplus() and time.monotonic() - began < within_s:  # noqa: ASYNC110 - only reading tells
            await asyncio.sleep(5.0)
        return time.monotonic() - began

    def _surplus(self) -> bool:
        doubled = (Verdict.DOUBLED, Verdict.HALF_FINISHED, Verdict.STUCK)
        return bool(self.unmarked()) or any(one.verdict in doubled for one in self.judged())

    def waiting(self) -> int:
        """How many tasks and dead letters are still to be pushed, or pushed again."""
        return sum(self.stack.pubsub.outstanding(name) for name in _SUBSCRIPTIONS)

    def _under_way(self, quiet_s: float) -> str:
        ended = [service.name for service in self.stack.services if not service.is_running]
        if ended:
            return f"not running: {', '.join(ended)}"
        if waiting := self.waiting():
            return f"{waiting} tasks are not acknowledged"
        if unacked := self._unacked():
            return f"{unacked} events are neither acked nor given up"
        rest_s = time.time() - self.watch.quiet_since
        return "" if rest_s > quiet_s else f"the last thing happened {rest_s:.1f} s ago"

    def _unacked(self) -> int:
        given_up = {
            f"message:{payload['event'].get('channel')}:{payload['event'].get('ts')}"
            for payload in self.stack.slack.delivery.undelivered
        }
        asked = {f"message:{one.channel}:{one.ts}" for one in self.askers.asked if one.ts}
        return len(asked - given_up - self.watch.acked)

    def judged(self) -> Sequence[Judged]:
        """The verdict on every question that was asked."""
        return [self._judged(case) for case in self._ledger().cases(self.askers.asked)]

    def unmarked(self) -> Sequence[Unmarked]:
        """The messages of ours that belong to no task."""
        return self._ledger().unmarked

    def _ledger(self) -> Ledger:
        return Ledger(self.stack, self.watch, self.injector)

    def _judged(self, case: Case) -> Judged:
        verdict = judge(case.record, TRUNCATED.values())
        journey = self.watch.journey(case.keys)
        ended = max([case.asked.at, *(entry.at for entry in journey)])
        told = tuple(
            f"{entry.at - case.asked.at:8.3f}  {entry.actor}/{entry.step}"
            f"  {'' if entry.ms is None else f'{entry.ms:.0f} ms'}  {dict(entry.detail)}"
            for entry in journey
        )
        return Judged(case, verdict, Span(case.asked.at, ended), told)


@asynccontextmanager
async def trial(config: StackConfig) -> AsyncIterator[Trial]:
    """The stack, its people and the answering model, as long as the block runs."""
    async with LocalStack(config) as stack:
        watch, answers = Watch(stack.journal), Answers()
        stack.gemini.script("Question ", answers)
        yield Trial(stack, watch, answers, Askers(stack), Injector(stack, answers))
