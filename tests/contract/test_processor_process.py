"""``python -m processor_service`` as a process: its settings, its guard, and how it ends."""

import asyncio
import json
import signal
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import aiohttp

from simulators.environment import inherited, without_proxies
from simulators.ports import free_port

END_WITHIN_S = 20.0


@asynccontextmanager
async def processor(folder: Path, **settings: str) -> AsyncIterator[Process]:
    """The process, in an empty folder and with these settings only."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "processor_service",
        cwd=folder,
        env={**without_proxies(inherited()), **settings},
        stdout=PIPE,
        stderr=PIPE,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()


async def test_bad_settings_end_it_with_code_two_and_every_fault(tmp_path: Path) -> None:
    settings = {"SLACK_BOT_TOKEN": "xapp-local", "RETRY_COUNT": "many", "PORT": "99999"}
    async with processor(tmp_path, **settings) as process, asyncio.timeout(END_WITHIN_S):
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
    nowhere = "http://127.0.0.1:9"
    settings = {
        "SLACK_BOT_TOKEN": "xoxb-local",
        "SLACK_API_URL": f"{nowhere}/api/",
        "GEMINI_API_KEY": "local",
        "GOOGLE_GEMINI_BASE_URL": nowhere,
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "PUBSUB_PUSH_AUDIENCE": "https://processor.example",
        "PUBSUB_PUSH_SERVICE_ACCOUNT": "push@project.example",
        "PORT": str(port),
    }
    async with processor(tmp_path, **settings) as process:
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            await until_alive(session)
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


async def until_alive(session: aiohttp.ClientSession) -> None:
    async with asyncio.timeout(END_WITHIN_S):
        while True:
            try:
                async with session.get("/healthz") as response:
                    assert response.status == 200
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
