"""Gemini before its library is there: it can be asked at once, and answers when it is."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, AsyncExitStack, aclosing
from typing import TypeVar

import pytest

from processor_service.gemini.access import GeminiAccess
from processor_service.gemini.lazy import Gemini, gemini
from processor_service.ports.model import MediaFile, Prompt
from shared.errors import ModelRejected
from simulators.gemini import GeminiSimulator, Reply
from tests.support.sample_files import PNG

MODEL = "gemini-3.8-flash"
T = TypeVar("T")


@pytest.fixture
async def model(base_url: str) -> AsyncIterator[Gemini]:
    async with gemini(GeminiAccess("local", base_url=base_url), 5.0) as opened:
        yield opened


async def text_of(model: Gemini) -> str:
    async with aclosing(model.stream(Prompt("s", "質問"), MODEL)) as pieces:
        return "".join([piece.text async for piece in pieces])


async def test_whoever_asks_first_waits_for_the_library_and_all_share_one_client(
    model: Gemini, simulator: GeminiSimulator
) -> None:
    simulator.script("質問", Reply(text="はい。"))
    told = await asyncio.gather(*(text_of(model) for _ in range(5)), model.check(MODEL))
    assert told == [*["はい。"] * 5, None]
    with pytest.raises(ModelRejected):
        await model.check("gemini-0-none")


async def test_whoever_gives_up_waiting_takes_nothing_from_the_others(
    model: Gemini, simulator: GeminiSimulator
) -> None:
    simulator.script("質問", Reply(text="はい。"))
    hasty = asyncio.create_task(model.load(), name="hasty")
    await asyncio.sleep(0)
    hasty.cancel()
    assert await text_of(model) == "はい。"
    assert hasty.cancelled()


class Exhausted(AsyncExitStack):
    """A machine that has nothing left for the first client."""

    full = True

    async def enter_async_context(self, cm: AbstractAsyncContextManager[T, bool | None]) -> T:
        if self.full:
            self.full = False
            raise OSError("Too many open files")
        return await super().enter_async_context(cm)


async def test_a_client_that_could_not_be_made_is_made_for_whoever_asks_next(
    base_url: str, simulator: GeminiSimulator
) -> None:
    simulator.script("質問", Reply(text="はい。"))
    async with Exhausted() as opened:
        model = Gemini(GeminiAccess("local", base_url=base_url), 5.0, opened)
        with pytest.raises(OSError, match="Too many open files"):
            await model.load()
        assert await text_of(model) == "はい。"


async def test_files_are_stored_looked_at_and_deleted(
    model: Gemini, simulator: GeminiSimulator
) -> None:
    assert model.takes_uploads
    uploaded = await model.upload(MediaFile("image/png", PNG))
    await model.until_ready(uploaded)
    assert [kept.content for kept in simulator.files.files] == [PNG]
    await model.forget(uploaded)
    assert simulator.files.files == []


async def test_a_service_may_end_while_the_library_is_loaded(base_url: str) -> None:
    async with gemini(GeminiAccess("local", base_url=base_url), 5.0) as opened:
        loading = asyncio.create_task(opened.load())
        await asyncio.sleep(0)
        assert not loading.done()
    await loading


async def test_a_service_that_never_asked_loads_nothing() -> None:
    async with gemini(GeminiAccess(vertex_project="p"), 5.0) as opened:
        assert not opened.takes_uploads
    assert opened._loading is None
