"""Gemini's Files API: the store for files too large for a request."""

import asyncio
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from google.genai.errors import UnknownApiResponseError
from google.genai.types import File, FileState, HttpOptions, UploadFileConfig

from processor_service.gemini.client import GeminiClient, one_call
from processor_service.gemini.errors import plainly
from processor_service.gemini.session import upload_broken_off
from processor_service.ports.model import MediaFile
from shared.errors import FileUnusable, MechachangError, ModelUnavailable
from shared.retry import Sleep
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_UPLOAD_S: Final = 90.0


@dataclass(frozen=True)
class GeminiFiles:
    """``ports.Uploads`` on Gemini. ``processing_s`` bounds the processing of a video."""

    client: GeminiClient
    processing_s: float = 120.0
    look_every_s: float = 1.0
    forget_s: float = 3.0
    sleep: Sleep = asyncio.sleep

    @property
    def takes_uploads(self) -> bool:
        """Vertex AI has no Files API."""
        return not self.client.access.is_vertex

    async def upload(self, file: MediaFile) -> MediaFile:
        """The file in Gemini's store. A file of unknown outcome stays there for 48 hours."""
        with plainly():
            async with asyncio.timeout(_UPLOAD_S):
                taken = await self._sent(file)
        if not taken.uri or not taken.name:
            raise upload_broken_off()
        return MediaFile(file.mimetype, uri=taken.uri, upload=taken.name)

    async def _sent(self, file: MediaFile) -> File:
        try:
            return await self.client.files.upload(
                file=BytesIO(file.content),
                # Behind a gateway all requests go to the gateway, whatever address Google names.
                config=UploadFileConfig(
                    mime_type=file.mimetype,
                    http_options=HttpOptions(base_url=self.client.access.base_url),
                ),
            )
        except (UnknownApiResponseError, TypeError) as error:
            # No JSON object: a server in between answered, not Gemini.
            raise ModelUnavailable("Gemini could not be reached (no JSON object).") from error
        except (AttributeError, LookupError, ValueError) as error:
            # The library's error for a file without a description after its last chunk.
            raise upload_broken_off() from error

    async def until_ready(self, file: MediaFile) -> None:
        """Wait until Gemini has processed the file: moments for an image, longer for a video.

        A failed look counts as a file that is not ready.
        """
        try:
            async with asyncio.timeout(self.processing_s):
                while not await self._is_ready(file):
                    await self.sleep(self.look_every_s)
        except TimeoutError as error:
            raise FileUnusable("Gemini processes it too long.", reason="file_too_slow") from error

    async def _is_ready(self, file: MediaFile) -> bool:
        try:
            with plainly(), one_call():
                state = (await self.client.files.get(name=file.upload or "")).state
        except ModelUnavailable:
            return False
        if state is FileState.FAILED:
            raise FileUnusable("Gemini cannot read the file.", reason="file_unreadable")
        return state is FileState.ACTIVE

    async def forget(self, file: MediaFile) -> None:
        try:
            with plainly():
                async with asyncio.timeout(self.forget_s):
                    with one_call():
                        await self.client.files.delete(name=file.upload or "")
        except MechachangError as error:
            log.warning("An uploaded file stays.", action="upload_not_deleted", why=error.reason)
