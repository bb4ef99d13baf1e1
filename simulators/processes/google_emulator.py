"""Google's own Pub/Sub emulator, started for as long as a block lasts.

It is the second opinion on our simulator: one contract suite runs against both. It needs Java and
the ``pubsub-emulator`` component of the Google Cloud CLI, neither of which a checkout brings.
"""

import asyncio
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from tempfile import TemporaryDirectory

import aiohttp

from simulators.processes.child_process import ChildProcess
from simulators.processes.environment import inherited
from simulators.processes.tcp_ports import free_port

START_DEADLINE_S = 30.0
_JAR = "platform/pubsub-emulator/lib/cloud-pubsub-emulator-*-all.jar"


class EmulatorMissing(Exception):
    """Java, the Google Cloud CLI or its Pub/Sub emulator is not installed; the text says which."""


@asynccontextmanager
async def google_emulator() -> AsyncIterator[str]:
    """Run the emulator on a free port of 127.0.0.1; yields what PUBSUB_EMULATOR_HOST takes.

    It serves every project, keeps everything in memory and is gone when the block ends. Raises
    EmulatorMissing if it can't be run here, RuntimeError if it does not come up.
    """
    java, jar = find_java(), await find_jar()
    port = free_port()
    # The jar itself and not `gcloud beta emulators`, which leaves a Java process behind when its
    # own is ended.
    command = (java, "-jar", str(jar), "--host=127.0.0.1", f"--port={port}")
    with TemporaryDirectory(prefix="pubsub-emulator-") as folder:
        child = ChildProcess(
            "pubsub-emulator", command, environment=inherited(), folder=Path(folder)
        )
        await child.start()
        try:
            await _answering(child, f"http://127.0.0.1:{port}/")
            yield f"127.0.0.1:{port}"
        finally:
            await child.kill()


def find_java() -> str:
    """The path of ``java``; raises EmulatorMissing."""
    if java := shutil.which("java"):
        return java
    raise EmulatorMissing("Google's Pub/Sub emulator needs Java: there is no `java` on the PATH.")


async def find_jar() -> Path:
    """The emulator's jar in the Google Cloud CLI's installation; raises EmulatorMissing."""
    gcloud = shutil.which("gcloud")
    if gcloud is None:
        raise EmulatorMissing(
            "Google's Pub/Sub emulator comes with the Google Cloud CLI: there is no `gcloud` on "
            "the PATH."
        )
    # What the command links to is nearly always the installation; asking gcloud takes a second.
    jar = _jar_below(_linked_root(gcloud)) or _jar_below(await _sdk_root(gcloud))
    if jar is None:
        raise EmulatorMissing(
            "The Google Cloud CLI is here, its Pub/Sub emulator is not. Install it with `gcloud "
            "components install pubsub-emulator` or the package "
            "google-cloud-cli-pubsub-emulator."
        )
    return jar


def _jar_below(sdk_root: Path) -> Path | None:
    return max(sdk_root.glob(_JAR), default=None)


def _linked_root(gcloud: str) -> Path:
    return Path(gcloud).resolve().parents[1]


async def _sdk_root(gcloud: str) -> Path:
    process = await asyncio.create_subprocess_exec(
        gcloud,
        "info",
        "--format=value(installation.sdk_root)",
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    output, _ = await process.communicate()
    return Path(output.decode().strip())


async def _answering(child: ChildProcess, url: str) -> None:
    deadline = asyncio.get_running_loop().time() + START_DEADLINE_S
    async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=1)) as session:
        while child.is_running and asyncio.get_running_loop().time() < deadline:
            with suppress(aiohttp.ClientError, TimeoutError):
                async with session.get(url) as response:
                    if response.status == 200:
                        return
            await asyncio.sleep(0.05)
    raise RuntimeError(f"Google's Pub/Sub emulator did not come up.\n{child.last_lines()}")
