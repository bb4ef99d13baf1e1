"""``python -m tests.drills.outages``: a vendor is away, and no process of ours restarts for it.

Slack, Gemini, its primary model and Redis go away one after the other, each for ``--seconds``.
Meanwhile each service is asked, once a second, what Cloud Run's liveness probe asks (its path and
time limit are read from the service files), and people go on asking wherever Slack takes it. Exit
code 0 if every probe passed, no process ended, and each question has exactly one answer.
"""

import argparse
import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import yaml

from deploy.operator_parser import OperatorParser
from shared.ledger import Mark
from simulators.faults import Fault
from simulators.processes.environment import PROJECT_ROOT
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from simulators.stack.service import Service

UNLIMITED: Final = {"USER_REQUESTS_PER_MINUTE": "0"}
"""One person asks for all."""
PRIMARY: Final = "gemini-3.8-flash"
_ASK_EVERY_S: Final = 3.0
# A longer outage has longer pauses: what waits in the end has to fit into Slack's limits, one post
# a second to a channel and 20 to 50 calls a minute of what an answer needs.
_QUESTIONS: Final = 60
_ANSWER_S: Final = 6.0
_PROBE_EVERY_S: Final = 1.0
# The longest back-off of a delivery and of a socket, and what is asked meanwhile.
_ANSWERED_WITHIN_S: Final = 100.0
_HEARD_WITHIN_S: Final = 40.0


@asynccontextmanager
async def slack_away(stack: LocalStack) -> AsyncIterator[None]:
    """No call is answered, and no socket is left or opened."""
    stack.faults.add("slack", "*", Fault("drop_before"), times=-1)
    stack.faults.add("socket", "connect", Fault("drop_before"), times=-1)
    stack.slack.sockets.cut()
    yield
    stack.faults.clear()


@asynccontextmanager
async def gemini_away(stack: LocalStack) -> AsyncIterator[None]:
    """Nothing listens at Gemini's address."""
    await stack.gemini.pause()
    yield
    await stack.gemini.resume()


@asynccontextmanager
async def model_removed(stack: LocalStack) -> AsyncIterator[None]:
    """The primary model is gone; the fallback is there."""
    gone = Fault("error", status=404, error="NOT_FOUND")
    stack.faults.add("gemini", f"*{PRIMARY}*", gone, times=-1)
    yield
    stack.faults.clear()


@asynccontextmanager
async def redis_away(stack: LocalStack) -> AsyncIterator[None]:
    """Redis is killed, and comes back empty."""
    await stack.redis.kill()
    yield
    await stack.redis.start()


OUTAGES: Final[dict[str, Callable[[LocalStack], AbstractAsyncContextManager[None]]]] = {
    "slack": slack_away,
    "gemini": gemini_away,
    "model": model_removed,
    "redis": redis_away,
}


@dataclass
class Verdict:
    """What one outage came to; ``faults`` is empty if all is well."""

    outage: str
    probes: int = 0
    asked: list[str] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Probe:
    """Cloud Run's liveness probe of one service."""

    service: Service
    path: str
    timeout_s: float

    async def passes(self, http: aiohttp.ClientSession) -> str | None:
        """None if the service is alive, else what its probe saw."""
        limit = aiohttp.ClientTimeout(total=self.timeout_s)
        try:
            async with http.get(f"{self.service.url}{self.path}", timeout=limit) as response:
                return None if response.status == 200 else f"answered {response.status}"
        except (aiohttp.ClientError, TimeoutError) as error:
            return type(error).__name__


def probes(stack: LocalStack) -> list[Probe]:
    """What the service files have Cloud Run ask each running process."""
    return [
        _probe(stack.command, "command-service"),
        *(_probe(one, "processor-service") for one in stack.processors),
    ]


def _probe(service: Service, name: str) -> Probe:
    written: dict[str, Any] = yaml.safe_load(
        (PROJECT_ROOT / "deploy" / f"{name}.yaml").read_text(encoding="utf-8")
    )
    [container] = written["spec"]["template"]["spec"]["containers"]
    liveness = container["livenessProbe"]
    return Probe(service, liveness["httpGet"]["path"], float(liveness["timeoutSeconds"]))


