"""A service as a process of its own, in an empty folder and with the given settings only."""

import asyncio
import sys
from asyncio.subprocess import PIPE, Process
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from simulators.processes.environment import inherited, without_proxies


def processor_on(port: int) -> dict[str, str]:
    """What the processor needs to start on ``port``; nobody answers it."""
    nowhere = "http://127.0.0.1:9"
    return {
        "SLACK_BOT_TOKEN": "xoxb-local",
        "SLACK_API_URL": f"{nowhere}/api/",
        "GEMINI_API_KEY": "local",
        "GOOGLE_GEMINI_BASE_URL": nowhere,
        "REDIS_URL": "redis://127.0.0.1:9/0",
        "PUBSUB_PUSH_AUDIENCE": "https://processor.example",
        "PUBSUB_PUSH_SERVICE_ACCOUNT": "push@project.example",
        "PORT": str(port),
    }


@asynccontextmanager
async def service_process(
    module: str, folder: Path, output: int = PIPE, /, **settings: str
) -> AsyncIterator[Process]:
    """``python -m module``, writing to ``output``; killed at the end if it still runs."""
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        module,
        cwd=folder,
        env={**without_proxies(inherited()), **settings},
        stdout=output,
        stderr=output,
    )
    try:
        yield process
    finally:
        if process.returncode is None:
            process.kill()
        await process.communicate()
