"""Gemini's Files API: the store for what is too large for a request."""

import asyncio
from dataclasses import dataclass
from io import BytesIO

from google import genai
from google.genai import types

from processor_service.gemini_model import translated
from processor_service.ports import MediaFile
from processor_service.retrying import Sleep
from shared.errors import FileUnusable, ModelUnavailable
from shared.log import get_logger

log = get_logger(__name__)


@dataclass(frozen=True)
class GeminiFiles:
    """``ports.Uploads`` on Gemini. ``processing_s`` bounds how long a video is processed."""

    client: genai.Client
    upload_s: float = 90.0
    processing_s: float = 120.0
    look_every_s: float = 1.0
    forget_s: float = 3.0
    sleep: Sleep = asyncio.sleep

    @property
    def takes_uploads(self) -> bool:
        """Vertex AI has no Files API."""
        return not self.client.vertexai

    async def upload(self, file: MediaFile) -> MediaFile:
        """The file in Gemini's store. One whose confirmation is lost stays there for 48 hours."""
        config = types.UploadFileConfig(mime_type=file.mimetype)
        try:
            async with asyncio.timeout(self.upload_s):
                content = BytesIO(file.content)
                taken = await self.client.aio.files.upload(file=content, config=config)
        except (KeyError, ValueError) as error:
            # So the SDK calls an answer without the headers of the upload protocol.
            raise ModelUnavailable("Gemini broke the upload of a file off.") from error
        except Exception as error:
            raise translated(error) from error
        return MediaFile(file.mimetype, uri=taken.uri, upload=taken.name)

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
            state = (await self.client.aio.files.get(name=file.upload or "")).state
        except Exception as error:
            meaning = translated(error)
            if isinstance(meaning, ModelUnavailable):
                return False
            raise meaning from error
        if state is types.FileState.FAILED:
            raise FileUnusable("Gemini cannot read the file.", reason="file_unreadable")
        return state is types.FileState.ACTIVE

    async def forget(self, file: MediaFile) -> None:
        """Delete the file, if Gemini lets us within moments."""
        try:
            async with asyncio.timeout(self.forget_s):
                await self.client.aio.files.delete(name=file.upload or "")
        except Exception as error:
            why = type(error).__name__
            log.warning("An uploaded file stays.", action="upload_not_deleted", why=why)
