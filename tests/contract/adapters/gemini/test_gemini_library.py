"""What google-genai does by itself, and our adapter undoes."""

import asyncio
import json
import sys
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from importlib import import_module
from importlib.abc import Loader, MetaPathFinder
from importlib.machinery import ModuleSpec
from types import ModuleType
from typing import Any

import pytest
import requests
from aiohttp import web
from aiohttp.test_utils import TestServer

from processor_service.gemini.access import GeminiAccess
from processor_service.gemini.client import GeminiClient, gemini_client
from processor_service.gemini.files import GeminiFiles
from processor_service.gemini.model import GeminiModel
from processor_service.ports.model import Chunk, MediaFile, Prompt
from shared.errors import MechachangError, ModelRejected, ModelUnavailable
from simulators.gemini import ErrorReply, GeminiSimulator, Reply
from tests.support.sample_files import PNG

MODEL = "gemini-3.8-flash"
PROMPT = Prompt("簡潔に。", "質問")
IDLE_S = 0.5


@asynccontextmanager
async def on(base_url: str) -> AsyncIterator[GeminiClient]:
    async with gemini_client(GeminiAccess("local", base_url=base_url), IDLE_S) as client:
        yield client


@pytest.fixture
async def api(base_url: str) -> AsyncIterator[GeminiClient]:
    async with on(base_url) as client:
        yield client


@pytest.fixture
def model(api: GeminiClient) -> GeminiModel:
    return GeminiModel(api)


async def pieces_of(model: GeminiModel) -> list[Chunk]:
    async with aclosing(model.stream(PROMPT, MODEL)) as pieces:
        return [piece async for piece in pieces]


async def text_of(model: GeminiModel) -> str:
    return "".join(piece.text for piece in await pieces_of(model))


