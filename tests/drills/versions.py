"""The local stack as an installation on Cloud Run: revisions that are processes, people who ask."""

import asyncio
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from dataclasses import dataclass, field
from itertools import count
from pathlib import Path
from typing import Final

from google.cloud import run_v2

from deploy.language import spoken
from shared.ledger import Mark
from simulators.cloud_run import CloudRunSimulator
from simulators.faults import FaultPlan
from simulators.gemini import ErrorReply, GeminiSimulator, Reply
from simulators.journal import Journal
from simulators.processes.environment import inherited, without_proxies
from simulators.processes.tcp_ports import free_port
from simulators.prometheus import PrometheusSimulator
from simulators.slack import SlackConfig
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from simulators.stack.provisioning import DeliveryRules, provision
from simulators.stack.service import Service
from simulators.stack.settings import processor_environment

SERVICE: Final = "processor-service"
GOOD: Final = "processor:good"
BAD: Final = "processor:bad"
_PATH: Final = f"projects/local/locations/local/services/{SERVICE}"
_EVERY: Final = 20
_CHANNELS: Final = 12


class OneInTwenty:
    """Gemini refuses our key for every twentieth question: errors of 5 %."""

    def __init__(self) -> None:
        self.asked = count(1)

    def __call__(self, _prompt: str) -> Reply:
        if next(self.asked) % _EVERY == 0:
            return Reply(error=ErrorReply(403))
        return Reply(text="この答えは新しいバージョンのものです。")


@dataclass
class Installation:
    """What runs, and what people have asked of it."""

    stack: LocalStack
    cloud_run: CloudRunSimulator
    prometheus: PrometheusSimulator
    url: str
    metrics_url: str
    say: Callable[[str], None]
    asked: list[tuple[str, str]] = field(default_factory=list)
    is_quiet: bool = False
    """Set to end the asking."""

    async def ask(self, a_second: float) -> None:
        """People mention the bot, again and again, until it is to be quiet."""
        people, workspace = self.stack.slack.people, self.stack.slack.workspace
        channels = [
            workspace.add_channel(f"drill-{number}", "channel", set(workspace.users)).id
            for number in range(_CHANNELS)
        ]
        for number in count():
            if self.is_quiet:
                return
            channel = channels[number % _CHANNELS]
            message = people.post("alice", channel, f"@mechachang Question {number}?")
            self.asked.append((channel, message.ts))
            await asyncio.sleep(1 / a_second)

    async def roll_out(self, image: str, *words: str) -> int:
        """``python -m deploy.rollout`` as an operator runs it; its exit code."""
        return await self._tool(
            "deploy.rollout",
            *("processor", "--image", image, "--stages", "25,50,100", "--hold", "10s"),
            *("--patience", "90s", "--look-every", "2s", "--at-least", "20", *words),
        )

    async def roll_back(self, *words: str) -> int:
        """``python -m deploy.rollback`` as an operator runs it; its exit code."""
        return await self._tool("deploy.rollback", "processor", *words)

    async def _tool(self, module: str, *words: str) -> int:
        slack = self.stack.vendors.addresses.slack
        assert slack is not None
        where = ("--region", "local", "--cloud-run-url", self.url)
        self.say(f"$ python -m {module} {' '.join(words)}")
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", module, *words, *where, "--metrics-url", self.metrics_url),
            *("--channel", self.stack.slack.people.channel("#general").id),
            cwd=self.stack.config.folder,
            env={
                **without_proxies(inherited()),
                "DEPLOY_LANG": spoken(),
                "GOOGLE_CLOUD_PROJECT": "local",
                "SLACK_BOT_TOKEN": slack.bot_token,
                "SLACK_API_URL": slack.api_url,
            },
            stdout=PIPE,
            stderr=STDOUT,
        )
        assert process.stdout is not None
        try:
            async for line in process.stdout:
                self.say(f"  {line.decode().rstrip()}")
            return await process.wait()
        finally:
            if process.returncode is None:
                process.kill()

    async def has_begun(self, questions: int = 30) -> None:
        """Return once so many questions are answered: a cold start is over then."""
        await self.stack.slack.wait_for(lambda: len(self.asked) >= questions, 60.0)
        await self.settled()

    async def settled(self) -> None:
        """Return once what was asked so far has answers or notices; TimeoutError after a minute."""
        asked = list(self.asked)
        async with asyncio.timeout(60):
            while not all(self.replies(asked)):  # noqa: ASYNC110 - each look reads all of Slack
                await asyncio.sleep(0.5)

    def replies(self, asked: Sequence[tuple[str, str]]) -> list[list[Mark]]:
        """The answers and notices that each of these questions got."""
        found: dict[tuple[str, str], list[Mark]] = defaultdict(list)
        for channel in {channel for channel, _ in asked}:
            for message in self.stack.slack.messages(channel):
                mark = Mark.of_message(message)
                if mark is not None:
                    found[channel, str(message.get("thread_ts"))].append(mark)
        return [found[question] for question in asked]

    def notices(self, since: int = 0) -> int:
        """How many of the questions from the ``since``th on got a failure notice."""
        replies = self.replies(self.asked[since:])
        return sum(mark.role == "notice" for marks in replies for mark in marks)

    def told(self) -> list[str]:
        """What stands in #general."""
        return [str(message["text"]) for message in self.stack.slack.messages("#general")]

    def shares(self) -> dict[str, int]:
        """Who carries how much of the traffic."""
        statuses = self.cloud_run.service.describe().traffic_statuses
        return {status.revision: status.percent for status in statuses if status.percent}


