"""One of our services as a child process: started, waited for, crashed, restarted."""

import asyncio
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import ClassVar, Protocol

import aiohttp

from simulators.processes.child_process import ChildProcess, Running

_PROBE_TIMEOUT = aiohttp.ClientTimeout(total=2)


class ServiceNotReady(Exception):
    """A service did not come up; the text holds the reason and its last log lines."""


class Starter(Protocol):
    """Another way to start ``python -m MODULE``."""

    async def start(
        self, module: str, environment: Mapping[str, str], folder: Path, log: Path
    ) -> Running:
        """Start it in the folder, with exactly that environment; what it writes goes to the log."""


class Service(ChildProcess):
    """``python -m MODULE`` on ``port``, ready when ``GET /readyz`` answers 200."""

    starter: ClassVar[Starter | None] = None
    """Tests of the whole system start services in a quicker way than by a new interpreter."""

    def __init__(
        self,
        name: str,
        module: str,
        port: int,
        *,
        environment: Mapping[str, str],
        folder: Path,
        ready_timeout_s: float = 90.0,
    ) -> None:
        super().__init__(
            name,
            (sys.executable, "-m", module),
            environment={**environment, "PORT": str(port)},
            folder=folder,
        )
        self._module = module
        self.port = port
        self.url = f"http://127.0.0.1:{port}"
        self._ready_timeout_s = ready_timeout_s

    async def start(self, *, wait_until_ready: bool = True) -> None:
        """Start the process and wait until it can work; raises ServiceNotReady."""
        await super().start()
        if wait_until_ready:
            await self.wait_until_ready()

    async def _spawned(self) -> Running:
        if self.starter is None:
            return await super()._spawned()
        return await self.starter.start(
            self._module, self._environment, self._folder, self.log_path
        )

    async def wait_until_ready(self) -> None:
        """Return once ``/readyz`` says so; raises ServiceNotReady at the deadline or its end."""
        answer = "it does not listen yet"
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._ready_timeout_s
        async with aiohttp.ClientSession(timeout=_PROBE_TIMEOUT) as session:
            while self.is_running:
                ready, answer = await self._probe(session, answer)
                if ready:
                    return
                if loop.time() > deadline:
                    raise self._not_ready(
                        f"was not ready after {self._ready_timeout_s:g} s: {answer}"
                    )
                await asyncio.sleep(0.03)
        raise self._not_ready(f"ended with exit code {self.exit_code}")

    async def _probe(self, session: aiohttp.ClientSession, before: str) -> tuple[bool, str]:
        try:
            async with session.get(f"{self.url}/readyz") as response:
                return response.status == 200, f"{response.status} {await response.text()}"
        except (aiohttp.ClientError, TimeoutError):
            return False, before

    def _not_ready(self, what: str) -> ServiceNotReady:
        said = self.last_lines() or "(it wrote nothing)"
        return ServiceNotReady(f"{self.name} {what}\nIts last lines ({self.log_path}):\n{said}")