class SlowImport(MetaPathFinder, Loader):
    """Imports a module in two steps, with a pause in between, as another thread may be at it."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.begun = threading.Event()

    def find_spec(self, fullname: str, *_: Any) -> ModuleSpec | None:
        return ModuleSpec(fullname, self) if fullname == self.name else None

    def exec_module(self, module: ModuleType) -> None:
        self.begun.set()
        time.sleep(0.3)
        module.structures = requests.structures  # type: ignore[attr-defined] # what is looked at
        module.Response = requests.Response  # type: ignore[attr-defined] # likewise


async def test_a_module_that_another_thread_imports_meanwhile_costs_no_answer(
    model: GeminiModel, simulator: GeminiSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulator.script("質問", Reply(text="全部です。"))
    slow = SlowImport("requests")
    monkeypatch.delitem(sys.modules, "requests")
    monkeypatch.setattr(sys, "meta_path", [slow, *sys.meta_path])
    importing = threading.Thread(target=import_module, args=("requests",))
    importing.start()
    slow.begun.wait()
    assert await text_of(model) == "全部です。"
    importing.join()


class Hanging:
    """Accepts connections, reads what is sent, and hangs up."""

    def __init__(self) -> None:
        self.connections = 0

    async def met(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await reader.readuntil(b"\r\n\r\n")
        writer.close()

    @asynccontextmanager
    async def serving(self) -> AsyncIterator[str]:
        server = await asyncio.start_server(self.met, "127.0.0.1", 0)
        async with server:
            host, port = server.sockets[0].getsockname()
            yield f"http://{host}:{port}"


async def a_question(client: GeminiClient) -> None:
    await pieces_of(GeminiModel(client))


async def an_upload(client: GeminiClient) -> None:
    await GeminiFiles(client).upload(MediaFile("image/png", PNG))


@pytest.mark.parametrize("call", [a_question, an_upload])
async def test_a_request_whose_connection_breaks_is_not_sent_again(
    call: Callable[[GeminiClient], Awaitable[None]],
) -> None:
    hanging = Hanging()
    async with hanging.serving() as address, on(address) as client:
        with pytest.raises(ModelUnavailable):
            await call(client)
    assert hanging.connections == 1


@pytest.mark.parametrize("status", [408, 429, 500, 502, 503, 504])
async def test_a_request_that_is_refused_is_not_sent_again(
    model: GeminiModel, simulator: GeminiSimulator, status: int
) -> None:
    simulator.script("質問", Reply(error=ErrorReply(status)), Reply(text="はい。"))
    with pytest.raises(ModelUnavailable):
        await pieces_of(model)
    assert len(simulator.requests) == 1


async def test_retry_after_counts_where_no_retry_info_is_given(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    simulator.script("質問", Reply(error=ErrorReply(503, retry_after="11")))
    with pytest.raises(ModelUnavailable) as away:
        await pieces_of(model)
    assert away.value.retry_after_s == 11.0
    both = ErrorReply(429, retry_after="11", retry_delay_s=7)
    simulator.script("質問", Reply(error=both))
    with pytest.raises(ModelUnavailable) as limited:
        await pieces_of(model)
    assert limited.value.retry_after_s == 7.0


def open_connections(client: GeminiClient) -> int:
    """How many the session has lent out."""
    session: Any = client._client._api_client._http_options.aiohttp_client
    return len(session._session.connector._acquired)


async def test_a_stream_that_is_left_has_no_connection_any_more(
    api: GeminiClient, simulator: GeminiSimulator
) -> None:
    simulator.script("質問", Reply(chunks=["語"] * 500, between_s=0.02))
    stream = GeminiModel(api).stream(PROMPT, MODEL)
    held = [await anext(stream)]
    assert held[0].text
    assert open_connections(api) == 1
    await stream.aclose()
    assert open_connections(api) == 0
    await simulator.wait_for(lambda: simulator.requests[0].client_closed)


async def test_a_wait_for_a_piece_that_is_cancelled_closes_its_connection(
    api: GeminiClient, simulator: GeminiSimulator
) -> None:
    simulator.script("質問", Reply(chunks=["一", "二"], hang_after=1))
    begun = asyncio.Event()

    async def wait() -> None:
        async with aclosing(GeminiModel(api).stream(PROMPT, MODEL)) as pieces:
            async for _ in pieces:
                begun.set()

    waiting = asyncio.create_task(wait())
    await begun.wait()
    waiting.cancel()
    await asyncio.wait([waiting])
    assert waiting.cancelled()
    assert open_connections(api) == 0
    await simulator.wait_for(lambda: simulator.requests[0].client_closed)


async def test_questions_one_after_the_other_share_a_connection_of_our_session() -> None:
    peers = set()

    async def answered(request: web.Request) -> web.Response:
        assert request.transport is not None
        peers.add(request.transport.get_extra_info("peername"))
        return web.Response(text=f"data: {json.dumps(said('はい。'))}\n\n")

    async with gemini_saying(answered) as client:
        for _ in range(3):
            assert await text_of(GeminiModel(client)) == "はい。"
        assert client._client._api_client._aiohttp_sessions == {}
    assert len(peers) == 1


async def test_an_answer_may_take_longer_than_the_silence_that_is_borne(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    simulator.script("質問", Reply(chunks=list("長い答えです。"), between_s=IDLE_S / 4))
    assert await text_of(model) == "長い答えです。"


NEW = {"ofNextYear": {"a": [1]}, "anotherOne": None}


async def test_fields_and_values_that_nobody_knows_yet_change_nothing() -> None:
    part = {"text": "は", "thoughtSignature": "c2ln", **NEW}
    thought = {"text": "うーん", "thought": True, **NEW}
    candidate = {
        "content": {"role": "model", "parts": [thought, part, {"ofNextYear": 1}], **NEW},
        "safetyRatings": [{"category": "HARM_CATEGORY_OF_NEXT_YEAR", "probability": "A_BIT"}],
        "groundingMetadata": {
            "groundingChunks": [{"web": {"uri": "https://a.example/", **NEW}}, {"space": {}}],
            "webSearchQueries": ["冪等"],
            **NEW,
        },
        **NEW,
    }
    usage = {
        "promptTokenCount": 3,
        "promptTokensDetails": [{"modality": "SMELL", "tokenCount": 3}],
        "trafficType": "OF_NEXT_YEAR",
        **NEW,
    }
    end = {"candidates": [{"finishReason": "STOP", **NEW}]}
    responses = [
        {"candidates": [candidate], "usageMetadata": usage, **NEW},
        {"candidates": []},
        NEW,
        said("い。"),
        end,
        {"usageMetadata": {**usage, "candidatesTokenCount": 5}},
    ]
    async with gemini_saying(streamed(*responses)) as client:
        pieces = await pieces_of(GeminiModel(client))
    assert "".join(piece.text for piece in pieces) == "はい。"
    assert [piece.finished for piece in pieces] == [False, False, False, False, True, False]
    assert (pieces[-1].prompt_tokens, pieces[-1].output_tokens) == (3, 5)
    assert [page.url for page in pieces[-1].sources.pages] == ["https://a.example/"]
    assert pieces[-1].sources.searches == ("冪等",)


DOCUMENTS: list[dict[str, Any]] = [
    {"candidates": [{"content": {"parts": [{"text": text}]}}]}
    for text in ("一\u2028", "x" * 70_000, "😀")
]


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("size", [7, 65_536, 10_000_000])
async def test_an_answer_is_the_same_however_it_is_cut(end: str, size: int) -> None:
    lines = (f"data: {json.dumps(one, ensure_ascii=False)}{end}{end}" for one in DOCUMENTS)
    body = "".join(lines).encode()

    async def cut(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream"})
        await response.prepare(request)
        for at in range(0, len(body), size):
            await response.write(body[at : at + size])
        return response

    async with gemini_saying(cut) as client:
        assert await text_of(GeminiModel(client)) == "一\u2028" + "x" * 70_000 + "😀"


async def test_the_last_response_counts_without_its_empty_line() -> None:
    async with gemini_saying(raw(f"data: {json.dumps(said('はい。'))}".encode())) as client:
        assert await text_of(GeminiModel(client)) == "はい。"


async def test_halves_of_characters_are_replaced_where_they_arrive() -> None:
    told = rb'{"candidates":[{"content":{"parts":[{"text":"a\ud83d b\ude00 \ud83d\ude00"}]}}]}'
    async with gemini_saying(raw(b"data: " + told + b"\n\n")) as client:
        assert await text_of(GeminiModel(client)) == "a\ufffd b\ufffd 😀"


@pytest.mark.parametrize(
    "told",
    [
        b"data: {",
        b'data: {"candidates": [',
        b"data: []",
        b"data: null",
        b'data: "\xff"',
        b"data: " + b'{"a":' * 100_000,
        b'data: {"candidates": [{"content": "?"}]}',
        b'data: {"error": "of a form nobody knows"}',
        b'data: {"error": {"message": "without a code"}}',
        b"<html>",
    ],
    ids=lambda told: str(told[:40]),
)
async def test_what_is_no_response_is_a_failure_of_geminis(told: bytes) -> None:
    async with gemini_saying(raw(told + b"\n\n")) as client:
        with pytest.raises(ModelUnavailable):
            await pieces_of(GeminiModel(client))


@pytest.mark.parametrize(
    ("status", "body", "reason"),
    [
        (503, b"{", "model_unavailable"),
        (404, b"<html>", "model_misconfigured"),
        (403, b'"\xff"', "model_denied"),
        (400, b"[]", "model_misconfigured"),
    ],
)
async def test_an_error_keeps_its_status_whatever_its_body(
    status: int, body: bytes, reason: str
) -> None:
    async def refused(request: web.Request) -> web.Response:
        return web.Response(status=status, body=body, content_type="application/json")

    async with gemini_saying(refused) as client:
        with pytest.raises(MechachangError) as told:
            await pieces_of(GeminiModel(client))
    assert told.value.reason == reason


async def test_nobody_learns_of_an_answer_by_an_error_about_it() -> None:
    async with gemini_saying(raw(b"data: the secret answer\n\n")) as client:
        with pytest.raises(ModelUnavailable) as broken:
            await pieces_of(GeminiModel(client))
    assert "secret" not in str(broken.value)


async def test_a_model_whose_name_no_request_can_carry_is_the_configurations_fault(
    api: GeminiClient,
) -> None:
    with pytest.raises(ModelRejected) as rejected:
        await GeminiModel(api).check("no/../model?")
    assert rejected.value.reason == "model_misconfigured"


def said(text: str) -> dict[str, Any]:
    return {"candidates": [{"content": {"role": "model", "parts": [{"text": text}]}}]}


def raw(body: bytes) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    async def answered(request: web.Request) -> web.StreamResponse:
        return web.Response(body=body, content_type="text/event-stream")

    return answered


def streamed(*responses: Any) -> Callable[[web.Request], Awaitable[web.StreamResponse]]:
    return raw("".join(f"data: {json.dumps(one)}\n\n" for one in responses).encode())


@asynccontextmanager
async def gemini_saying(
    answered: Callable[[web.Request], Awaitable[web.StreamResponse]],
) -> AsyncIterator[GeminiClient]:
    """A Gemini that answers each request like this."""
    app = web.Application()
    app.router.add_post("/{path:.*}", answered)
    async with TestServer(app) as server, on(str(server.make_url(""))) as client:
        yield client
