"""A total outage of Gemini, and what is left of it: ``python -m tests.measure.outage``.

People ask the local stack, with production's pauses between deliveries, while Gemini fails every
request, and a few more ask when it is back. Then each question has one answer or one notice, the
queue has emptied itself, and nothing old is tried again. Exits with 1 if any of that is not so.
"""

import argparse
import asyncio
import json
import sys
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from deploy.operator_parser import OperatorParser
from processor_service.settings import ProcessorSettings
from simulators.stack.config import StackConfig
from simulators.stack.provisioning import DEAD_LETTER_TOPIC, DeliveryRules
from tests.chaos.judge import Verdict
from tests.chaos.ledger import topic
from tests.chaos.questions import Question, marker_of, plan_questions
from tests.chaos.report import story
from tests.chaos.run import stack_config
from tests.chaos.trial import Judged, Trial, trial
from tests.measure.gemini_down import Outage, failures_in
from tests.measure.outage_verdict import Asked, Outcome, Quiet, pushed, report, violations

_AFTERWARDS: Final = 6
"""How many ask in the first moments after the end, and again in the quiet minute."""
_SOON_S: Final = 30.0
_QUIET_S: Final = 60.0
# A request that began to hang at the very end (55 s), the longest pause of Pub/Sub (60 s) and of a
# circuit breaker (4 s), and an answer.
_EMPTY_WITHIN_S: Final = 150.0
_MODEL: Final[str] = ProcessorSettings.model_fields["gemini_model"].default


@dataclass(frozen=True)
class Plan:
    """What to run. Equal plans ask the same, and Gemini fails in the same spells."""

    seconds: float
    count: int
    seed: int
    folder: Path

    def config(self) -> StackConfig:
        """The stack of a chaos run with production's own pauses, patience and limits of Slack.

        People's own limits are off: their notices would pass for those of the outage.
        """
        base = stack_config(self.folder, DeliveryRules())
        slack = replace(base.slack, rate_limits=True)
        settings = {"USER_REQUESTS_PER_MINUTE": "0", "LOG_FORMAT": "json"}
        return replace(base, settings=settings, slack=slack)


@dataclass(frozen=True)
class _Asking:
    """The questions of the three parts of a run."""

    during: Sequence[Question]
    soon: Sequence[Question]
    quiet: Sequence[Question]

    @classmethod
    def planned(cls, plan: Plan, rng: Random) -> "_Asking":
        return cls(
            plan_questions(plan.count, plan.count / plan.seconds, rng),
            _new_questions(plan.count, _AFTERWARDS / _SOON_S, rng),
            _new_questions(plan.count + _AFTERWARDS, _AFTERWARDS / _SOON_S, rng),
        )


def _new_questions(first: int, rate: float, rng: Random) -> list[Question]:
    """Questions that nobody asked before; their numbers begin with ``first``."""
    return [
        replace(one, number=first + one.number, marker=f"q{first + one.number:04d}")
        for one in plan_questions(_AFTERWARDS, rate, rng)
    ]


async def run(plan: Plan) -> Outcome:
    """Run the plan; the services' logs are in its folder afterwards."""
    rng = Random(plan.seed)
    asking = _Asking.planned(plan, rng)
    async with trial(plan.config()) as running:
        outage = Outage(running.stack.gemini, running.answers, rng)
        async with asyncio.TaskGroup() as both:
            both.create_task(_ask(running, asking.during), name="outage:ask")
            both.create_task(outage.down(plan.seconds), name="outage:down")
        ended = time.monotonic()
        _say(f"Gemini is back after {plan.seconds:.0f} s; {running.waiting()} tasks wait.")
        await _ask(running, asking.soon)
        emptied_after_s = await _emptied(running, ended)
        _say("The quiet minute begins.")
        quiet_since, requests = time.time(), len(running.stack.gemini.requests)
        async with asyncio.TaskGroup() as both:
            both.create_task(_ask(running, asking.quiet), name="outage:ask")
            both.create_task(asyncio.sleep(_QUIET_S), name="outage:quiet")
        unsettled = await running.settled(within_s=_QUIET_S)
        seen = _Seen(running, asking, quiet_since, requests)
        return seen.outcome(emptied_after_s, unsettled)


async def _ask(running: Trial, questions: Sequence[Question]) -> None:
    await running.askers.ask(list(questions), asyncio.get_running_loop().time())


async def _emptied(running: Trial, ended: float) -> float | None:
    """Wait until nothing is to be pushed; how long after ``ended``, None if it takes too long."""
    while (waited_s := time.monotonic() - ended) < _EMPTY_WITHIN_S:
        if not running.waiting():
            return waited_s
        await asyncio.sleep(0.1)
    return None


