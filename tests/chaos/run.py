"""One chaos run: start the stack, ask, strike, wait until all is settled, judge."""

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Final

from simulators.slack import SlackConfig
from simulators.stack.config import StackConfig
from simulators.stack.provisioning import DeliveryRules
from tests.chaos.inject import Span
from tests.chaos.ledger import Unmarked, dead_letters
from tests.chaos.questions import plan_questions
from tests.chaos.schedule import plan_strikes
from tests.chaos.trial import Judged, trial

DELIVERY: Final = DeliveryRules(ack_deadline_s=75, max_backoff_s=20)
SETTINGS: Final = {
    "GEMINI_TIMEOUT": "2000",
    "TASK_DEADLINE_SECONDS": "60",
    "USER_REQUESTS_PER_MINUTE": "0",
    # On a busy machine many wait in the few threads of a run: each shall get an answer of its own.
    "MAX_WAITING_IN_THREAD": "10000",
}


@dataclass(frozen=True)
class Plan:
    """What to run. Equal plans ask the same and order the same faults at the same moments."""

    count: int
    seed: int
    rate: float
    folder: Path


@dataclass(frozen=True)
class Result:
    """What a run came to. ``unsettled`` says what was still going on at the end,
    ``tidied_s`` how long something stood too much after that.
    """

    plan: Plan
    judged: Sequence[Judged]
    unmarked: Sequence[Unmarked]
    spans: dict[str, list[Span]]
    dead_letters: int
    asking_s: float
    total_s: float
    unsettled: str
    tidied_s: float


def stack_config(folder: Path, delivery: DeliveryRules = DELIVERY) -> StackConfig:
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
        delivery=delivery,
    )


async def run(plan: Plan) -> Result:
    """Run the plan; the services' logs are in its folder afterwards."""
    began = time.monotonic()
    rng = Random(plan.seed)
    questions = plan_questions(plan.count, plan.rate, rng)
    strikes = plan_strikes(plan.count / plan.rate, rng)
    async with trial(stack_config(plan.folder)) as running:
        asking_began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as both:
            both.create_task(running.askers.ask(questions, asking_began), name="chaos:ask")
            both.create_task(running.injector.run(strikes, asking_began), name="chaos:strike")
        asking_s = asyncio.get_running_loop().time() - asking_began
        unsettled = await running.settled()
        tidied_s = await running.tidied()
        return Result(
            plan=plan,
            judged=running.judged(),
            unmarked=running.unmarked(),
            spans=dict(running.injector.spans),
            dead_letters=dead_letters(running.stack),
            asking_s=asking_s,
            total_s=time.monotonic() - began,
            unsettled=unsettled,
            tidied_s=tidied_s,
        )
