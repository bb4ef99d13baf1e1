"""Both images at work: against simulated Slack, Gemini and Pub/Sub and a real Redis."""

import asyncio
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import psutil

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.processes.environment import inherited
from simulators.processes.tcp_ports import free_port
from simulators.slack import SlackSimulator
from simulators.stack.config import StackConfig
from simulators.stack.progress import Progress
from simulators.stack.provisioning import DeliveryRules, provision
from simulators.stack.settings import StackSettings, command_environment, processor_environment
from simulators.stack.vendors import VendorPlan, vendors
from tests.images.buildah import Buildah

UID = 10001
_READY_WITHIN_S = 60.0
_END_WITHIN_S = 10.0
_ANSWER_WITHIN_S = 30.0


class NotAsPromised(Exception):
    """An image does not do what it should; the text says what."""


@dataclass
class Running:
    """A service in its container: the process inside, and the one that started the container."""

    service: str
    port: int
    outer: asyncio.subprocess.Process
    log: Path

    async def ready(self) -> None:
        """Wait for 200 at ``/readyz``."""
        last = "nothing listens"
        async with aiohttp.ClientSession() as session:
            try:
                async with asyncio.timeout(_READY_WITHIN_S):
                    while True:
                        try:
                            address = f"http://127.0.0.1:{self.port}/readyz"
                            async with session.get(address) as response:
                                last = f"{response.status} {await response.text()}"
                                if response.status == 200:
                                    return
                        except aiohttp.ClientError:
                            pass
                        if self.outer.returncode is not None:
                            raise self._fault(f"ended with code {self.outer.returncode}")
                        await asyncio.sleep(0.05)
            except TimeoutError:
                raise self._fault(f"did not get ready: {last}") from None

    def inner(self) -> psutil.Process:
        """The service's own process."""
        for child in psutil.Process(self.outer.pid).children(recursive=True):
            if child.cmdline()[1:] == ["-m", f"{self.service}_service"]:
                return child
        raise self._fault("has no process")

    async def stop(self) -> float:
        """SIGTERM as Cloud Run sends it; how many seconds it took to end in good order."""
        loop = asyncio.get_running_loop()
        began = loop.time()
        self.inner().terminate()
        try:
            async with asyncio.timeout(_END_WITHIN_S):
                code = await self.outer.wait()
        except TimeoutError:
            raise self._fault(f"did not end within {_END_WITHIN_S:g} s of SIGTERM") from None
        if code != 0:
            raise self._fault(f"ended with code {code} after SIGTERM")
        return loop.time() - began

    def _fault(self, what: str) -> NotAsPromised:
        last = "\n".join(self.log.read_text(errors="replace").splitlines()[-10:])
        return NotAsPromised(f"{self.service}: {what}\n{last}")


@asynccontextmanager
async def run_in_container(
    buildah: Buildah, image: str, service: str, settings: Mapping[str, str], folder: Path
) -> AsyncIterator[Running]:
    """The image's own command with these settings; whatever is left of it is killed at the end."""
    command = buildah.described(image)["OCIv1"]["config"]["Cmd"]
    log = folder / f"{service}.log"
    with buildah.container(image) as (container, _), log.open("wb") as output:
        line = buildah.running(container, command, settings)
        outer = await asyncio.create_subprocess_exec(
            *line, stdout=output, stderr=asyncio.subprocess.STDOUT
        )
        try:
            yield Running(service, int(settings["PORT"]), outer, log)
        finally:
            if outer.returncode is None:
                for process in psutil.Process(outer.pid).children(recursive=True):
                    process.kill()
                outer.kill()
                await outer.wait()


@dataclass(frozen=True)
class Found:
    """What a trial measured."""

    answered: str
    stopped_after_s: dict[str, float]
    resident_mb: dict[str, float]


async def trial(buildah: Buildah, images: Mapping[str, str], folder: Path) -> Found:
    """Both containers answer a question asked in Slack and end in good order.

    Raises NotAsPromised.
    """
    settings = StackSettings.read({})
    plan = VendorPlan(
        config=StackConfig(folder=folder),
        settings=settings,
        journal=Journal(),
        faults=FaultPlan(),
        progress=Progress(None),
        events_url="http://127.0.0.1:9/slack/events",
    )
    ports = {service: free_port() for service in images}
    async with vendors(plan) as local, AsyncExitStack() as opened:
        url = f"http://127.0.0.1:{ports['processor']}"
        await provision(local.addresses.pubsub, settings.project, url, DeliveryRules())
        told = {
            "processor": processor_environment(settings, local.addresses, {}),
            "command": command_environment(settings, local.addresses, {}),
        }
        services = []
        for service, image in images.items():
            # Of this machine's own variables none: the image has to bring what it needs.
            own = {k: v for k, v in told[service].items() if k not in inherited()}
            own["PORT"] = str(ports[service])
            running = run_in_container(buildah, image, service, own, folder)
            services.append(await opened.enter_async_context(running))
        for each in services:
            await each.ready()
            _require_account(each)
        assert local.slack is not None
        answered = await _answer(local.slack)
        resident = {each.service: each.inner().memory_info().rss / 1e6 for each in services}
        stopped = {each.service: await each.stop() for each in reversed(services)}
    return Found(answered, stopped, resident)


def _require_account(running: Running) -> None:
    process = running.inner()
    ids = {*process.uids(), *process.gids()}
    if ids != {UID}:
        raise NotAsPromised(f"{running.service} runs as {ids}, not as {UID}")


async def _answer(slack: SlackSimulator) -> str:
    asked = slack.people.post("alice", "#general", "@mechachang What is Redis?")

    def finished() -> str | None:
        replies = slack.messages("#general", thread_ts=asked.ts)[1:]
        return next((str(reply) for reply in replies if "in-memory" in str(reply)), None)

    found = await slack.wait_for(finished, _ANSWER_WITHIN_S)
    if found is None:
        raise NotAsPromised("A question was not answered.")
    return found