class _Seen:
    """What a run has left behind, to be counted."""

    def __init__(
        self, running: Trial, asking: _Asking, quiet_since: float, requests_before: int
    ) -> None:
        self._running = running
        self._asking = asking
        self._quiet_since = quiet_since
        self._late_requests = running.stack.gemini.requests[requests_before:]
        self._judged = running.judged()

    def outcome(self, emptied_after_s: float | None, unsettled: str) -> Outcome:
        """The whole of it."""
        asking, letters, noticed = self._asking, self._dead_letters(), self._noticed()
        return Outcome(
            asked=(
                self._asked("during the outage", asking.during, may_fail=True),
                self._asked("right after", asking.soon),
                self._asked("in the quiet minute", asking.quiet),
            ),
            failures=self._failures(),
            emptied_after_s=emptied_after_s,
            empty_within_s=_EMPTY_WITHIN_S,
            dead_letters=len(letters),
            unexplained=sum(key not in noticed for key in letters),
            quiet=self._quiet(),
            model=_MODEL,
            unsettled=unsettled,
            stories=tuple(line for one in self._judged if self._is_bad(one) for line in story(one)),
        )

    def _is_bad(self, one: Judged) -> bool:
        return one.verdict not in {Verdict.ANSWERED, Verdict.NOTICED}

    def _of(self, questions: Sequence[Question]) -> list[Judged]:
        numbers = {question.number for question in questions}
        return [one for one in self._judged if one.case.asked.question.number in numbers]

    def _asked(self, when: str, questions: Sequence[Question], *, may_fail: bool = False) -> Asked:
        verdicts = Counter(one.verdict for one in self._of(questions))
        return Asked(when, len(questions), verdicts, may_fail)

    def _noticed(self) -> set[str]:
        noticed = [one for one in self._judged if one.verdict is Verdict.NOTICED]
        return {key for one in noticed for key in one.case.keys}

    def _dead_letters(self) -> list[str]:
        """The journal's task key of each."""
        messages = self._running.stack.pubsub.messages(topic(DEAD_LETTER_TOPIC))
        return [f"task:{json.loads(message.data)['task_id']}" for message in messages]

    def _failures(self) -> Counter[str]:
        return sum(
            (failures_in(one.log_text().splitlines()) for one in self._running.stack.processors),
            Counter[str](),
        )

    def _quiet(self) -> Quiet:
        asking, entries = self._asking, self._running.watch.entries
        old, new = self._tasks([*asking.during, *asking.soon]), self._tasks(asking.quiet)
        markers = {question.marker for question in asking.quiet}
        of_new = [one for one in self._late_requests if marker_of(one.prompt) in markers]
        return Quiet(
            old_pushes=len(pushed(entries, old, self._quiet_since)),
            # Whatever is not asked for a new question is none that is wanted.
            old_requests=len(self._late_requests) - len(of_new),
            new_refused_pushes=len(
                [
                    push
                    for push in pushed(entries, new, self._quiet_since)
                    if push.detail["status"] != 204
                ]
            ),
            new_models=Counter(one.model for one in of_new),
        )

    def _tasks(self, questions: Sequence[Question]) -> set[str]:
        keys = {key for one in self._of(questions) for key in one.case.keys}
        return {key for key in keys if key.startswith("task:")}


def _say(text: str) -> None:
    sys.stderr.write(f"{text}\n")


def command_line() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = OperatorParser(prog="python -m tests.measure.outage", description=__doc__)
    parser.add_argument("--seconds", type=float, default=600.0, help="how long Gemini is away")
    parser.add_argument("--questions", type=int, default=60, help="asked meanwhile")
    parser.add_argument(
        "--seed", type=int, default=1, help="of everything that is chosen by chance (1)"
    )
    parser.add_argument("--folder", type=Path, default=Path(".run/outage"), help="for the logs")
    return parser


def main() -> int:
    """Run, print, and say by the exit code whether the promise was kept."""
    options = command_line().parse_args()
    folder = options.folder.resolve()
    for log in folder.glob("*.log"):
        log.unlink()
    plan = Plan(options.seconds, options.questions, options.seed, folder)
    outcome = asyncio.run(run(plan))
    sys.stdout.write(
        f"{plan.seconds:.0f} s without Gemini, {plan.count} questions meanwhile, "
        f"seed {plan.seed}\n{report(outcome)}\nthe services' logs are in {folder}\n"
    )
    return 1 if violations(outcome) else 0


if __name__ == "__main__":
    sys.exit(main())
