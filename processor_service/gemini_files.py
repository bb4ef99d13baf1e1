"""Gemini's Files API: the store for what is too large for a request."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from processor_service.gemini_api import GeminiApi
from processor_service.gemini_errors import plainly
from processor_service.ports.model import MediaFile
from shared.errors import FileUnusable, MechachangError, ModelUnavailable
from shared.retry import Sleep
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# What the Files API wants each chunk but the last to be a multiple of.
_CHUNK_BYTES: Final = 8 * 1024 * 1024


@dataclass(frozen=True)
class GeminiFiles:
    """``ports.Uploads`` on Gemini. ``processing_s`` bounds how long a video is processed."""

    api: GeminiApi
    upload_s: float = 90.0
    processing_s: float = 120.0
    look_every_s: float = 1.0
    forget_s: float = 3.0
    sleep: Sleep = asyncio.sleep

    @property
    def takes_uploads(self) -> bool:
        """Vertex AI has no Files API."""
        return not self.api.access.is_vertex

    async def upload(self, file: MediaFile) -> MediaFile:
        """The file in Gemini's store. One whose confirmation is lost stays there for 48 hours."""
        with plainly():
            async with asyncio.timeout(self.upload_s):
                taken = await self._sent(file)
        try:
            return MediaFile(file.mimetype, uri=taken["uri"], upload=taken["name"])
        except KeyError as error:
            raise _broken_off() from error

    async def _sent(self, file: MediaFile) -> Mapping[str, str]:
        """Send the file in chunks (ai.google.dev/gemini-api/docs/files, "resumable")."""
        size, taken = len(file.content), None
        url = await self.api.begin_upload(size, file.mimetype)
        if not url:
            raise _broken_off()
        for offset in range(0, size, _CHUNK_BYTES):
            chunk = file.content[offset : offset + _CHUNK_BYTES]
            last = offset + len(chunk) == size
            taken = await self.api.send_chunk(url, chunk, offset, last=last)
        described = (taken or {}).get("file")
        return described if isinstance(described, Mapping) else {}

    async def until_ready(self, file: MediaFile) -> None:
        """Wait until Gemini has processed the file: moments for an image, longer for a video.

        A look that fails is as good as one that found the file unready.
        """
        try:
            async with asyncio.timeout(self.processing_s):
                while not await self._is_ready(file):
                    await self.sleep(self.look_every_s)
        except TimeoutError as error:
            raise FileUnusable("Gemini processes it too long.", reason="file_too_slow") from error

    async def _is_ready(self, file: MediaFile) -> bool:
        try:
            with plainly():
                found = await self.api.json("GET", self._address(file))
        except ModelUnavailable:
            return False
        if found.get("state") == "FAILED":
            raise FileUnusable("Gemini cannot read the file.", reason="file_unreadable")
        return bool(found.get("state") == "ACTIVE")

    async def forget(self, file: MediaFile) -> None:
        """Delete the file, if Gemini lets us within moments."""
        try:
            with plainly():
                async with asyncio.timeout(self.forget_s):
                    await self.api.json("DELETE", self._address(file))
        except MechachangError as error:
            log.warning("An uploaded file stays.", action="upload_not_deleted", why=error.reason)

    def _address(self, file: MediaFile) -> str:
        return self.api.access.file(file.upload or "")


def _broken_off() -> ModelUnavailable:
    return ModelUnavailable("Gemini broke the upload of a file off.")
