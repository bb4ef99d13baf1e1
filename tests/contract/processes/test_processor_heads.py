"""What the processor's HTTP server bears before a request is anybody's: raw bytes on its port."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import pytest
import uvicorn
from uvicorn.server import ServerState

from processor_service.api.http_head import HEAD_BYTES, BoundedHead

END_WITHIN_S = 60.0
LINE = b"POST /pubsub/push HTTP/1.1\r\nHost: here\r\n"


class Impatient(BoundedHead):
    head_within_s = 0.2


class App:
    """Counts what gets through the server."""

    requests = 0

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        assert scope["type"] == "http"
        self.requests += 1
        headers = [(b"content-length", b"0")]
        await send({"type": "http.response.start", "status": 204, "headers": headers})
        await send({"type": "http.response.body", "body": b""})


@asynccontextmanager
async def served(http: type[BoundedHead] = BoundedHead) -> AsyncIterator[tuple[App, int]]:
    app = App()
    config = uvicorn.Config(app, ws="none", lifespan="off", log_config=None)
    config.load()
    state = ServerState()
    server = await asyncio.get_running_loop().create_server(
        lambda: http(config, state, {}), "127.0.0.1", 0
    )
    async with server:
        yield app, server.sockets[0].getsockname()[1]
    # What is still open when the loop ends fails a later test, whichever runs at the next garbage
    # collection.
    async with asyncio.timeout(END_WITHIN_S):
        while state.connections:  # noqa: ASYNC110 - the server makes it empty
            await asyncio.sleep(0)


async def answered(port: int, *chunks: bytes) -> bytes:
    """All that comes back until the server closes."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(END_WITHIN_S):
            for chunk in chunks:
                writer.write(chunk)
                await writer.drain()
            return await reader.read()
    except ConnectionError:
        return b""
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()


@pytest.mark.parametrize(
    "head",
    [
        b"Authorization: Bearer " + b"a" * HEAD_BYTES + b"\r\n\r\n",
        b"".join(b"X-%d: a\r\n" % number for number in range(HEAD_BYTES // 4)) + b"\r\n",
        b"Authorization: Bearer " + b"a" * 2 * HEAD_BYTES,
    ],
    ids=["one long header", "many headers", "a header without end"],
)
async def test_a_head_that_is_too_long_is_answered_with_400_and_reaches_nobody(head: bytes) -> None:
    async with served() as (app, port):
        assert (await answered(port, LINE + head)).startswith(b"HTTP/1.1 400 ")
        assert app.requests == 0


async def test_an_address_that_is_too_long_is_answered_with_400() -> None:
    async with served() as (app, port):
        line = b"POST /" + b"a" * HEAD_BYTES + b" HTTP/1.1\r\nHost: here\r\n\r\n"
        assert (await answered(port, line)).startswith(b"HTTP/1.1 400 ")
        assert app.requests == 0


async def test_a_head_in_many_small_pieces_is_bounded_too() -> None:
    async with served() as (app, port):
        pieces = [b"X-a: " + b"a" * 1_000 + b"\r\n"] * (HEAD_BYTES // 500)
        answer = await answered(port, LINE, *pieces)
        assert answer == b"" or answer.startswith(b"HTTP/1.1 400 ")
        assert app.requests == 0


@pytest.mark.parametrize("begun", [b"", LINE, LINE + b"X-a"])
async def test_a_slow_head_is_not_waited_for(begun: bytes) -> None:
    async with served(Impatient) as (app, port):
        assert await answered(port, begun) == b""
        assert app.requests == 0


async def test_a_slow_head_behind_a_good_request_is_not_waited_for_either() -> None:
    async with served(Impatient) as (app, port):
        good = LINE + b"Content-Length: 0\r\n\r\n"
        answer = await answered(port, good, LINE)
        assert answer.startswith(b"HTTP/1.1 204 ")
        assert answer.count(b"HTTP/1.1") == 1
        assert app.requests == 1


async def test_a_head_as_pubsub_sends_it_passes_with_a_body_longer_than_any_head() -> None:
    async with served() as (app, port):
        body = b"a" * HEAD_BYTES * 3
        head = b"Authorization: Bearer %s\r\nConnection: close\r\n" % (b"a" * 1_200)
        length = b"Content-Length: %d\r\n\r\n" % len(body)
        assert (await answered(port, LINE + head + length, body)).startswith(b"HTTP/1.1 204 ")
        assert app.requests == 1
