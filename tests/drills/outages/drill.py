"""One outage on a stack of its own: people ask, probes look, metrics are recorded."""

import asyncio
import time
from collections import Counter
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import aiohttp
import yaml

from shared.ledger import Mark
from simulators.processes.environment import PROJECT_ROOT
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from simulators.stack.service import Service
from tests.drills.outages.away import OUTAGES
from tests.drills.outages.recording import A_POINT_EVERY_S, recording

SETTINGS: Final = {
    # One person asks for all.
    "USER_REQUESTS_PER_MINUTE": "0",
    # As it is deployed.
    "SYNTHETIC_QUESTION_SECONDS": "300",
}
# What an idle service measures is exported by then.
_WARM_UP_S: Final = 90.0
_ANSWER_S: Final = 6.0
_PROBE_EVERY_S: Final = 1.0
# The longest back-off of a delivery and of a socket, and what is asked meanwhile.
_ANSWERED_WITHIN_S: Final = 100.0
_HEARD_WITHIN_S: Final = 40.0


@dataclass
class Verdict:
    """What one outage came to; ``faults`` is empty if all is well."""

    outage: str
    probes: int = 0
    asked: list[str] = field(default_factory=list)
    alerts: set[str] = field(default_factory=set)
    answered_s: float = 0.0
    """How long after the outage the last answer was there."""
    faults: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Probe:
    """Cloud Run's liveness probe of one service."""

    service: Service
    path: str
    timeout_s: float

    async def fault(self, http: aiohttp.ClientSession) -> str | None:
        """None if the service is alive, else what the probe saw."""
        limit = aiohttp.ClientTimeout(total=self.timeout_s)
        try:
            async with http.get(f"{self.service.url}{self.path}", timeout=limit) as response:
                seen = None if response.status == 200 else f"answered {response.status}"
        except (aiohttp.ClientError, TimeoutError) as error:
            seen = type(error).__name__
        return seen and f"the probe of {self.service.name} {seen}"


async def judged(name: str, seconds: float, ask_every_s: float, folder: Path) -> Verdict:
    """Play one outage on a stack of its own, and judge it by its alerts, too."""
    expected = OUTAGES[name]
    async with recording() as monitoring:
        settings = {**SETTINGS, **monitoring.settings}
        async with LocalStack(StackConfig(folder=folder, settings=settings)) as stack:
            watching = asyncio.create_task(monitoring.watch_queue(stack))
            await asyncio.sleep(_WARM_UP_S)
            monitoring.grow_up()
            since = time.time()
            try:
                verdict = await outage(stack, name, seconds, ask_every_s)
                await asyncio.sleep(A_POINT_EVERY_S)
            finally:
                watching.cancel()
            verdict.alerts = monitoring.alerts(stack, since)
    whole = seconds >= expected.seconds and len(verdict.asked) > expected.questions
    if whole and verdict.alerts != expected.alerts:
        verdict.faults.append(f"raised {_names(verdict.alerts)} and not {_names(expected.alerts)}")
    return verdict


async def outage(stack: LocalStack, name: str, seconds: float, ask_every_s: float) -> Verdict:
    """Play one outage, and judge: every probe passed, no process ended, and each question, one
    after the outage among them, has exactly one answer."""
    verdict, played = Verdict(name), OUTAGES[name]
    before = [service.pid for service in stack.services]
    probing = asyncio.create_task(_probe(stack, verdict))
    try:
        async with played.away(stack):
            await _ask(stack, verdict, seconds, ask_every_s if played.heard else None)
        # Slack repeats an event that no socket took only a minute later.
        await stack.slack.wait_for(lambda: stack.slack.sockets.sockets, _HEARD_WITHIN_S)
        await _ask(stack, verdict, 1.0, ask_every_s)
        await _answered(stack, verdict)
    finally:
        probing.cancel()
    if [service.pid for service in stack.services] != before:
        verdict.faults.append("a process ended")
    return verdict


async def _probe(stack: LocalStack, verdict: Verdict) -> None:
    probes = _probes(stack)
    async with aiohttp.ClientSession() as http:
        while True:
            for probe in probes:
                verdict.probes += 1
                if (fault := await probe.fault(http)) is not None:
                    verdict.faults.append(fault)
            await asyncio.sleep(_PROBE_EVERY_S)


def _probes(stack: LocalStack) -> list[Probe]:
    return [
        _probe_of(stack.command, "command-service"),
        *(_probe_of(one, "processor-service") for one in stack.processors),
    ]


def _probe_of(service: Service, name: str) -> Probe:
    written: dict[str, Any] = yaml.safe_load(
        (PROJECT_ROOT / "deploy" / f"{name}.yaml").read_text(encoding="utf-8")
    )
    [container] = written["spec"]["template"]["spec"]["containers"]
    liveness = container["livenessProbe"]
    return Probe(service, liveness["httpGet"]["path"], float(liveness["timeoutSeconds"]))


async def _ask(
    stack: LocalStack, verdict: Verdict, seconds: float, ask_every_s: float | None
) -> None:
    """Let a person ask for ``seconds``; nobody does if ``ask_every_s`` is None."""
    until = asyncio.get_running_loop().time() + seconds
    while (left_s := until - asyncio.get_running_loop().time()) > 0:
        if ask_every_s is not None:
            words = f"@mechachang What is {verdict.outage} number {len(verdict.asked)}?"
            verdict.asked.append(stack.slack.people.post("alice", "#general", words).ts)
        await asyncio.sleep(min(ask_every_s or left_s, left_s))


async def _answered(stack: LocalStack, verdict: Verdict) -> None:
    """Wait until each question has an answer, and see that none has more than that."""
    began = time.monotonic()
    within_s = _ANSWERED_WITHIN_S + _ANSWER_S * len(verdict.asked)
    with suppress(TimeoutError):
        await stack.slack.wait_for(
            lambda: all(_roles(stack, ts)["answer"] for ts in verdict.asked), within_s
        )
    verdict.answered_s = time.monotonic() - began
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
    line = (
        f"{verdict.outage:7} {len(verdict.asked):4} asked, the last answered"
        f" {verdict.answered_s:.0f} s after it, {verdict.probes:5} probes,"
        f" alerts: {_names(verdict.alerts)}: {held}\n"
    )
    return line + "".join(f"  {fault}\n" for fault in verdict.faults[:20])


def _names(alerts: Iterable[str]) -> str:
    return ", ".join(sorted(alerts)) or "none"
