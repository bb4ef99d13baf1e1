"""One drill: break it, see it as the page says, mend it as the page says, see that it is mended."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from shared.ledger import Mark
from simulators.prometheus import PrometheusSimulator
from simulators.slack import SlackConfig
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.drills.runbooks.drills import QUESTION, Drill
from tests.drills.runbooks.installation import CommandFailed, Installation, NotKnown
from tests.drills.runbooks.page import RUNBOOKS, Page, read
from tests.drills.runbooks.signs import NotSeen, SeenBefore, seen, unseen

# Slack has its own pace (some minutes); the drill need not wait for it.
_SLACK: Final = SlackConfig(redelivery_delays_s=(1.0, 2.0, 4.0, 8.0), ack_timeout_s=3.0)
_SIGN_WITHIN_S: Final = 60.0
_ANSWER_WITHIN_S: Final = 40.0
_AFTERWARDS: Final = "Asked after it was mended: what is Redis?"


class NotAnsweredOnce(Exception):
    """A question has not exactly one answer; the text says what it has."""


@dataclass(frozen=True)
class Result:
    """What came of one drill; ``failure`` is empty if all was as the page says."""

    page: str
    fault: str
    shown: Sequence[str] = ()
    did: Sequence[str] = ()
    verified: Sequence[str] = ()
    took_s: float = 0.0
    failure: str = ""


async def run(drill: Drill, folder: Path, runbooks: Path = RUNBOOKS) -> Result:
    """Do the drill with the page in ``runbooks``; what fails is in the result."""
    began = time.monotonic()
    page = read(runbooks / f"{drill.page}.md")
    shown: list[str] = []
    did: list[str] = []
    verified: list[str] = []
    failure = ""
    try:
        async with _installation(drill, folder) as at:
            await _go_through(page, drill, at, (shown, did, verified))
    except (NotKnown, NotSeen, SeenBefore, NotAnsweredOnce, CommandFailed) as error:
        failure = f"{type(error).__name__}: {error}"
    took_s = time.monotonic() - began
    return Result(drill.page, drill.fault, shown, did, verified, took_s, failure)


@asynccontextmanager
async def _installation(drill: Drill, folder: Path) -> AsyncIterator[Installation]:
    prometheus = PrometheusSimulator()
    async with prometheus.serve() as metrics_url:
        settings = {
            "DEFAULT_LOCALE": "en",
            "TELEMETRY": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": metrics_url,
            # Milliseconds; in production a minute.
            "OTEL_METRIC_EXPORT_INTERVAL": "1000",
        }
        config = StackConfig(
            folder=folder,
            settings=settings,
            slack=_SLACK,
            delivery=drill.delivery,
            command=drill.command,
            processor=drill.processor,
        )
        async with LocalStack(config) as stack:
            yield Installation(stack, prometheus, drill.pasted)


async def _go_through(
    page: Page, drill: Drill, at: Installation, notes: tuple[list[str], list[str], list[str]]
) -> None:
    shown, did, verified = notes
    stack = at.stack
    since = _ends_of_logs(at)
    for block in page.of("confirm"):
        await unseen(block, at, since, _SIGN_WITHIN_S)
    await drill.breaks(stack)
    asked = [_ask(stack, QUESTION)]
    for block in page.of("confirm"):
        shown.append(await seen(block, at, since, _SIGN_WITHIN_S))
    since = _ends_of_logs(at)
    for block in page.of("fix"):
        for command in block.lines():
            await at.run(command)
            did.append(command)
    asked.append(_ask(stack, _AFTERWARDS))
    for block in page.of("verify"):
        verified.append(await seen(block, at, since, _SIGN_WITHIN_S))
    for ts in asked:
        await _answered_once(stack, ts)


def _ends_of_logs(at: Installation) -> dict[str, int]:
    return {service.name: len(service.log_text()) for service in at.stack.services}


def _ask(stack: LocalStack, question: str) -> str:
    return stack.slack.people.post("alice", "#general", f"@mechachang {question}").ts


async def _answered_once(stack: LocalStack, ts: str) -> None:
    """Wait for the answer, and for the end of all work on it."""

    def has_come() -> bool:
        return _roles(stack, ts) == ["answer"]

    try:
        await stack.slack.wait_for(has_come, _ANSWER_WITHIN_S)
        await stack.slack.wait_for(lambda: _is_idle(stack), _ANSWER_WITHIN_S)
    except TimeoutError:
        pass
    if not has_come():
        roles = _roles(stack, ts) or ["nothing"]
        raise NotAnsweredOnce(f"the question has in its thread: {', '.join(roles)}")


def _roles(stack: LocalStack, ts: str) -> list[str]:
    thread = stack.slack.messages("#general", thread_ts=ts)
    return [mark.role for mark in map(Mark.of_message, thread) if mark is not None]


def _is_idle(stack: LocalStack) -> bool:
    tasks = "projects/local/subscriptions/mechachang-tasks-push"
    return stack.pubsub.outstanding(tasks) == 0


async def run_all(
    drills: Sequence[Drill], folder: Path, tell: Callable[[Result], None]
) -> list[Result]:
    """One after the other; each result is told at once."""
    results = []
    for number, drill in enumerate(drills):
        result = await run(drill, folder / f"{number:02}-{drill.page}")
        tell(result)
        results.append(result)
        await asyncio.sleep(0)
    return results
