"""Every spelling of the processor's addresses, as raw bytes on the port of a real process."""

import asyncio
import base64
import json
import signal
from contextlib import suppress
from itertools import product
from pathlib import Path

import aiohttp

from simulators.processes.tcp_ports import free_port
from tests.support.tasks import a_task
from tests.support.workbenches.service_process import processor_on, service_process

END_WITHIN_S = 60.0
DOORS = ("/pubsub/push", "/pubsub/dead-letter", "/smoke")
SPELLINGS = (
    "{}",
    "{}/",
    "/{}",
    "{}//",
    "/.{}",
    "/x/..{}",
    "/%2e{}",
    "/x/%2e%2e{}",
    "/x/%2e%2e%2f..{}",
    "{};a=b",
    "{}?token=x",
    "{}?",
    "{}#a",
    "{}%00",
    "{}%20",
    "{}%0d%0aX-A:%20b",
    "{}.json",
    "{}/..",
    "{}/.",
    "{}%2f",
    "{}%5c",
    "\\{}",
    "http://127.0.0.1{}",
    "http://evil.example{}",
    "/healthz/..{}",
    "/healthz;{}",
    "/healthz%2f..{}",
    "/root{}",
)
REWRITTEN = (
    str.upper,
    str.title,
    lambda door: "/" + door[1:].replace("/", "//"),
    lambda door: "/" + door[1:].replace("/", "%2f"),
    lambda door: "/" + door[1:].replace("/", "%2F"),
    lambda door: "/" + door[1:].replace("/", "\\"),
    lambda door: "/" + door[1:].replace("/", "/./"),
    lambda door: "/" + door[1:].replace("s", "%73"),
    lambda door: "/" + door[1:].replace("s", "%2573"),
    lambda door: "/" + door[1:].replace("s", "%C5%BF"),
)
OTHERS = (
    "/openapi.json",
    "/docs",
    "/docs/oauth2-redirect",
    "/redoc",
    "/",
    "//",
    "*",
    "/metrics",
    "/debug",
    "/.env",
    "/pubsub",
    "/pubsub/",
    "/pubsub/push/1",
)
REFUSED = {400, 401, 403, 404, 405}
METHODS = ("GET", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS", "TRACE", "post", "PROPFIND", "X")
# Each is how some framework or proxy lets a request pass for another one.
HEADERS = (
    "X-HTTP-Method-Override: POST",
    "X-Original-URL: /healthz",
    "X-Rewrite-URL: /pubsub/push",
    "X-Forwarded-Prefix: /pubsub",
    "X-Forwarded-For: 127.0.0.1",
    "Forwarded: for=127.0.0.1",
    "X-Goog-Authenticated-User-Email: accounts.google.com:push@project.example",
    "X-Serverless-Authorization: Bearer a.b.c",
    "Cookie: token=a.b.c",
    "Proxy-Authorization: Bearer a.b.c",
)
PUSHED = json.dumps(
    {
        "subscription": "projects/p/subscriptions/s",
        "message": {"data": base64.b64encode(a_task().encode()).decode(), "messageId": "m1"},
    }
).encode()


def request(method: str, path: str, *headers: str) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: here", "Connection: close"]
    lines += [f"Content-Length: {len(PUSHED)}", "Content-Type: application/json", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + PUSHED


def requests() -> dict[str, bytes]:
    paths = [spelling.format(door) for spelling, door in product(SPELLINGS, DOORS)]
    paths += [rewrite(door) for rewrite, door in product(REWRITTEN, DOORS)]
    asked = {f"POST {path}": request("POST", path) for path in [*paths, *OTHERS]}
    asked |= {f"GET {path}": request("GET", path) for path in OTHERS}
    for method, door in product(METHODS, DOORS):
        asked[f"{method} {door}"] = request(method, door)
    for header, door in product(HEADERS, DOORS):
        asked[f"POST {door} {header}"] = request("POST", door, header)
    return asked


async def status(port: int, sent: bytes) -> int:
    """The status that comes back."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        writer.write(sent)
        await writer.drain()
        async with asyncio.timeout(END_WITHIN_S):
            return int((await reader.readline()).split()[1])
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


async def test_no_spelling_of_an_address_gets_past_the_doors_without_a_token(
    tmp_path: Path,
) -> None:
    port = free_port()
    settings = processor_on(port)
    asked = requests()
    async with service_process("processor_service", tmp_path, **settings) as process:
        await until_alive(port)
        answered = {name: await status(port, sent) for name, sent in asked.items()}
        process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(END_WITHIN_S):
            out, err = await process.communicate()
    passed = {name: code for name, code in answered.items() if code not in REFUSED}
    assert passed == {}
    assert {answered[f"POST {door}"] for door in DOORS} == {401}
    actions = [json.loads(line).get("action") for line in out.splitlines()]
    assert actions.count("push_rejected") == list(answered.values()).count(401)
    assert "task_delivered" not in actions
    assert "task_dead_lettered" not in actions
    assert b"Traceback" not in out + err


async def until_alive(port: int) -> None:
    async with (
        aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session,
        asyncio.timeout(END_WITHIN_S),
    ):
        while True:
            try:
                async with session.get("/healthz") as response:
                    assert response.status == 200
                    return
            except aiohttp.ClientConnectionError:
                await asyncio.sleep(0.05)
