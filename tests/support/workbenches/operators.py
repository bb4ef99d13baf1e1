"""The operators' command lines for versions, run against a service of a ``RolloutBench``."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from string import Template
from typing import Any

import pytest

from deploy.render import beside, instead, render
from deploy.running import Running
from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.processes.environment import PROJECT_ROOT
from simulators.slack import SlackConfig, SlackSimulator
from tests.support.workbenches.rollout import PROJECT, REGION, RolloutBench

QUICK = ["--hold", "1s", "--patience", "3s", "--look-every", "1s", "--at-least", "20"]
NEW = ["--image", "image:2"]
GONE = ["--gone-after", "1s", "--wait-at-most", "20s"]


async def run(main: Any, bench: RolloutBench, *words: str) -> int:
    """The command line in a thread of its own, as it blocks."""
    async with asyncio.timeout(60):
        return int(await asyncio.to_thread(main, [*words, *bench.flags]))


@asynccontextmanager
async def slack(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[tuple[SlackSimulator, FaultPlan]]:
    faults = FaultPlan()
    simulator = SlackSimulator(journal=Journal(), faults=faults, config=SlackConfig())
    async with simulator.serve() as running:
        monkeypatch.setenv("SLACK_BOT_TOKEN", simulator.config.bot_token)
        monkeypatch.setenv("SLACK_API_URL", running.api_url)
        yield simulator, faults


@asynccontextmanager
async def heard(bench: RolloutBench, **counted: float) -> AsyncIterator[None]:
    """Of all revisions only the one that serves reports itself, within a moment."""
    async with asyncio.TaskGroup() as group:
        following = group.create_task(bench.only_the_serving_one_is_heard(**counted))
        try:
            yield
        finally:
            following.cancel()


FILES = {
    file.stem: file.read_text(encoding="utf-8")
    for file in (PROJECT_ROOT / "deploy").glob("*-service.yaml")
}


async def pipeline_deploys(bench: RolloutBench, name: str) -> None:
    """What the build's scripts do: render by what is there, and replace."""
    text = FILES[bench.name]
    values = dict.fromkeys(Template(text).get_identifiers(), "1")
    named = {"PROJECT_ID": PROJECT, "REGION": REGION, "REVISION": name, "IMAGE": f"image:{name}"}
    service = render(text, values | named)
    running = Running(await bench.listed())
    is_command = bench.name == "command-service"
    await bench.replace(instead(service, running) if is_command else beside(service, running))
