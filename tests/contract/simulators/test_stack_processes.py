"""Services as processes: readiness, crashes, restarts, several behind one address."""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import aiohttp
import pytest
from aiohttp import web

from simulators.processes.child_process import ChildProcess
from simulators.processes.environment import inherited
from simulators.processes.tcp_ports import free_port, is_free
from simulators.stack.round_robin import RoundRobin
from simulators.stack.service import Service, ServiceNotReady
from simulators.stack.supervisor import supervise

READY = """
import http.server, os

class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(int(os.environ.get("STATUS", "200")))
        self.end_headers()
        self.wfile.write(b"redis: down")

print("ready soon", flush=True)
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
FAILING = "raise SystemExit('SLACK_BOT_TOKEN: is required but not set')"
STUBBORN = """
import signal, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
print("deaf", flush=True)
time.sleep(60)
"""


def child(name: str, code: str, folder: Path) -> ChildProcess:
    return ChildProcess(name, [sys.executable, "-c", code], environment=inherited(), folder=folder)


def service(folder: Path, code: str = READY, *, timeout_s: float = 10, **told: str) -> Service:
    (folder / "a_service.py").write_text(code)
    return Service(
        "a-service",
        "a_service",
        free_port(),
        environment={**inherited(), **told, "PYTHONPATH": str(folder)},
        folder=folder,
        ready_timeout_s=timeout_s,
    )


async def until(condition: Callable[[], bool], timeout_s: float = 10) -> None:
    async with asyncio.timeout(timeout_s):
        while not condition():  # noqa: ASYNC110 - the state is another process's
            await asyncio.sleep(0.01)


async def test_a_service_is_started_crashed_and_started_again_on_its_port(tmp_path: Path) -> None:
    running = service(tmp_path)
    await running.start()
    first, port = running.pid, running.port
    await running.kill()
    assert (running.pid, running.exit_code) == (None, -9)
    assert is_free(port)
    await running.start()
    assert running.pid not in (None, first)
    assert running.log_text().count("ready soon") == 2
    assert await running.terminate() == -15


async def test_a_service_that_ends_at_its_start_is_told_with_its_last_lines(tmp_path: Path) -> None:
    broken = service(tmp_path, FAILING)
    with pytest.raises(ServiceNotReady) as caught:
        await broken.start()
    assert "a-service ended with exit code 1" in str(caught.value)
    assert "SLACK_BOT_TOKEN: is required but not set" in str(caught.value)


async def test_a_service_that_never_gets_ready_is_told_with_its_own_reason(tmp_path: Path) -> None:
    waiting = service(tmp_path, STATUS="503", timeout_s=1)
    try:
        with pytest.raises(ServiceNotReady, match="not ready after 1 s: 503 redis: down"):
            await waiting.start()
    finally:
        await waiting.kill()


async def test_starting_what_runs_already_is_refused(tmp_path: Path) -> None:
    running = child("sleeper", "import time; time.sleep(60)", tmp_path)
    await running.start()
    with pytest.raises(RuntimeError, match="is running already"):
        await running.start()
    await running.kill()


async def test_a_child_deaf_to_sigterm_is_killed_after_its_grace(tmp_path: Path) -> None:
    deaf = child("deaf", STUBBORN, tmp_path)
    await deaf.start()
    await until(lambda: "deaf" in deaf.log_text())
    assert await deaf.terminate(grace_s=0.1) == -9


async def test_a_child_gets_exactly_the_environment_it_was_given(tmp_path: Path) -> None:
    shown = ChildProcess(
        "shown",
        [sys.executable, "-c", "import os; print(sorted(os.environ), os.getcwd())"],
        environment={"ONLY": "this"},
        folder=tmp_path,
    )
    await shown.start()
    assert await shown.wait() == 0
    names, _, folder = shown.log_text().strip().rpartition(" ")
    assert Path(folder) == tmp_path
    # CPython itself adds LC_CTYPE when it finds no locale.
    assert names in ("['LC_CTYPE', 'ONLY']", "['ONLY']")


async def test_a_crashed_child_is_started_again_and_said_so(tmp_path: Path) -> None:
    said: list[str] = []
    running = service(tmp_path)
    await running.start()
    first = running.pid
    assert first is not None
    watching = asyncio.create_task(supervise([running], said.append))
    try:
        assert running._process is not None
        running._process.send_signal(signal.SIGKILL)
        await until(lambda: any("is back" in line for line in said))
        assert running.pid not in (None, first)
        assert said[0] == "a-service was ended by signal 9. Starting it again in 0.2 s."
    finally:
        await running.kill()
        await watching


@asynccontextmanager
async def targets(*names: str) -> AsyncIterator[list[str]]:
    """Servers that answer with their name; "broken" drops the connection instead."""
    async with AsyncExitStack() as opened:
        urls = []
        for name in names:
            app = web.Application()

            async def answer(request: web.Request, name: str = name) -> web.Response:
                if name == "broken" and request.transport is not None:
                    request.transport.close()
                body = await request.text()
                marked = f"{name} {request.method} {request.path_qs} {body}"
                return web.Response(text=marked, status=201)

            app.router.add_route("*", "/{path:.*}", answer)
            runner = web.AppRunner(app)
            await runner.setup()
            opened.push_async_callback(runner.cleanup)
            await web.TCPSite(runner, "127.0.0.1", 0).start()
            urls.append(f"http://127.0.0.1:{runner.addresses[0][1]}")
        yield urls


async def post(url: str) -> tuple[int, str]:
    async with aiohttp.ClientSession() as session, session.post(url, data=b"body") as response:
        return response.status, await response.text()


async def test_requests_go_round_and_pass_by_a_processor_that_is_down() -> None:
    async with targets("a", "b") as (a, b):
        down = f"http://127.0.0.1:{free_port()}"
        async with RoundRobin([a, down, b]).serve() as url:
            answers = [await post(f"{url}/pubsub/push?x=1") for _ in range(4)]
    names = [text.split()[0] for _, text in answers]
    assert names == ["a", "b", "b", "a"]
    assert answers[0] == (201, "a POST /pubsub/push?x=1 body")


async def test_a_request_that_reached_a_processor_is_not_given_to_another() -> None:
    async with targets("broken", "b") as urls, RoundRobin(urls).serve() as url:
        assert (await post(url))[0] == 502


async def test_without_any_processor_the_sender_is_told_to_come_again() -> None:
    async with RoundRobin([f"http://127.0.0.1:{free_port()}"]).serve() as url:
        assert (await post(url))[0] == 503
