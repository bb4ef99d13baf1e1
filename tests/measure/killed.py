"""A processor is killed with answers in work: ``python -m tests.measure.killed one|only|twice``.

People ask 20 questions a second, each of which takes the model 3 s, so that 60 are in work.

``one``: one of two processors is killed for good; all answers are complete 12 s after it.
``only``: the only one is killed and started again after a second; 15 s.
``twice``: of two, both are killed one after the other and started again; only nothing is given up.

Exits with 1 if that is not so, or if anything but one answer came.
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
from simulators.journal import Entry
from simulators.stack.config import StackConfig
from simulators.stack.provisioning import DEAD_LETTER_TOPIC, DeliveryRules
from simulators.stack.service import Service
from tests.chaos.judge import Verdict
from tests.chaos.ledger import topic
from tests.chaos.questions import Kind, Question, plan_questions
from tests.chaos.run import stack_config
from tests.chaos.trial import Judged, Trial, trial

_BOUND_S: Final = {"one": 12.0, "only": 15.0, "twice": 60.0}
_RATE: Final = 20.0
_ASKING_S: Final = 6.0
_KILLED_AT_S: Final = 5.0
_AGAIN_AFTER_S: Final = 1.0
# The first one's questions are in work at the second one by then.
_SECOND_AFTER_S: Final = 9.0
_SHOWS: Final = frozenset(
    {"chat.postMessage", "chat.update", "chat.appendStream", "chat.stopStream", "response_url"}
)


@dataclass(frozen=True)
class Plan:
    """What to run."""

    what: str
    seed: int
    folder: Path

    def config(self) -> StackConfig:
        """Production's own pauses between deliveries, and its times."""
        base = stack_config(self.folder, DeliveryRules())
        settings = {"USER_REQUESTS_PER_MINUTE": "0", "LOG_FORMAT": "json"}
        return replace(base, settings=settings, processors=1 if self.what == "only" else 2)

    def questions(self) -> list[Question]:
        """Each takes the model three seconds (25 lines), and none waits for another one."""
        planned = plan_questions(int(_RATE * _ASKING_S), _RATE, Random(self.seed))
        kinds: dict[Kind, Kind] = {"thread": "mention", "outside": "command"}
        return [
            replace(one, kind=kinds.get(one.kind, one.kind), marker=f"q{number:04d}", lines=25)
            for number, one in enumerate(planned)
        ]


@dataclass(frozen=True)
class Killing:
    """The moments of the deaths, in Unix seconds."""

    deaths: Sequence[float]

    def late_s(self, running: Trial, one: Judged) -> float | None:
        """How long after the death the answer was complete; None if it was not in work then."""
        shown = [each.at for each in running.watch.journey(one.case.keys) if _shows(each)]
        last = max(shown, default=float("inf"))
        death = self.deaths[0]
        return last - death if one.case.asked.at < death < last else None


def _shows(entry: Entry) -> bool:
    return entry.detail.get("method") in _SHOWS and bool(entry.detail.get("ok"))


async def run(plan: Plan) -> bool:
    """Run the plan and tell; whether the promise was kept."""
    async with trial(plan.config()) as running:
        began = asyncio.get_running_loop().time()
        async with asyncio.TaskGroup() as both:
            both.create_task(running.askers.ask(plan.questions(), began), name="killed:ask")
            killing = both.create_task(_kill(running, plan.what), name="killed:kill")
        unsettled = "" if plan.what != "one" else await _answered(running)
        unsettled = unsettled or await _settled(running, plan.what)
        judged, deaths = running.judged(), killing.result()
        letters = running.stack.pubsub.messages(topic(DEAD_LETTER_TOPIC))
        late = sorted(late for one in judged if (late := deaths.late_s(running, one)) is not None)
        attempts = _attempts(running)
    verdicts = Counter(one.verdict for one in judged)
    sys.stdout.write(
        f"{plan.what}: {len(judged)} questions, {dict(verdicts)}, dead letters {len(letters)}, in "
        f"work at the death {len(late)}\ncomplete after {_spread(late)} s (at most "
        f"{_BOUND_S[plan.what]:g}); deliveries {dict(sorted(attempts.items()))}; unsettled: "
        f"{unsettled or 'nothing'}\n"
    )
    whole = set(verdicts) == {Verdict.ANSWERED} and not letters and not unsettled
    return whole and late[-1] <= _BOUND_S[plan.what]


async def _kill(running: Trial, what: str) -> Killing:
    first, *others = running.stack.processors
    await asyncio.sleep(_KILLED_AT_S)
    deaths = [time.time()]
    await first.kill()
    if what == "one":
        return Killing(deaths)
    async with asyncio.TaskGroup() as starting:
        starting.create_task(_again(first), name="killed:again")
        if what == "twice":
            await asyncio.sleep(_SECOND_AFTER_S)
            deaths.append(time.time())
            await others[0].kill()
            starting.create_task(_again(others[0]), name="killed:again")
    return Killing(deaths)


async def _again(service: Service) -> None:
    await asyncio.sleep(_AGAIN_AFTER_S)
    await service.start()


async def _answered(running: Trial) -> str:
    """Wait for the last acknowledgement while one processor stays dead; what waits at the end."""
    end = time.monotonic() + 180.0
    while (waiting := running.waiting()) and time.monotonic() < end:  # noqa: ASYNC110 - only the broker knows when
        await asyncio.sleep(0.25)
    return f"{waiting} tasks are not acknowledged" if waiting else ""


async def _settled(running: Trial, what: str) -> str:
    if what == "one":
        await running.stack.processors[0].start()
    return await running.settled(quiet_s=5.0)


def _attempts(running: Trial) -> Counter[int]:
    """How many tasks were acknowledged in which delivery."""
    return Counter(
        int(str(each.detail["attempt"]))
        for each in running.watch.entries
        if each.step == "push" and each.detail["status"] == 204
    )


def _spread(late: Sequence[float]) -> str:
    half, most = late[len(late) // 2], late[int(len(late) * 0.95)]
    return f"{half:.1f} (half), {most:.1f} (95 of 100), {late[-1]:.1f} (all)"


def command_line() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = OperatorParser(prog="python -m tests.measure.killed", description=__doc__)
    parser.add_argument("what", choices=[*_BOUND_S], help="which processors")
    parser.add_argument(
        "--seed", type=int, default=1, help="of everything that is chosen by chance (1)"
    )
    parser.add_argument("--folder", type=Path, default=Path(".run/killed"), help="for the logs")
    return parser


def main() -> int:
    """Run, print, and say by the exit code whether the promise was kept."""
    options = command_line().parse_args()
    plan = Plan(options.what, options.seed, options.folder.resolve())
    return 0 if asyncio.run(run(plan)) else 1


if __name__ == "__main__":
    sys.exit(main())
