"""One chaos run: start the stack, ask, strike, wait until all is settled, judge."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from processor_service.texts import TRUNCATED
from simulators.provisioning import DEAD_LETTER_PUSH, TASKS_PUSH, DeliveryRules
from simulators.slack import SlackConfig
from simulators.stack import LocalStack
from simulators.stack_config import StackConfig
from tests.chaos.ask import Askers
from tests.chaos.inject import Injector, Span
from tests.chaos.judge import Verdict, judge
from tests.chaos.ledger import Case, Ledger, dead_letters
from tests.chaos.questions import Answers, plan_questions
from tests.chaos.schedule import plan_strikes
from tests.chaos.watch import Watch

SUBSCRIPTIONS: Final = tuple(
    f"projects/local/subscriptions/{name}" for name in (TASKS_PUSH, DEAD_LETTER_PUSH)
)
# A killed worker's lease lasts 15 s: the third of five deliveries comes after it.
DELIVERY: Final = DeliveryRules(ack_deadline_s=75, min_backoff_s=6, max_backoff_s=20)
SETTINGS: Final = {
    "GEMINI_TIMEOUT": "2000",
    "TASK_DEADLINE_SECONDS": "60",
    "USER_REQUESTS_PER_MINUTE": "0",
}
_QUIET_S: Final = 3.0
_SETTLES_WITHIN_S: Final = 180.0


@dataclass(frozen=True)
class Plan:
    """What to run. Equal plans ask the same and order the same faults at the same moments."""

    count: int
    seed: int
    rate: float
    folder: Path


@dataclass(frozen=True)
class Judged:
    """A question, its verdict, when it began and ended, and its way through the simulators."""

    case: Case
    verdict: Verdict
    life: Span
    journey: tuple[str, ...]


@dataclass(frozen=True)
class Result:
    """What a run came to. ``unsettled`` says what was still going on at the end."""

    plan: Plan
    judged: Sequence[Judged]
    spans: dict[str, list[Span]]
    dead_letters: int
    asking_s: float
    total_s: float
    unsettled: str


def stack_config(folder: Path) -> StackConfig:
    """The stack of a chaos run: production's rules with shorter pauses, two processors.

    Slack's limits come as faults; its statuses stay for ever, so that a forgotten one is seen.
    """
    return StackConfig(
        folder=folder,
        settings=SETTINGS,
        processors=2,
        slack=SlackConfig(
            redelivery_delays_s=(1.0, 4.0, 12.0), rate_limits=False, status_lifetime_s=86_400
        ),
        delivery=DELIVERY,
    )


async def run(plan: Plan) -> Result:
    """Run the plan; the services' logs are in its folder afterwards."""
    began = time.monotonic()
    rng = Random(plan.seed)
    questions = plan_questions(plan.count, plan.rate, rng)
    strikes = plan_strikes(plan.count / plan.rate, rng)
    async with LocalStack(stack_config(plan.folder)) as stack:
        watch = Watch(stack.journal)
        answers = Answers()
        stack.gemini.script("Question ", answers)
        askers, injector = Askers(stack), Injector(stack, answers)
        asking_began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as both:
            both.create_task(askers.ask(questions, asking_began), name="chaos:ask")
            both.create_task(injector.run(strikes, asking_began), name="chaos:strike")
        asking_s = asyncio.get_running_loop().time() - asking_began
        unsettled = await settled(stack, watch, askers)
        cases = Ledger(stack, watch, injector).cases(askers.asked)
        return Result(
            plan=plan,
            judged=[_judged(case, watch) for case in cases],
            spans=dict(injector.spans),
            dead_letters=dead_letters(stack),
            asking_s=asking_s,
            total_s=time.monotonic() - began,
            unsettled=unsettled,
        )


async def settled(stack: LocalStack, watch: Watch, askers: Askers) -> str:
    """Wait until nothing is under way any more; what still is at the deadline, or nothing."""
    end = time.monotonic() + _SETTLES_WITHIN_S
    while (what := _under_way(stack, watch, askers)) and time.monotonic() < end:  # noqa: ASYNC110 - what ends is that nothing happens
        await asyncio.sleep(0.25)
    return what


def _under_way(stack: LocalStack, watch: Watch, askers: Askers) -> str:
    ended = [service.name for service in stack.services if not service.is_running]
    if ended:
        return f"not running: {', '.join(ended)}"
    waiting = sum(stack.pubsub.outstanding(name) for name in SUBSCRIPTIONS)
    if waiting:
        return f"{waiting} tasks are not acknowledged"
    given_up = {
        (payload["event"].get("channel"), payload["event"].get("ts"))
        for payload in stack.slack.delivery.undelivered
    }
    unacked = sum(
        one.ts is not None
        and f"message:{one.channel}:{one.ts}" not in watch.acked
        and (one.channel, one.ts) not in given_up
        for one in askers.asked
    )
    if unacked:
        return f"{unacked} events are neither acked nor given up"
    quiet_s = time.time() - watch.quiet_since
    return "" if quiet_s > _QUIET_S else f"the last thing happened {quiet_s:.1f} s ago"


def _judged(case: Case, watch: Watch) -> Judged:
    verdict = judge(case.record, TRUNCATED.values())
    journey = watch.journey(case.keys)
    ended = max([case.asked.at, *(entry.at for entry in journey)])
    told = tuple(
        f"{entry.at - case.asked.at:8.3f}  {entry.actor}/{entry.step}"
        f"  {'' if entry.ms is None else f'{entry.ms:.0f} ms'}  {dict(entry.detail)}"
        for entry in journey
    )
    return Judged(case, verdict, Span(case.asked.at, ended), told)