@asynccontextmanager
async def installation(
    folder: Path, say: Callable[[str], None], a_second: float = 8.0
) -> AsyncIterator[Installation]:
    """Everything runs and people ask, as long as the block does."""
    async with AsyncExitStack() as opened:
        prometheus = PrometheusSimulator()
        metrics_url = await opened.enter_async_context(prometheus.serve())
        bad_gemini = GeminiSimulator(journal=Journal(), faults=FaultPlan())
        bad_gemini.script("", OneInTwenty())
        bad = await opened.enter_async_context(bad_gemini.serve())
        stack = await opened.enter_async_context(LocalStack(_config(folder, metrics_url)))

        async def launch(revision: str, template: run_v2.RevisionTemplate) -> str:
            if revision.endswith("-00001"):
                return stack.processors[0].url
            settings = {"K_REVISION": revision}
            if template.containers[0].image == BAD:
                settings["GOOGLE_GEMINI_BASE_URL"] = bad.base_url
            addresses = stack.vendors.addresses
            service = Service(
                revision,
                "processor_service",
                free_port(),
                environment=processor_environment(stack.settings, addresses, settings),
                folder=folder,
                ready_timeout_s=60.0,
            )
            opened.push_async_callback(service.terminate)
            await service.start()
            return service.url

        template = run_v2.RevisionTemplate(containers=[run_v2.Container(image=GOOD)])
        cloud_run = CloudRunSimulator(_PATH, template, launch)
        url = await opened.enter_async_context(cloud_run.serve())
        # From now on Pub/Sub pushes to the service, which splits its traffic.
        await provision(stack.vendors.addresses.pubsub, "local", url, DeliveryRules())
        running = Installation(stack, cloud_run, prometheus, url, metrics_url, say)
        asking = asyncio.create_task(running.ask(a_second), name="drill:ask")
        try:
            yield running
        finally:
            asking.cancel()
            with suppress(asyncio.CancelledError):
                await asking


def _config(folder: Path, metrics_url: str) -> StackConfig:
    return StackConfig(
        folder=folder,
        settings={
            "TELEMETRY": "otlp",
            "OTEL_EXPORTER_OTLP_ENDPOINT": metrics_url,
            "OTEL_METRIC_EXPORT_INTERVAL": "1000",
            "TRACE_SAMPLE_RATIO": "0",
            "USER_REQUESTS_PER_MINUTE": "0",
        },
        processor={"K_REVISION": f"{SERVICE}-00001"},
        # The drill is about versions; Slack's limits would only slow it down.
        slack=SlackConfig(rate_limits=False),
        ready_timeout_s=60.0,
    )
