"""Files on Gemini's protocol: inline, and through the Files API, against the simulated Gemini."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import aiohttp
import pytest
from google import genai
from google.genai import errors, types

from processor_service.gemini_access import GeminiAccess
from processor_service.gemini_files import GeminiFiles
from processor_service.gemini_model import GeminiModel, gemini_model
from processor_service.ports import MediaFile, Prompt, Turn
from shared.errors import FileUnusable, ModelRejected, ModelUnavailable
from simulators.faults import Fault, FaultPlan
from simulators.gemini import GeminiConfig, GeminiSimulator
from simulators.gemini.file_store import FileStore, Upload
from simulators.journal import Journal
from tests.processor_fakes import Naps

MODEL = "gemini-3.8-flash"
PNG = b"\x89PNG\r\n\x1a\n" + b"\xfb\xff" * 500
FILM = MediaFile("video/mp4", b"film" * 5_000_000)


@dataclass
class Bench:
    """The simulated Gemini with our adapters on it."""

    simulator: GeminiSimulator
    faults: FaultPlan
    model: GeminiModel
    files: GeminiFiles
    url: str

    async def answer(self, *turns: Turn) -> str:
        prompt = Prompt("簡潔に。", "これは何ですか", turns=turns)
        async with aclosing(self.model.stream(prompt, MODEL)) as pieces:
            return "".join([piece.text async for piece in pieces])


@asynccontextmanager
async def benched(config: GeminiConfig | None = None, version: str = "v1") -> AsyncIterator[Bench]:
    faults = FaultPlan()
    simulator = GeminiSimulator(journal=Journal(), faults=faults, config=config or GeminiConfig())
    async with simulator.serve() as running:
        access = GeminiAccess("local", base_url=running.base_url, api_version=version)
        async with gemini_model(access, idle_timeout_s=5) as model:
            files = GeminiFiles(model.client, sleep=Naps())
            yield Bench(simulator, faults, model, files, running.base_url)


@pytest.fixture(params=["v1", "v1beta"])
async def bench(request: pytest.FixtureRequest) -> AsyncIterator[Bench]:
    async with benched(version=request.param) as opened:
        yield opened


async def test_an_image_goes_inline_and_the_answer_names_it(bench: Bench) -> None:
    told = await bench.answer(
        Turn("user", '[w0rd file "図.png"]\n', MediaFile("image/png", PNG)),
        Turn("user", "\n[w0rd end]\n\n"),
        Turn("user", '[w0rd file "notes.txt"]\nメモ\n[w0rd end]\n\n'),
    )
    assert "`図.png` (image/png, 1008 B)" in told
    assert "`notes.txt` (text, 6 B)" in told
    assert "これは何ですか" in told


async def test_a_large_file_is_uploaded_in_chunks_referred_to_and_deleted(bench: Bench) -> None:
    uploaded = await bench.files.upload(FILM)
    [kept] = bench.simulator.files.files
    assert kept.content == FILM.content
    assert uploaded.content == b""
    await bench.files.until_ready(uploaded)
    told = await bench.answer(Turn("user", '[w0rd file "film.mp4"]\n', uploaded))
    assert "`film.mp4` (video/mp4, uploaded)" in told
    await bench.files.forget(uploaded)
    assert bench.simulator.files.files == []


async def test_a_film_is_waited_for_while_it_is_processed() -> None:
    async with benched(GeminiConfig(file_processing_s=0.3)) as bench:
        uploaded = await bench.files.upload(FILM)
        with pytest.raises(ModelRejected):
            await bench.answer(Turn("user", "film", uploaded))
        patient = replace(bench.files, look_every_s=0.05, sleep=asyncio.sleep)
        await patient.until_ready(uploaded)
        assert await bench.answer(Turn("user", "film", uploaded))


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


async def test_a_store_that_fails_is_unavailable_and_one_that_denies_says_so(bench: Bench) -> None:
    bench.faults.add("gemini", "files.upload", Fault("error", status=503))
    with pytest.raises(ModelUnavailable):
        await bench.files.upload(FILM)
    bench.faults.add("gemini", "files.upload", Fault("error", status=403))
    with pytest.raises(ModelRejected) as denied:
        await bench.files.upload(FILM)
    assert denied.value.reason == "model_denied"


async def test_a_deletion_that_fails_or_hangs_changes_nothing(bench: Bench) -> None:
    uploaded = await bench.files.upload(FILM)
    bench.faults.add("gemini", "files.delete", Fault("error", status=500))
    await bench.files.forget(uploaded)
    bench.faults.add("gemini", "files.delete", Fault("delay", seconds=60))
    async with asyncio.timeout(5):
        await replace(bench.files, forget_s=0.05).forget(uploaded)


async def test_vertex_takes_no_uploads() -> None:
    client = genai.Client(vertexai=True, api_key="express")
    assert not GeminiFiles(client).takes_uploads
    client.close()


# The simulated Files API through the SDK itself.


async def test_a_file_is_shown_as_google_shows_it(bench: Bench) -> None:
    client = bench.model.client
    uploaded = await bench.files.upload(MediaFile("image/png", PNG))
    shown = await client.aio.files.get(name=uploaded.upload or "")
    assert shown.state is types.FileState.ACTIVE
    assert (shown.mime_type, shown.size_bytes) == ("image/png", len(PNG))
    assert shown.expiration_time is not None
    assert shown.create_time is not None
    assert shown.expiration_time - shown.create_time == timedelta(hours=48)
    assert [file.name async for file in await client.aio.files.list()] == [shown.name]


async def test_a_list_has_pages(bench: Bench) -> None:
    for _ in range(3):
        await bench.files.upload(MediaFile("image/png", PNG))
    pager = await bench.model.client.aio.files.list(config={"page_size": 2})
    assert len([file async for file in pager]) == 3


async def test_a_file_of_another_key_or_none_is_forbidden() -> None:
    async with benched(GeminiConfig(api_keys=None)) as bench:
        uploaded = await bench.files.upload(MediaFile("image/png", PNG))
        access = GeminiAccess("another", base_url=bench.url)
        async with gemini_model(access, idle_timeout_s=5) as stranger:
            for name in (uploaded.upload or "", "files/none"):
                with pytest.raises(errors.ClientError) as refused:
                    await stranger.client.aio.files.get(name=name)
                assert refused.value.code == 403
            prompt = Prompt("", "q", turns=(Turn("user", "f", uploaded),))
            with pytest.raises(ModelRejected):
                async with aclosing(stranger.stream(prompt, MODEL)) as pieces:
                    await anext(pieces)


async def test_an_unknown_key_uploads_nothing(bench: Bench) -> None:
    async with gemini_model(GeminiAccess("wrong", base_url=bench.url), idle_timeout_s=5) as model:
        with pytest.raises(ModelRejected) as denied:
            await GeminiFiles(model.client).upload(MediaFile("image/png", PNG))
    assert denied.value.reason == "model_denied"
    assert bench.simulator.files.files == []


def test_a_file_expires_after_two_days() -> None:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    store = FileStore(GeminiConfig(), lambda: now)
    store.keep(Upload("a", "local", "image/png", "", 3, bytearray(PNG)))
    now += timedelta(hours=47)
    assert [file.id for file in store.files] == ["a"]
    now += timedelta(hours=1)
    assert store.files == []


@pytest.mark.parametrize(
    ("blob", "words"),
    [
        ({"mimeType": "application/zip", "data": "AAAA"}, "Unsupported MIME type"),
        ({"mimeType": "image/gif", "data": "R0lG"}, "Unsupported MIME type"),
        ({"mimeType": "image/png", "data": "no base64!"}, "Base64 decoding failed"),
        ({"mimeType": "image/png", "data": "AAAA"}, "Unable to process input image"),
        ({"mimeType": "application/pdf", "data": "AAAA"}, "The document has no pages"),
    ],
)
async def test_inline_data_that_gemini_cannot_take_is_refused(
    bench: Bench, blob: dict[str, Any], words: str
) -> None:
    body = {"contents": [{"role": "user", "parts": [{"inlineData": blob}]}]}
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{bench.url}/v1/models/{MODEL}:generateContent",
            json=body,
            headers={"x-goog-api-key": "local"},
        ) as response,
    ):
        assert response.status == 400
        assert words in (await response.json())["error"]["message"]


async def test_a_request_beyond_twenty_megabytes_is_refused(bench: Bench) -> None:
    with pytest.raises(ModelRejected):
        await bench.answer(Turn("user", "", MediaFile("video/mp4", b"0" * 16 * 1024 * 1024)))
