"""What anybody can send to the Slack side's port in HTTP mode, and what Slack could sign oddly."""

import asyncio
import gzip
import hashlib
import hmac
import json
import logging
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from typing import Any
from urllib.parse import urlencode

import aiohttp
import pytest
from aiohttp import web

from command_service.app import Service
from command_service.payloads.presses import REASONS
from command_service.transport.events_api import EVENTS_PATH
from command_service.transport.http_body import BODY_BYTES, SMALL_BYTES, Bodies, BodyRefused
from command_service.transport.http_server import serving
from shared.service_main import bound
from tests.support.workbenches.command import SLACK, Stack, http_stack

END_WITHIN_S = 60.0
JSON = "application/json"
FORM = "application/x-www-form-urlencoded"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture(autouse=True)
def no_traceback(caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    yield
    assert [r for r in caplog.records if r.exc_info or r.levelno >= logging.ERROR] == []


@pytest.fixture
async def world() -> AsyncIterator[tuple[Stack, Service]]:
    async with http_stack(max_concurrent_requests=2) as running:
        yield running


def signed(body: bytes, timestamp: str | None = None) -> dict[str, str]:
    at = timestamp if timestamp is not None else str(int(time.time()))
    base = b"v0:" + at.encode("utf-8", "surrogateescape") + b":" + body
    digest = hmac.new(SLACK.signing_secret.encode(), base, hashlib.sha256).hexdigest()
    return {"X-Slack-Request-Timestamp": at, "X-Slack-Signature": f"v0={digest}"}


async def posted(service: Service, body: bytes, headers: Any, content_type: str = JSON) -> int:
    address = f"http://127.0.0.1:{service.port}{EVENTS_PATH}"
    told = [*(headers.items() if isinstance(headers, dict) else headers)]
    async with (
        asyncio.timeout(END_WITHIN_S),
        aiohttp.ClientSession() as session,
        session.post(
            address, data=body, headers=[*told, ("Content-Type", content_type)]
        ) as response,
    ):
        return response.status


async def raw(port: int, *chunks: bytes) -> str | None:
    """The status that comes back until the server closes, if any does."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(END_WITHIN_S):
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
            answer = (await reader.read()).split(maxsplit=2)
            return answer[1].decode() if answer else None
    except ConnectionError:
        return None
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


def head(*lines: str) -> bytes:
    shape = signed(b"")
    told = [f"POST {EVENTS_PATH} HTTP/1.1", "Host: here", f"Content-Type: {JSON}"]
    told += [f"{name}: {value}" for name, value in shape.items()]
    return "\r\n".join([*told, *lines, "", ""]).encode()


@asynccontextmanager
async def connections(port: int, number: int, beginning: bytes) -> AsyncIterator[None]:
    opened = [await asyncio.open_connection("127.0.0.1", port) for _ in range(number)]
    try:
        for _, writer in opened:
            writer.write(beginning)
            await writer.drain()
        yield
    finally:
        for _, writer in opened:
            writer.close()


@pytest.mark.parametrize(
    "beginning",
    [
        b"POST /slack/events HTTP/1.1\r\nHost: here\r\nContent-Length: 100\r\n\r\n{",
        head("Content-Length: 100") + b"{",
        head("Transfer-Encoding: chunked") + b"1\r\n{\r\n",
    ],
    ids=["unsigned", "with a forged signature", "without end"],
)
async def test_eighty_slow_bodies_hold_up_no_question(
    world: tuple[Stack, Service], beginning: bytes
) -> None:
    stack, service = world
    async with connections(service.port, 80, beginning):
        stack.slack.people.post("hana", "#general", "@mechachang hello")
        await stack.wait_for_step("ack")
        assert [task.text for task in stack.tasks()] == ["hello"]
        assert service.slots.running == 0
    assert stack.journal.entries(step="ack_missed") == []


@pytest.mark.parametrize("size", ["Content-Length: 100", "Transfer-Encoding: chunked"])
async def test_a_body_that_does_not_come_is_answered_with_408(
    world: tuple[Stack, Service], size: str
) -> None:
    assert await raw(world[1].port, head(size)) == "408"


async def test_a_body_that_is_too_large_is_answered_with_413(world: tuple[Stack, Service]) -> None:
    assert await raw(world[1].port, head(f"Content-Length: {BODY_BYTES + 1}")) == "413"


async def test_a_chunked_body_without_end_is_left_once_it_is_too_large(
    world: tuple[Stack, Service],
) -> None:
    piece = b"10000\r\n" + b"a" * 0x10000 + b"\r\n"
    pieces = [piece] * (2 * BODY_BYTES // len(piece))
    answer = await raw(world[1].port, head("Transfer-Encoding: chunked"), *pieces)
    assert answer in {None, "413"}


async def test_broken_chunks_are_answered_with_400(world: tuple[Stack, Service]) -> None:
    answer = await raw(world[1].port, head("Transfer-Encoding: chunked"), b"nonsense\r\n\r\n")
    assert answer == "400"


async def test_a_body_that_breaks_off_leaves_nothing_behind(world: tuple[Stack, Service]) -> None:
    async with connections(world[1].port, 5, head("Content-Length: 100") + b"{"):
        pass
    assert await posted(world[1], b"{}", signed(b"{}")) == 200


@pytest.mark.parametrize(
    "timestamp",
    [
        "",
        "now",
        "nan",
        "inf",
        "-1",
        "0",
        "1e9",
        "1_700_000_000",
        "٠١٢٣٤٥٦٧٨٩",
        "9" * 5_000,
        "99999999999",
        "0x10",
        "\u00e9",
    ],
)
async def test_an_odd_timestamp_is_answered_with_401(
    world: tuple[Stack, Service], timestamp: str
) -> None:
    assert await posted(world[1], b"{}", signed(b"{}", timestamp)) == 401


@pytest.mark.parametrize(
    "signature",
    ["", "v0=", "v0=0", "v1=" + "0" * 64, "v0=" + "0" * 64, "v0=" + "é" * 64, "日本", "0" * 5_000],
)
async def test_an_odd_signature_is_answered_with_401(
    world: tuple[Stack, Service], signature: str
) -> None:
    headers = {**signed(b"{}"), "X-Slack-Signature": signature}
    assert await posted(world[1], b"{}", headers) == 401


@pytest.mark.parametrize("name", ["X-Slack-Signature", "X-Slack-Request-Timestamp"])
async def test_a_header_that_is_there_twice_is_answered_with_401(
    world: tuple[Stack, Service], name: str
) -> None:
    headers = signed(b"{}")
    twice = [*headers.items(), (name, headers[name])]
    assert await posted(world[1], b"{}", twice) == 401


@pytest.mark.parametrize("age_s", [-301, 301])
async def test_a_signed_request_of_another_time_is_answered_with_401(
    world: tuple[Stack, Service], age_s: int
) -> None:
    assert await posted(world[1], b"{}", signed(b"{}", str(int(time.time()) - age_s))) == 401


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b"hello", JSON),
        (b"{", JSON),
        (b"[]", JSON),
        (b"null", JSON),
        (b'"text"', JSON),
        (b"{" * 100_000, JSON),
        (b'{"event":' * 50_000, JSON),
        (b"{", "text/plain"),
        (b"{", "nonsense; charset=nowhere"),
        (b"payload=%7B", FORM),
        (b"payload=", FORM),
        (b"payload=[]", FORM),
        (b"payload=null", FORM),
        (b'{"authorizations": 5}', JSON),
        (b'{"authorizations": [5]}', JSON),
        (b'{"enterprise": 5}', JSON),
        (b"\xff\xfe", JSON),
    ],
)
async def test_a_signed_event_that_is_no_json_is_answered_with_400(
    world: tuple[Stack, Service], body: bytes, content_type: str
) -> None:
    assert await posted(world[1], body, signed(body), content_type) == 400
    assert world[0].tasks() == []


async def test_a_submission_without_its_user_is_ignored(world: tuple[Stack, Service]) -> None:
    submitted = {
        "type": "view_submission",
        "team": {"id": world[0].slack.workspace.team_id},
        "view": {"type": "modal", "callback_id": REASONS, "state": {"values": {}}},
    }
    body = urlencode({"payload": json.dumps(submitted)}).encode()
    assert await posted(world[1], body, signed(body), FORM) == 200
    assert world[0].tasks() == []


async def test_the_same_signed_request_sent_again_asks_for_no_second_answer(
    world: tuple[Stack, Service],
) -> None:
    slack = world[0].slack
    user, channel = slack.people.user("hana").id, slack.people.channel("#general").id
    ts = slack.people.post("hana", "#general", "no question of ours").ts
    event = {"type": "app_mention", "user": user, "channel": channel, "ts": ts, "event_ts": ts}
    told = {
        "type": "event_callback",
        "team_id": slack.workspace.team_id,
        "event_id": "Ev1",
        "event_time": int(time.time()),
        "event": {**event, "text": f"<@{slack.workspace.bot.id}> hello"},
    }
    command = {
        "command": "/gemini",
        "text": "hello",
        "user_id": user,
        "channel_id": channel,
        "team_id": slack.workspace.team_id,
        "trigger_id": "1.2.3",
        "response_url": "https://hooks.example/1",
    }
    for body, content_type in ((json.dumps(told), JSON), (urlencode(command), FORM)):
        before = len({task.task_id for task in world[0].tasks()})
        genuine = signed(body.encode())
        for _ in range(5):
            assert await posted(world[1], body.encode(), genuine, content_type) == 200
        assert len({task.task_id for task in world[0].tasks()}) == before + 1


@pytest.mark.parametrize(
    "content_type", ["text/plain", "a/b; charset=nowhere", "application/json;", "x"]
)
async def test_an_odd_content_type_changes_nothing(
    world: tuple[Stack, Service], content_type: str
) -> None:
    body = b'{"type": "url_verification", "challenge": "c"}'
    assert await posted(world[1], body, signed(body), content_type) == 200


async def test_a_packed_body_is_not_unpacked(world: tuple[Stack, Service]) -> None:
    bomb = gzip.compress(b" " * 10 * BODY_BYTES)
    headers = {**signed(bomb), "Content-Encoding": "gzip"}
    assert await posted(world[1], bomb, headers) == 415


async def test_large_bodies_of_others_leave_room_for_small_ones() -> None:
    bodies, statuses = Bodies(within_s=END_WITHIN_S), list[int]()
    bodies._large_bytes = 32 * 1024 * 1024

    async def handle(request: web.Request) -> web.Response:
        try:
            return web.Response(text=await bodies.read(request))
        except BodyRefused as error:
            return web.Response(status=error.status)

    app = web.Application()
    app.router.add_post("/", handle)
    async with serving(app, bound("127.0.0.1", 0)) as port, aiohttp.ClientSession() as session:
        for size in (SMALL_BYTES, SMALL_BYTES + 1):
            async with session.post(f"http://127.0.0.1:{port}/", data=b"a" * size) as response:
                statuses.append(response.status)
    assert statuses == [200, 503]
    assert bodies._large_bytes == 32 * 1024 * 1024


@pytest.mark.parametrize("begun", [b"", b"POST / HTTP/1.1\r\n", b"POST / HTTP/1.1\r\nX-a: "])
async def test_a_slow_head_is_not_waited_for(begun: bytes) -> None:
    async with serving(web.Application(), bound("127.0.0.1", 0), head_within_s=0.2) as port:
        assert await raw(port, begun) is None


@pytest.mark.parametrize(
    "told",
    [b"X-a: " + b"a" * 20_000 + b"\r\n\r\n", b"X-a: a\r\n" * 5_000 + b"\r\n"],
    ids=["one long header", "many headers"],
)
async def test_a_head_that_is_too_long_is_answered_with_400(
    told: bytes,
) -> None:
    async with serving(web.Application(), bound("127.0.0.1", 0)) as port:
        answer = await raw(port, b"POST / HTTP/1.1\r\nHost: here\r\n" + told)
        assert answer == "400"
