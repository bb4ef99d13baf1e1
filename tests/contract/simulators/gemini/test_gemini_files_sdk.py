"""The simulated Files API, driven by google-genai's own async client."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import aiohttp
import pytest
from google import genai
from google.genai import errors, types

from simulators.faults import FaultPlan
from simulators.gemini import GeminiConfig, GeminiSimulator
from simulators.gemini.files.store import FileStore, Upload
from simulators.journal import Journal
from tests.support.gemini_sdk import sdk
from tests.support.sample_files import PNG

MODEL = "gemini-3.8-flash"
AN_IMAGE = types.UploadFileConfig(mime_type="image/png")


@asynccontextmanager
async def simulated(config: GeminiConfig) -> AsyncIterator[str]:
    simulator = GeminiSimulator(journal=Journal(), faults=FaultPlan(), config=config)
    async with simulator.serve() as running:
        yield running.base_url


async def uploaded(client: genai.client.AsyncClient, content: bytes = PNG) -> types.File:
    return await client.files.upload(file=BytesIO(content), config=AN_IMAGE)


async def test_a_file_is_shown_as_google_shows_it(base_url: str) -> None:
    async with sdk(base_url) as client:
        name = (await uploaded(client)).name or ""
        shown = await client.files.get(name=name)
        assert shown.state is types.FileState.ACTIVE
        assert (shown.mime_type, shown.size_bytes) == ("image/png", len(PNG))
        assert shown.expiration_time is not None
        assert shown.create_time is not None
        assert shown.expiration_time - shown.create_time == timedelta(hours=48)
        assert [file.name async for file in await client.files.list()] == [name]


async def test_a_list_has_pages(base_url: str) -> None:
    async with sdk(base_url) as client:
        for _ in range(3):
            await uploaded(client)
        pager = await client.files.list(config={"page_size": 2})
        assert len([file async for file in pager]) == 3


async def test_a_file_of_another_key_or_none_is_forbidden() -> None:
    async with (
        simulated(GeminiConfig(api_keys=None)) as url,
        sdk(url) as client,
        sdk(url, api_key="another") as stranger,
    ):
        file = await uploaded(client)
        for name in (file.name or "", "files/none"):
            with pytest.raises(errors.ClientError) as refused:
                await stranger.files.get(name=name)
            assert refused.value.code == 403
        part = types.Part.from_uri(file_uri=file.uri or "", mime_type="image/png")
        with pytest.raises(errors.ClientError):
            await stranger.models.generate_content(model=MODEL, contents=part)


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
    base_url: str, blob: dict[str, Any], words: str
) -> None:
    body = {"contents": [{"role": "user", "parts": [{"inlineData": blob}]}]}
    async with (
        aiohttp.ClientSession() as session,
        session.post(
            f"{base_url}/v1/models/{MODEL}:generateContent",
            json=body,
            headers={"x-goog-api-key": "local"},
        ) as response,
    ):
        assert response.status == 400
        assert words in (await response.json())["error"]["message"]