async def outage(stack: LocalStack, name: str, seconds: float) -> Verdict:
    """One outage of ``seconds``, and whether everything is answered once after it."""
    verdict = Verdict(name)
    before = [service.pid for service in stack.services]
    watching = asyncio.create_task(_watch(stack, verdict))
    try:
        async with OUTAGES[name](stack):
            await _ask(stack, verdict, seconds, heard=name != "slack")
        # Slack repeats an event that no socket took only a minute later.
        await stack.slack.wait_for(lambda: stack.slack.sockets.sockets, _HEARD_WITHIN_S)
        await _ask(stack, verdict, _ASK_EVERY_S, heard=True)
        await _answered(stack, verdict)
    finally:
        watching.cancel()
    if [service.pid for service in stack.services] != before:
        verdict.faults.append("a process ended")
    return verdict


async def _watch(stack: LocalStack, verdict: Verdict) -> None:
    async with aiohttp.ClientSession() as http:
        while True:
            for probe in probes(stack):
                verdict.probes += 1
                if (seen := await probe.passes(http)) is not None:
                    verdict.faults.append(f"the probe of {probe.service.name} {seen}")
            await asyncio.sleep(_PROBE_EVERY_S)


async def _ask(stack: LocalStack, verdict: Verdict, seconds: float, *, heard: bool) -> None:
    until = asyncio.get_running_loop().time() + seconds
    pause_s = max(_ASK_EVERY_S, seconds / _QUESTIONS)
    while (left_s := until - asyncio.get_running_loop().time()) > 0:
        if heard:
            words = f"@mechachang What is {verdict.outage} number {len(verdict.asked)}?"
            verdict.asked.append(stack.slack.people.post("alice", "#general", words).ts)
        await asyncio.sleep(min(pause_s, left_s))


async def _answered(stack: LocalStack, verdict: Verdict) -> None:
    """Wait until each question has an answer, and see that none has more than that."""
    within_s = _ANSWERED_WITHIN_S + _ANSWER_S * len(verdict.asked)
    with suppress(TimeoutError):
        await stack.slack.wait_for(
            lambda: all(_roles(stack, ts)["answer"] for ts in verdict.asked), within_s
        )
    for ts in verdict.asked:
        roles = _roles(stack, ts)
        if roles != {"answer": 1}:
            verdict.faults.append(f"question {ts} has {dict(roles) or 'nothing'}")


def _roles(stack: LocalStack, ts: str) -> Counter[str]:
    """What stands in the thread, by role; an answer counts once it is whole."""
    marks = map(Mark.of_message, stack.slack.messages("#general", thread_ts=ts))
    return Counter(
        mark.role for mark in marks if mark is not None and (mark.role != "answer" or mark.parts)
    )


def report(verdict: Verdict) -> str:
    """One line, and one for each fault."""
    held = "FAILED" if verdict.faults else "HELD"
    line = f"{verdict.outage:7} {len(verdict.asked):4} asked, {verdict.probes:5} probes: {held}\n"
    return line + "".join(f"  {fault}\n" for fault in verdict.faults[:20])


async def _run(names: list[str], seconds: float, folder: Path) -> int:
    failed = False
    async with LocalStack(StackConfig(folder=folder, settings=UNLIMITED)) as stack:
        for name in names:
            verdict = await outage(stack, name, seconds)
            sys.stdout.write(report(verdict))
            sys.stdout.flush()
            failed = failed or bool(verdict.faults)
    return 1 if failed else 0


def command_line() -> argparse.ArgumentParser:
    """What may be asked for."""
    parser = OperatorParser(prog="python -m tests.drills.outages", description=__doc__)
    parser.add_argument("outages", nargs="*", choices=[*OUTAGES, []], help="which ones (all)")
    parser.add_argument("--seconds", type=float, default=600.0, help="how long each lasts (600)")
    return parser


def main() -> int:
    """Let each vendor go away, print, and say by the exit code whether all held."""
    options = command_line().parse_args()
    with tempfile.TemporaryDirectory() as folder:
        return asyncio.run(_run(options.outages or [*OUTAGES], options.seconds, Path(folder)))


if __name__ == "__main__":
    sys.exit(main())
