"""The real Google Cloud CLI, asked nothing but local servers."""

import asyncio
import json
import os
import shutil
from asyncio.subprocess import PIPE
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from simulators.processes.environment import PROJECT_ROOT, inherited, without_proxies

_WITHIN_S = 300.0


@dataclass(frozen=True)
class Ran:
    """How a command ended."""

    code: int
    out: str
    err: str


def require(tool: str) -> None:
    """Skips where ``tool`` is not installed, except in CI."""
    if shutil.which(tool) is None:
        if os.environ.get("CI"):
            pytest.fail(f"CI has no {tool}")
        pytest.skip(f"{tool} is not installed")


def environment(folder: Path, **settings: str) -> dict[str, str]:
    """gcloud with a configuration of its own, a token that is none, and no way to ask a person."""
    token = folder / "token"
    token.write_text("no-token")
    return {
        **without_proxies(inherited()),
        "CLOUDSDK_CONFIG": str(folder / "gcloud"),
        "CLOUDSDK_CORE_DISABLE_PROMPTS": "1",
        "CLOUDSDK_CORE_DISABLE_USAGE_REPORTING": "1",
        "CLOUDSDK_COMPONENT_MANAGER_DISABLE_UPDATE_CHECK": "1",
        "CLOUDSDK_AUTH_ACCESS_TOKEN_FILE": str(token),
        **settings,
    }


def emulated(folder: Path, address: str, **settings: str) -> dict[str, str]:
    """gcloud that takes the emulator at ``address`` for Pub/Sub."""
    override = {"CLOUDSDK_API_ENDPOINT_OVERRIDES_PUBSUB": f"http://{address}/"}
    return environment(folder, **override, **settings)


async def run(*command: str, env: Mapping[str, str]) -> Ran:
    """Run a command in the project's folder."""
    process = await asyncio.create_subprocess_exec(
        *command, cwd=PROJECT_ROOT, env=dict(env), stdout=PIPE, stderr=PIPE
    )
    try:
        async with asyncio.timeout(_WITHIN_S):
            out, err = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode is not None
    return Ran(process.returncode, out.decode(), err.decode())


async def refused(commands: Sequence[str], folder: Path) -> list[str]:
    """What gcloud's own parser says against these commands, one line each; nothing is run."""
    file = folder / "commands.json"
    file.write_text(json.dumps([{"command_string": command} for command in commands]))
    lint = ("gcloud", "meta", "lint-gcloud-commands", f"--commands-file={file}")
    ran = await run(*lint, env=environment(folder))
    assert ran.code == 0, ran.err
    judged: list[dict[str, Any]] = json.loads(ran.out)
    assert len(judged) == len(commands)
    return [
        f"{each['command_string']}: {each['error_message']}"
        for each in judged
        if not each["success"]
    ]
