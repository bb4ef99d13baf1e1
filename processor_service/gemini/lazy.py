"""Gemini for a starting service: the import of google-genai takes about 0.4 s of CPU.

It runs in a thread, beside everything else that starts; the first caller waits for the rest of it.
"""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, aclosing, asynccontextmanager
from importlib import import_module
from typing import TYPE_CHECKING

from processor_service.gemini.access import GeminiAccess
from processor_service.ports.model import Chunk, MediaFile, Prompt

if TYPE_CHECKING:
    from processor_service.gemini.files import GeminiFiles
    from processor_service.gemini.model import GeminiModel

    _Loaded = tuple[GeminiModel, GeminiFiles]


class Gemini:
    """``ports.Model`` and ``ports.Uploads`` by ``GeminiModel`` and ``GeminiFiles``."""

    def __init__(self, access: GeminiAccess, idle_timeout_s: float, opened: AsyncExitStack) -> None:
        self._access = access
        self._idle_timeout_s = idle_timeout_s
        self._opened = opened
        self._loading: asyncio.Task[_Loaded] | None = None

    async def load(self) -> None:
        """Import the library and make its client, unless a caller does so already."""
        await self._loaded()

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        gemini, _ = await self._loaded()
        async with aclosing(gemini.stream(prompt, model)) as pieces:
            async for piece in pieces:
                yield piece

    async def check(self, model: str) -> None:
        """Ask for the model's description; raises as ``stream`` does."""
        gemini, _ = await self._loaded()
        await gemini.check(model)

    @property
    def takes_uploads(self) -> bool:
        return not self._access.is_vertex

    async def upload(self, file: MediaFile) -> MediaFile:
        _, files = await self._loaded()
        return await files.upload(file)

    async def until_ready(self, file: MediaFile) -> None:
        _, files = await self._loaded()
        await files.until_ready(file)

    async def forget(self, file: MediaFile) -> None:
        _, files = await self._loaded()
        await files.forget(file)

    async def ended(self) -> None:
        """Wait for a running import, which cannot be broken off."""
        if self._loading is not None:
            await asyncio.wait([self._loading])

    async def _loaded(self) -> "_Loaded":
        if self._loading is None:
            self._loading = asyncio.create_task(self._load(), name="load-gemini")
        # A caller may be cancelled; the import goes on for the others.
        return await asyncio.shield(self._loading)

    async def _load(self) -> "_Loaded":
        try:
            return await self._import_and_open()
        except Exception:
            # A machine without a free thread or memory may have one for the next caller.
            self._loading = None
            raise

    async def _import_and_open(self) -> "_Loaded":
        for module in ("model", "files"):
            await asyncio.to_thread(import_module, f"{__package__}.{module}")
        from processor_service.gemini.client import gemini_client  # noqa: PLC0415 - imported just now
        from processor_service.gemini.files import GeminiFiles  # noqa: PLC0415 - likewise
        from processor_service.gemini.model import GeminiModel  # noqa: PLC0415 - likewise

        client = await self._opened.enter_async_context(
            gemini_client(self._access, self._idle_timeout_s)
        )
        return GeminiModel(client), GeminiFiles(client)


@asynccontextmanager
async def gemini(access: GeminiAccess, idle_timeout_s: float) -> AsyncIterator[Gemini]:
    """Gemini on one kept-alive session, available at once; closed at the end."""
    async with AsyncExitStack() as opened:
        lazy = Gemini(access, idle_timeout_s, opened)
        try:
            yield lazy
        finally:
            # Before what it opens is closed.
            await lazy.ended()
