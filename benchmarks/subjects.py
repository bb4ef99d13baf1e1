"""The programs that are measured: ours and the references, on the same simulated vendors."""

import asyncio
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Final, Literal

from benchmarks.marked import ANSWER_CHARS, script
from simulators.faults import FaultPlan
from simulators.gemini import GeminiConfig, GeminiSimulator
from simulators.journal import Journal
from simulators.processes.child_process import ChildProcess
from simulators.pubsub import PubSubConfig
from simulators.slack import SlackConfig, SlackSimulator
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from simulators.stack.progress import Progress
from simulators.stack.settings import StackSettings, command_environment
from simulators.stack.vendors import VendorPlan, vendors

SubjectName = Literal["ours", "floor", "old way"]
Trigger = Literal["mention", "command"]

GEMINI_FIRST_S: Final = 0.3
GEMINI_TOTAL_S: Final = 1.0
# An answer of about 300 tokens comes in some ten pieces.
GEMINI_PIECE_TOKENS: Final = 32
PACED: Final = GeminiConfig(
    first_token_s=GEMINI_FIRST_S, total_s=GEMINI_TOTAL_S, chunk_tokens=GEMINI_PIECE_TOKENS
)
SETTINGS: Final = {"USER_REQUESTS_PER_MINUTE": "0", "CACHE_TTL_SECONDS": "0"}
_REFERENCES: Final = {
    "floor": "benchmarks.reference.floor",
    "old way": "benchmarks.reference.old_way",
}
_CONNECTS_WITHIN_S: Final = 30.0


@dataclass(frozen=True)
class Setup:
    """The conditions of a run, the same for every subject.

    Slack's limits are off: at 20 questions a second they would be all that is measured.
    """

    folder: Path
    gemini: GeminiConfig = PACED
    answer_chars: int = ANSWER_CHARS
    push_window: int = PubSubConfig.push_window
    settings: Mapping[str, str] | None = None

    @property
    def stack(self) -> StackConfig:
        """The local stack under these conditions."""
        return StackConfig(
            folder=self.folder,
            settings={**SETTINGS, **(self.settings or {})},
            slack=SlackConfig(rate_limits=False),
            gemini=self.gemini,
            pubsub=PubSubConfig(push_window=self.push_window),
        )


@dataclass(frozen=True)
class Subject:
    """A running program with its processes by name, and the simulators it talks to."""

    name: SubjectName
    slack: SlackSimulator
    gemini: GeminiSimulator
    processes: Mapping[str, int]


@asynccontextmanager
async def running(name: SubjectName, setup: Setup) -> AsyncIterator[Subject]:
    """The subject, ready to be asked; it ends with the block."""
    setup = replace(setup, folder=setup.folder / name.replace(" ", "-"))
    opened = _ours(setup) if name == "ours" else _reference(name, setup)
    async with opened as subject:
        script(subject.gemini, setup.answer_chars, setup.gemini.total_s)
        yield subject


@asynccontextmanager
async def _ours(setup: Setup) -> AsyncIterator[Subject]:
    async with LocalStack(setup.stack) as stack:
        (processor,) = stack.processors
        pids = {"command_service": stack.command, "processor_service": processor}
        processes = {name: service.pid or 0 for name, service in pids.items()}
        yield Subject("ours", stack.slack, stack.gemini, processes)


@asynccontextmanager
async def _reference(name: SubjectName, setup: Setup) -> AsyncIterator[Subject]:
    config = setup.stack
    settings = StackSettings.read(config.settings)
    plan = VendorPlan(config, settings, Journal(), FaultPlan(), Progress(None), "")
    async with vendors(plan) as world:
        slack, gemini = world.slack, world.gemini
        if slack is None or gemini is None:
            raise RuntimeError("Slack and Gemini are simulated here.")
        environment = command_environment(settings, world.addresses, {})
        command: Sequence[str] = (sys.executable, "-m", _REFERENCES[name])
        child = ChildProcess(
            name,
            command,
            environment={"GEMINI_MODEL": "gemini-3.8-flash", **environment},
            folder=config.folder,
        )
        await child.start()
        try:
            async with asyncio.timeout(_CONNECTS_WITHIN_S):
                await slack.wait_for(lambda: slack.sockets.sockets, _CONNECTS_WITHIN_S)
            yield Subject(name, slack, gemini, {name: child.pid or 0})
        finally:
            await child.terminate()
