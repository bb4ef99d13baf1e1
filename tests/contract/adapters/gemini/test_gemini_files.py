"""Files on Gemini's protocol: inline, and through the Files API, against the simulated Gemini."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from processor_service.gemini.access import GeminiAccess
from processor_service.gemini.client import gemini_client
from processor_service.gemini.files import GeminiFiles
from processor_service.gemini.model import GeminiModel
from processor_service.ports.model import MediaFile, Prompt, PromptTurn
from shared.errors import FileUnusable, ModelRejected, ModelUnavailable
from simulators.faults import Fault, FaultPlan
from simulators.gemini import GeminiConfig, GeminiSimulator
from simulators.journal import Journal
from tests.support.fakes.processor.retrying import Naps
from tests.support.sample_files import PNG

MODEL = "gemini-3.8-flash"
FILM = MediaFile("video/mp4", b"film" * 5_000_000)


@dataclass
class Bench:
    """The simulated Gemini with our adapters on it."""

    simulator: GeminiSimulator
    faults: FaultPlan
    model: GeminiModel
    files: GeminiFiles
    url: str

    async def answer(self, *turns: PromptTurn) -> str:
        prompt = Prompt("簡潔に。", "これは何ですか", turns=turns)
        async with aclosing(self.model.stream(prompt, MODEL)) as pieces:
            return "".join([piece.text async for piece in pieces])


@asynccontextmanager
async def benched(config: GeminiConfig | None = None, version: str = "v1") -> AsyncIterator[Bench]:
    faults = FaultPlan()
    simulator = GeminiSimulator(journal=Journal(), faults=faults, config=config or GeminiConfig())
    async with simulator.serve() as running:
        access = GeminiAccess("local", base_url=running.base_url, api_version=version)
        async with gemini_client(access, idle_timeout_s=5) as api:
            files = GeminiFiles(api, sleep=Naps())
            yield Bench(simulator, faults, GeminiModel(api), files, running.base_url)


@pytest.fixture(params=["v1", "v1beta"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with benched(version=request.param) as opened:
        yield opened


async def test_an_image_goes_inline_and_the_answer_names_it(bench: Bench) -> None:
    told = await bench.answer(
        PromptTurn("user", '[w0rd file "図.png"]\n', MediaFile("image/png", PNG)),
        PromptTurn("user", "\n[w0rd end]\n\n"),
        PromptTurn("user", '[w0rd file "notes.txt"]\nメモ\n[w0rd end]\n\n'),
    )
    assert "`図.png` (image/png, 1.1 KB)" in told
    assert "`notes.txt` (text, 6 B)" in told
    assert "これは何ですか" in bench.simulator.requests[-1].prompt


async def test_a_large_file_is_uploaded_in_chunks_referred_to_and_deleted(bench: Bench) -> None:
    uploaded = await bench.files.upload(FILM)
    [kept] = bench.simulator.files.files
    assert kept.content == FILM.content
    assert uploaded.content == b""
    await bench.files.until_ready(uploaded)
    told = await bench.answer(PromptTurn("user", '[w0rd file "film.mp4"]\n', uploaded))
    assert "`film.mp4` (video/mp4, uploaded)" in told
    await bench.files.forget(uploaded)
    assert bench.simulator.files.files == []


async def test_a_film_is_waited_for_while_it_is_processed() -> None:
    async with benched(GeminiConfig(file_processing_s=0.3)) as bench:
        uploaded = await bench.files.upload(FILM)
        with pytest.raises(ModelRejected):
            await bench.answer(PromptTurn("user", "film", uploaded))
        patient = replace(bench.files, look_every_s=0.05, sleep=asyncio.sleep)
        await patient.until_ready(uploaded)
        assert await bench.answer(PromptTurn("user", "film", uploaded))


async def test_processing_that_takes_too_long_is_given_up() -> None:
    async with benched(GeminiConfig(file_processing_s=60)) as bench:
        uploaded = await bench.files.upload(FILM)
        hasty = replace(bench.files, processing_s=0.1, look_every_s=0.02, sleep=asyncio.sleep)
        with pytest.raises(FileUnusable) as unusable:
            await hasty.until_ready(uploaded)
    assert unusable.value.reason == "file_too_slow"


async def test_a_file_that_gemini_cannot_read_is_told(bench: Bench) -> None:
    uploaded = await bench.files.upload(MediaFile("application/pdf", b"no PDF"))
    with pytest.raises(FileUnusable) as unusable:
        await bench.files.until_ready(uploaded)
    assert unusable.value.reason == "file_unreadable"


async def test_a_look_that_fails_is_repeated(bench: Bench) -> None:
    uploaded = await bench.files.upload(FILM)
    bench.faults.add("gemini", "files.get", Fault("error", status=503))
    await bench.files.until_ready(uploaded)


@pytest.mark.parametrize("said", ["<html>", "[]", "null", '{"state": 5}'])
async def test_a_look_that_a_server_in_between_answers_is_repeated(said: str) -> None:
    told = [said, '{"name": "files/1", "state": "ACTIVE"}']

    async def look(_: web.Request) -> web.Response:
        return web.Response(text=told.pop(0), content_type="application/json")

    app = web.Application()
    app.router.add_get("/v1/files/1", look)
    async with TestServer(app) as gateway:
        access = GeminiAccess("local", base_url=str(gateway.make_url("")), api_version="v1")
        async with gemini_client(access, idle_timeout_s=5) as api:
            files = GeminiFiles(api, sleep=Naps())
            await files.until_ready(MediaFile("video/mp4", upload="files/1"))
    assert told == []


async def test_a_store_that_fails_is_unavailable_and_one_that_denies_says_so(bench: Bench) -> None:
    bench.faults.add("gemini", "files.upload", Fault("error", status=503))
    with pytest.raises(ModelUnavailable):
        await bench.files.upload(FILM)
    bench.faults.add("gemini", "files.upload", Fault("error", status=403))
    with pytest.raises(ModelRejected) as denied:
        await bench.files.upload(FILM)
    assert denied.value.reason == "model_denied"


@pytest.mark.parametrize(
    "said",
    ["", "no URL", "http://[::1", "/upload/v1/files?upload_id=1", "//", "https://gateway.example"],
)
async def test_an_upload_that_nobody_says_where_to_send_is_broken_off(said: str) -> None:
    async def begun(request: web.Request) -> web.Response:
        assert request.headers["X-Goog-Upload-Command"] == "start"
        return web.Response(headers={"X-Goog-Upload-URL": said})

    app = web.Application()
    app.router.add_post("/upload/v1/files", begun)
    async with TestServer(app) as gateway:
        access = GeminiAccess("local", base_url=str(gateway.make_url("")), api_version="v1")
        async with gemini_client(access, idle_timeout_s=5) as api:
            with pytest.raises(ModelUnavailable, match="broke the upload of a file off"):
                await GeminiFiles(api).upload(MediaFile("image/png", PNG))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ("[]", "could not be reached"),
        ("<html>", "could not be reached"),
        ("{}", "broke the upload of a file off"),
        ('{"file": "files/1"}', "broke the upload of a file off"),
        ('{"file": {"name": "files/1"}}', "broke the upload of a file off"),
    ],
)
async def test_a_file_that_is_not_described_after_its_upload_was_not_taken(
    said: str, why: str
) -> None:
    async def begun(request: web.Request) -> web.Response:
        if request.headers["X-Goog-Upload-Command"] == "start":
            return web.Response(headers={"X-Goog-Upload-URL": "https://gemini.example/upload/1"})
        final = {"X-Goog-Upload-Status": "final"}
        return web.Response(text=said, content_type="application/json", headers=final)

    app = web.Application()
    app.router.add_post("/{path:.*}", begun)
    async with TestServer(app) as gateway:
        access = GeminiAccess("local", base_url=str(gateway.make_url("")), api_version="v1")
        async with gemini_client(access, idle_timeout_s=5) as api:
            with pytest.raises(ModelUnavailable, match=why):
                await GeminiFiles(api).upload(MediaFile("image/png", PNG))


@pytest.mark.parametrize("status", [200, 404, 503])
async def test_a_chunk_that_is_not_taken_is_sent_once(status: int) -> None:
    commands = []

    async def begun(request: web.Request) -> web.Response:
        commands.append(request.headers["X-Goog-Upload-Command"])
        if commands == ["start"]:
            return web.Response(headers={"X-Goog-Upload-URL": "https://gemini.example/upload/1"})
        return web.Response(status=status)

    app = web.Application()
    app.router.add_post("/{path:.*}", begun)
    async with TestServer(app) as gateway:
        access = GeminiAccess("local", base_url=str(gateway.make_url("")), api_version="v1")
        async with gemini_client(access, idle_timeout_s=5) as api, asyncio.timeout(60):
            with pytest.raises((ModelUnavailable, ModelRejected)):
                await GeminiFiles(api).upload(MediaFile("image/png", PNG))
    assert commands == ["start", "upload, finalize"]


async def test_a_deletion_that_fails_or_hangs_changes_nothing(bench: Bench) -> None:
    uploaded = await bench.files.upload(FILM)
    bench.faults.add("gemini", "files.delete", Fault("error", status=500))
    await bench.files.forget(uploaded)
    bench.faults.add("gemini", "files.delete", Fault("delay", seconds=60))
    async with asyncio.timeout(50):
        await replace(bench.files, forget_s=0.05).forget(uploaded)


async def test_vertex_takes_no_uploads() -> None:
    async with gemini_client(GeminiAccess(vertex_project="p"), idle_timeout_s=5) as api:
        assert not GeminiFiles(api).takes_uploads


async def test_an_unknown_key_uploads_nothing(bench: Bench) -> None:
    async with gemini_client(GeminiAccess("wrong", base_url=bench.url), idle_timeout_s=5) as api:
        with pytest.raises(ModelRejected) as denied:
            await GeminiFiles(api).upload(MediaFile("image/png", PNG))
    assert denied.value.reason == "model_denied"
    assert bench.simulator.files.files == []


async def test_a_request_beyond_twenty_megabytes_is_refused(bench: Bench) -> None:
    with pytest.raises(ModelRejected):
        await bench.answer(PromptTurn("user", "", MediaFile("video/mp4", b"0" * 16 * 1024 * 1024)))
