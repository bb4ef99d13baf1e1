"""Both services as processes: told to end at any moment, and where no line can be written."""

import asyncio
import os
import signal
from asyncio.subprocess import Process
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp
import pytest

from simulators.processes.environment import PROJECT_ROOT
from simulators.processes.tcp_ports import free_port
from tests.support.machine import within
from tests.support.workbenches.command import stack
from tests.support.workbenches.service_process import processor_on, service_process

STARTS_WITHIN_S = 60.0
# Cloud Run's time between SIGTERM and SIGKILL (cloud.google.com/run/docs/container-contract).
KILLED_AFTER_S = 10.0
SERVICES = ("processor_service", "command_service")

# Sends SIGTERM to its own process when a module is about to be imported: a moment that nobody
# outside can hit.
AT_IMPORT = """
import os, signal, sys

class Told:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["SIGTERM_AT_IMPORT_OF"]:
            sys.meta_path.remove(self)
            os.write(2, b"signalled\\n")
            os.kill(os.getpid(), signal.SIGTERM)
        return None

sys.meta_path.insert(0, Told())
"""


@asynccontextmanager
async def settings_of(module: str, port: int) -> AsyncIterator[dict[str, str]]:
    """What the service needs to start, on ``port``."""
    if module == "processor_service":
        yield processor_on(port)
        return
    async with stack() as world:
        yield {
            "SLACK_BOT_TOKEN": "xoxb-local",
            "SLACK_APP_TOKEN": "xapp-local",
            "SLACK_API_URL": world.api_url,
            "PUBSUB_EMULATOR_HOST": world.pubsub_address,
            "PORT": str(port),
        }


async def until_alive(port: int) -> None:
    async with (
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
        asyncio.timeout(STARTS_WITHIN_S),
    ):
        while True:
            try:
                async with session.get("/healthz") as response:
                    assert response.status == 200
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)


async def ended(process: Process) -> int:
    with within(KILLED_AFTER_S):
        return await process.wait()


@pytest.fixture
def full() -> Iterator[int]:
    """Where every write fails, as on a disk without room."""
    with Path("/dev/full").open("wb") as output:
        yield output.fileno()


@pytest.mark.parametrize("module", SERVICES)
@pytest.mark.parametrize("log_format", ["json", "console"])
async def test_a_service_whose_lines_nobody_can_take_starts_serves_and_ends_as_always(
    tmp_path: Path, full: int, module: str, log_format: str
) -> None:
    port = free_port()
    async with (
        settings_of(module, port) as settings,
        service_process(module, tmp_path, full, LOG_FORMAT=log_format, **settings) as process,
    ):
        await until_alive(port)
        process.send_signal(signal.SIGTERM)
        assert await ended(process) == 0


@pytest.mark.parametrize("module", SERVICES)
async def test_bad_settings_that_cannot_be_told_still_end_a_service_with_code_two(
    tmp_path: Path, full: int, module: str
) -> None:
    async with service_process(module, tmp_path, full, PORT="no port") as process:
        async with asyncio.timeout(STARTS_WITHIN_S):
            assert await process.wait() == 2


@pytest.mark.parametrize(
    ("module", "moment"),
    [
        ("processor_service", "processor_service.settings"),
        ("command_service", "command_service.settings"),
        # The event loop is made once the settings are read, and before anything is opened.
        ("processor_service", "uvloop"),
        ("command_service", "uvloop"),
        # Imported behind a service that listens.
        ("processor_service", "google.auth.jwt"),
    ],
    ids=lambda value: str(value).rpartition(".")[2],
)
async def test_a_signal_in_the_middle_of_the_start_is_never_swallowed(
    tmp_path: Path, module: str, moment: str
) -> None:
    (tmp_path / "sitecustomize.py").write_text(AT_IMPORT)
    async with settings_of(module, free_port()) as settings:
        told = {
            "PYTHONPATH": f"{tmp_path}{os.pathsep}{PROJECT_ROOT}",
            "SIGTERM_AT_IMPORT_OF": moment,
        }
        async with service_process(module, tmp_path, **settings, **told) as process:
            async with asyncio.timeout(STARTS_WITHIN_S):
                _, err = await process.communicate()
    # Nothing has begun yet: without a handler the signal itself ends the process.
    assert process.returncode in {0, -signal.SIGTERM}
    assert err == b"signalled\n"


@pytest.mark.parametrize("module", SERVICES)
@pytest.mark.parametrize("times", [1, 2])
async def test_an_idle_service_ends_with_code_zero_however_often_it_is_told(
    tmp_path: Path, module: str, times: int
) -> None:
    port = free_port()
    async with (
        settings_of(module, port) as settings,
        service_process(module, tmp_path, **settings) as process,
    ):
        await until_alive(port)
        for _ in range(times):
            process.send_signal(signal.SIGTERM)
        with within(KILLED_AFTER_S):
            out, err = await process.communicate()
    assert process.returncode == 0
    assert b"Traceback" not in out + err
