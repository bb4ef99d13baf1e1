"""Gemini stumbles, or is away for a minute: ``python -m tests.measure.hiccup 429|503|none|down``.

In a burst each question's first call gets 429 (RetryInfo 1 s) or 503: every question is answered
within 6 s of its model's own time; ``none`` is the same burst without a failure, for what the
machine itself adds. Down, Gemini fails every call for a minute, by 503 and by
refusing connections: every question is answered within 15 s of its return. Exits with 1 if that is
not so, or if anything but one answer came.
"""

import argparse
import asyncio
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from deploy.operator_parser import OperatorParser
from simulators.gemini import ErrorReply, Reply
from simulators.stack.config import StackConfig
from simulators.stack.provisioning import DEAD_LETTER_TOPIC, DeliveryRules
from tests.chaos.judge import Verdict
from tests.chaos.ledger import topic
from tests.chaos.questions import Answers, Kind, Question, marker_of, plan_questions
from tests.chaos.run import stack_config
from tests.chaos.trial import Judged, Trial, trial
from tests.measure.gemini_down import Outage

_FIRST: Final = {"429": ErrorReply(429, retry_delay_s=1.0), "503": ErrorReply(503), "none": None}
_BURST_WITHIN_S: Final = 6.0
_BACK_WITHIN_S: Final = 15.0
_FAILURES: Final = (Reply(error=ErrorReply(503)),)


@dataclass(frozen=True)
class Plan:
    """What to run."""

    what: str
    seconds: float
    rate: float
    seed: int
    folder: Path

    def config(self) -> StackConfig:
        """Two processors, with production's own pauses between deliveries."""
        base = stack_config(self.folder, DeliveryRules())
        settings = {"USER_REQUESTS_PER_MINUTE": "0", "LOG_FORMAT": "json"}
        return replace(base, settings=settings)

    def questions(self) -> list[Question]:
        """None waits for another one: no equal ones, and none in the same thread."""
        planned = plan_questions(int(self.seconds * self.rate), self.rate, Random(self.seed))
        kinds: dict[Kind, Kind] = {"thread": "mention", "outside": "command"}
        return [
            replace(one, kind=kinds.get(one.kind, one.kind), marker=f"q{number:04d}", lines=6)
            for number, one in enumerate(planned)
        ]


class Stumbling:
    """Answers as ``answers`` does, but for the first call of each question."""

    def __init__(self, first: ErrorReply | None, answers: Answers) -> None:
        self._first = first
        self._answers = answers
        self._asked = set[str | None]()

    def __call__(self, prompt: str) -> Reply:
        """The reply to a prompt."""
        marker = marker_of(prompt)
        if self._first is None or marker in self._asked:
            return self._answers(prompt)
        self._asked.add(marker)
        return Reply(error=self._first)


async def run(plan: Plan) -> bool:
    """Run the plan and tell; whether the promise was kept."""
    async with trial(plan.config()) as running:
        back_at = await (_down(running, plan) if plan.what == "down" else _burst(running, plan))
        unsettled = await running.settled(quiet_s=5.0)
        judged = running.judged()
        letters = running.stack.pubsub.messages(topic(DEAD_LETTER_TOPIC))
        late = sorted(_late_s(running, one, back_at) for one in judged)
        models = Counter(request.model for request in running.stack.gemini.requests)
    verdicts = Counter(one.verdict for one in judged)
    bound_s = _BURST_WITHIN_S if back_at is None else _BACK_WITHIN_S
    sys.stdout.write(
        f"{plan.what}: {len(judged)} questions at {plan.rate:g}/s, {dict(verdicts)}, dead letters "
        f"{len(letters)}\nlate by {_spread(late)} s (at most {bound_s:g}); requests "
        f"{dict(models)}; unsettled: {unsettled or 'nothing'}\n"
    )
    whole = set(verdicts) == {Verdict.ANSWERED} and not letters and not unsettled
    return whole and late[-1] <= bound_s


async def _burst(running: Trial, plan: Plan) -> None:
    running.stack.gemini.script("", Stumbling(_FIRST[plan.what], running.answers))
    await running.askers.ask(plan.questions(), asyncio.get_running_loop().time())


async def _down(running: Trial, plan: Plan) -> float:
    outage = Outage(running.stack.gemini, running.answers, Random(plan.seed), _FAILURES)
    async with asyncio.TaskGroup() as both:
        began = asyncio.get_running_loop().time()
        both.create_task(running.askers.ask(plan.questions(), began), name="hiccup:ask")
        both.create_task(outage.down(plan.seconds), name="hiccup:down")
    return time.time()


def _late_s(running: Trial, one: Judged, back_at: float | None) -> float:
    """How long after the model's own time, or after its return, the delivery was over."""
    journey = running.watch.journey(one.case.keys)
    over = max(
        (each.at for each in journey if each.step == "push" and each.detail["status"] == 204),
        default=float("inf"),
    )
    if back_at is not None:
        return over - max(back_at, one.case.asked.at)
    model_s = max((each.ms or 0.0 for each in journey if each.step == "done"), default=0.0) / 1000
    return over - one.case.asked.at - model_s


def _spread(late: Sequence[float]) -> str:
    half, most = late[len(late) // 2], late[int(len(late) * 0.95)]
    return f"{half:.1f} (half), {most:.1f} (95 of 100), {late[-1]:.1f} (all)"


def command_line() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = OperatorParser(prog="python -m tests.measure.hiccup", description=__doc__)
    parser.add_argument("what", choices=[*_FIRST, "down"], help="what Gemini does")
    parser.add_argument("--seconds", type=float, default=None, help="10, or 60 when it is down")
    parser.add_argument(
        "--rate", type=float, default=None, help="20 a second, or 2 when it is down"
    )
    parser.add_argument(
        "--seed", type=int, default=1, help="of everything that is chosen by chance (1)"
    )
    parser.add_argument("--folder", type=Path, default=Path(".run/hiccup"), help="for the logs")
    return parser


def main() -> int:
    """Run, print, and say by the exit code whether the promise was kept."""
    options = command_line().parse_args()
    down = options.what == "down"
    seconds, rate = (
        options.seconds or (60.0 if down else 10.0),
        options.rate or (2.0 if down else 20.0),
    )
    plan = Plan(options.what, seconds, rate, options.seed, options.folder.resolve())
    return 0 if asyncio.run(run(plan)) else 1


if __name__ == "__main__":
    sys.exit(main())
