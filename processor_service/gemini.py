"""Gemini, whose SDK takes about a quarter of a cold start to import.

That happens in a thread, beside everything else that starts; whoever needs it first waits for it.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from processor_service.gemini_access import GeminiAccess
from processor_service.ports import MediaFile, Piece, Prompt
from shared import garbage

if TYPE_CHECKING:
    from processor_service.gemini_files import GeminiFiles
    from processor_service.gemini_model import GeminiModel

    _Loaded = tuple[GeminiModel, GeminiFiles]


class Gemini:
    """``ports.Model`` and ``ports.Uploads``, as the adapters that it waits for promise them."""

    def __init__(self, loading: "asyncio.Task[_Loaded]", *, takes_uploads: bool) -> None:
        self._loading = loading
        self.takes_uploads = takes_uploads

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Piece, None]:
        """The answer piece by piece. Closing the generator closes the connection to Gemini."""
        gemini, _ = await self._loaded()
        async with aclosing(gemini.stream(prompt, model)) as pieces:
            async for piece in pieces:
                yield piece

    async def check(self, model: str) -> None:
        """Ask for the model's description; raises as ``stream`` does."""
        gemini, _ = await self._loaded()
        await gemini.check(model)

    async def upload(self, file: MediaFile) -> MediaFile:
        """The file as a reference."""
        _, files = await self._loaded()
        return await files.upload(file)

    async def until_ready(self, file: MediaFile) -> None:
        """Wait until Gemini has processed the file."""
        _, files = await self._loaded()
        await files.until_ready(file)

    async def forget(self, file: MediaFile) -> None:
        """Delete the file again."""
        _, files = await self._loaded()
        await files.forget(file)

    async def _loaded(self) -> "_Loaded":
        # Who waits may be cancelled; the import goes on for the others.
        return await asyncio.shield(self._loading)


@asynccontextmanager
async def gemini(access: GeminiAccess, idle_timeout_s: float) -> AsyncIterator[Gemini]:
    """Gemini on one kept-alive session, there at once; closed at the end."""
    async with AsyncExitStack() as opened:
        loading = asyncio.create_task(_load(access, idle_timeout_s, opened), name="load-gemini")
        try:
            yield Gemini(loading, takes_uploads=access.vertex_project is None)
        finally:
            await asyncio.wait([loading])


async def _load(access: GeminiAccess, idle_timeout_s: float, opened: AsyncExitStack) -> "_Loaded":
    garbage.pause()
    try:
        await asyncio.to_thread(import_module, "processor_service.gemini_files")
    finally:
        garbage.resume()
    from processor_service.gemini_files import GeminiFiles  # noqa: PLC0415 - imported just now
    from processor_service.gemini_model import gemini_model  # noqa: PLC0415 - as above

    model = await opened.enter_async_context(gemini_model(access, idle_timeout_s))
    return model, GeminiFiles(model.client)
