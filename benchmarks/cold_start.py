"""How long a processor takes from nothing: to listen, to be ready, and to give its first answer."""

import asyncio
import shutil
import sys
import time
from dataclasses import dataclass, replace
from pathlib import Path

import aiohttp
import yaml

from benchmarks.asking import Asker
from benchmarks.subjects import Setup, Subject
from benchmarks.undisturbed import undisturbed
from simulators.cloud_run import Probe, until_started
from simulators.processes.child_process import ChildProcess
from simulators.processes.environment import inherited
from simulators.processes.tcp_ports import free_port
from simulators.stack.local_stack import LocalStack
from simulators.stack.provisioning import DeliveryRules
from simulators.stack.service import Service

_LOOK_EVERY_S = 0.005
_DEADLINE_S = 60.0
_SERVICE = Path(__file__).parents[1] / "deploy" / "processor-service.yaml"
_NOTHING = shutil.which("true") or "/bin/true"


@dataclass(frozen=True)
class ColdStart:
    """Seconds from the start of the process; what its launcher takes before that is taken off, and
    of the first answer Gemini's own time, too.

    ``listening_s``: it takes pushes (``/healthz``). ``started_s``: Cloud Run would route to it, by
    the startup probe of its service's file. ``ready_s``: it has reached Redis, Slack and Gemini
    (``/readyz``). ``first_answer_s``: from a question asked while no processor runs, whose process
    is started at that moment, to its finished answer.
    ``straightforward_s``: a bare FastAPI app that imports the same libraries at its top, until it
    listens.
    """

    listening_s: float
    ready_s: float
    first_answer_s: float
    straightforward_s: float
    started_s: float

    @property
    def of_straightforward(self) -> float:
        """Our time to listen as a share of the straightforward one's."""
        return self.listening_s / self.straightforward_s

    @property
    def of_listening(self) -> float:
        """How much longer Cloud Run takes to find out that we listen."""
        return self.started_s / self.listening_s


async def cold_start(setup: Setup) -> ColdStart:
    """Measure each once."""
    # Cloud Run holds a push until the new instance listens; here it is refused and soon repeated.
    held = DeliveryRules(min_backoff_s=0.1, max_backoff_s=0.1, max_delivery_attempts=100)
    async with LocalStack(replace(setup.stack, delivery=held)) as stack:
        with undisturbed():
            return await _in(stack, setup)


async def _in(stack: LocalStack, setup: Setup) -> ColdStart:
    (processor,) = stack.processors
    await processor.kill()
    launcher_s = await _launcher(setup.folder)
    # Beside the same idle stack as ours.
    straightforward_s = await straightforward(setup.folder)
    began = time.monotonic()
    await processor.start(wait_until_ready=False)
    listening_s = await _answers(f"{processor.url}/healthz", began)
    ready_s = await _answers(f"{processor.url}/readyz", began)
    await processor.kill()
    started_s = await _started_on_cloud_run(processor)
    first_s = await _first_answer(stack, processor)
    return ColdStart(
        listening_s - launcher_s,
        ready_s - launcher_s,
        first_s - (setup.gemini.total_s or 0.0) - launcher_s,
        straightforward_s - launcher_s,
        started_s - launcher_s,
    )


async def _started_on_cloud_run(processor: Service) -> float:
    (container,) = yaml.safe_load(_SERVICE.read_text())["spec"]["template"]["spec"]["containers"]
    began = time.monotonic()
    await processor.start(wait_until_ready=False)
    await until_started(Probe.of_yaml(container["startupProbe"]), processor.url)
    took_s = time.monotonic() - began
    await processor.kill()
    return took_s


async def _first_answer(stack: LocalStack, processor: Service) -> float:
    """From the question to its whole answer, by a processor that is started with the question."""
    asker = Asker(Subject("ours", stack.slack, stack.gemini, {}))
    asking = asyncio.create_task(asker.ask("mention", 1, 1), name="bench:first-question")
    await processor.start(wait_until_ready=False)
    (number,) = await asking
    asker.eyes.close()
    seen = asker.eyes.seen[number]
    if seen.finished is None:
        raise TimeoutError("The first question after a scale from zero was not answered.")
    return seen.finished - seen.asked


async def _launcher(folder: Path) -> float:
    """How long a child that does nothing takes: a Python of its own comes before each command."""
    child = ChildProcess("nothing", (_NOTHING,), environment=inherited(), folder=folder)
    began = time.monotonic()
    await child.start()
    await child.wait()
    return time.monotonic() - began


async def straightforward(folder: Path) -> float:
    """Seconds until the straightforward service of the references listens."""
    port = free_port()
    child = ChildProcess(
        "straightforward",
        (sys.executable, "-m", "benchmarks.reference.straightforward"),
        environment={**inherited(), "PORT": str(port)},
        folder=folder,
    )
    began = time.monotonic()
    await child.start()
    try:
        return await _answers(f"http://127.0.0.1:{port}/readyz", began)
    finally:
        await child.kill()


async def _answers(url: str, began: float) -> float:
    """Seconds since ``began`` until the address answers 200."""
    async with aiohttp.ClientSession() as session:
        while time.monotonic() - began < _DEADLINE_S:
            try:
                async with session.get(url) as response:
                    if response.status == 200:
                        return time.monotonic() - began
            except aiohttp.ClientError:
                pass
            await asyncio.sleep(_LOOK_EVERY_S)
    raise TimeoutError(f"{url} did not answer within {_DEADLINE_S:g} s.")
