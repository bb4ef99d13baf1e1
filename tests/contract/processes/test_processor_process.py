"""``python -m processor_service`` as a process: its settings, its guard, and how it ends."""

import asyncio
import json
import signal
from asyncio.subprocess import Process
from collections.abc import Iterable
from pathlib import Path

import aiohttp

from simulators.processes.tcp_ports import free_port
from tests.support.workbenches.service_process import processor_on, service_process

END_WITHIN_S = 60.0
LATER = ("google.auth", "cryptography.x509", "markdown_it", "google.genai")
NEVER = (
    "grpc",
    "opentelemetry.exporter",
    "pydantic.v1",
    "requests",
)


async def test_bad_settings_end_it_with_code_two_and_every_fault(tmp_path: Path) -> None:
    settings = {"SLACK_BOT_TOKEN": "xapp-local", "RETRY_COUNT": "many", "PORT": "99999"}
    async with (
        service_process("processor_service", tmp_path, **settings) as process,
        asyncio.timeout(END_WITHIN_S),
    ):
        _, err = await process.communicate()
    assert process.returncode == 2
    named = [line.split(":")[0].strip() for line in err.decode().splitlines()[1:-1]]
    assert set(named) == {
        "SLACK_BOT_TOKEN",
        "RETRY_COUNT",
        "PORT",
        "GEMINI_API_KEY",
        "PUBSUB_PUSH_AUDIENCE",
        "PUBSUB_PUSH_SERVICE_ACCOUNT",
    }


async def test_a_push_without_a_token_is_denied_with_a_reason_and_sigterm_ends_it_with_code_zero(
    tmp_path: Path,
) -> None:
    port = free_port()
    async with service_process("processor_service", tmp_path, **processor_on(port)) as process:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            await until_alive(session)
            for description in ("/openapi.json", "/docs", "/redoc"):
                async with session.get(description) as response:
                    assert response.status == 404
            async with session.post("/pubsub/push", data=b"{}") as response:
                assert response.status == 401
            token = {"Authorization": "Bearer not.a.token"}
            async with session.post("/pubsub/push", data=b"{}", headers=token) as response:
                assert response.status == 401
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(END_WITHIN_S):
            out, _ = await process.communicate()
    assert process.returncode == 0
    lines = [json.loads(line) for line in out.decode().splitlines()]
    rejected = [line for line in lines if line.get("action") == "push_rejected"]
    assert [line["reason"] for line in rejected] == ["token_missing", "token_invalid"]
    assert {line["severity"] for line in rejected} == {"WARNING"}


async def test_what_only_an_answer_needs_is_imported_behind_a_service_that_listens(
    tmp_path: Path,
) -> None:
    settings = {**processor_on(free_port()), "PYTHONPROFILEIMPORTTIME": "1"}
    async with (
        service_process("processor_service", tmp_path, **settings) as process,
        asyncio.timeout(END_WITHIN_S),
    ):
        imported = await imported_until({"uvloop", "markdown_it", "google.genai.client"}, process)
    # The event loop is made once everything else is there, and before anything is opened.
    at_once, later = imported[: imported.index("uvloop")], imported[imported.index("uvloop") :]
    assert of(LATER, at_once) == set()
    assert of(LATER, later) == set(LATER)
    assert of(NEVER, imported) == set()


def of(packages: Iterable[str], imported: Iterable[str]) -> set[str]:
    """Those of ``packages`` that anything was imported of."""
    names = tuple(imported)
    return {
        package
        for package in packages
        if any(f"{name}.".startswith(f"{package}.") for name in names)
    }


async def imported_until(modules: set[str], process: Process) -> list[str]:
    """The modules in the order in which they were imported, until ``modules`` are there."""
    assert process.stderr is not None
    names: list[str] = []
    while not modules <= set(names):
        line = await process.stderr.readline()
        assert line, "It has ended."
        if line.startswith(b"import time:"):
            names.append(line.decode().rpartition("|")[2].strip())
    return names


async def until_alive(session: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(END_WITHIN_S):
        while True:
            try:
                async with session.get("/healthz") as response:
                    assert response.status == 200
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
