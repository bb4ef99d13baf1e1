"""Gemini as the language model."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

from google.genai.errors import APIError

from processor_service.gemini.capabilities import ModelCapabilities
from processor_service.gemini.client import GeminiClient
from processor_service.gemini.continuation import AnswerSoFar
from processor_service.gemini.errors import meaning, plainly
from processor_service.gemini.requests import request_of
from processor_service.ports.citations import Citations
from processor_service.ports.generation_options import GenerationOptions
from processor_service.ports.model import Chunk, Prompt

_CHECK_S: Final = 5.0


class _Refused(Exception):
    """Gemini did not begin an answer, and said why."""

    def __init__(self, error: APIError) -> None:
        super().__init__(f"{error.code} {error.status}")
        self.error = error


class GeminiModel:
    """``ports.Model`` on Gemini."""

    def __init__(self, client: GeminiClient) -> None:
        self._client = client
        self._capabilities = ModelCapabilities()

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        """The answer piece by piece. Closing the generator closes the connection to Gemini.

        If the model rejects an option, it is asked again without that option.
        """
        options = self._capabilities.options(prompt, model)
        while True:
            try:
                async with aclosing(self._pieces(prompt, model, options)) as pieces:
                    async for piece in pieces:
                        yield piece
            except _Refused as refused:
                error = refused.error
                lesser = self._capabilities.fallback_options(
                    options, error.code, error.message or "", prompt, model
                )
                if lesser is None:
                    raise meaning(error) from error
                options = lesser
            else:
                return

    async def _pieces(
        self, prompt: Prompt, model: str, options: GenerationOptions
    ) -> AsyncGenerator[Chunk, None]:
        """Raises _Refused for an error in place of the first piece."""
        body = request_of(prompt, options)
        so_far = AnswerSoFar(Citations(missing=bool(prompt.options.tools) and not options.tools))
        with plainly():
            try:
                while so_far.goes_on:
                    asked = self._client.stream(model, so_far.request(body))
                    async with aclosing(asked) as chunks:
                        async for chunk in chunks:
                            yield so_far.read(chunk)
            except APIError as error:
                if so_far.begun:
                    raise
                raise _Refused(error) from error

    async def check(self, model: str) -> None:
        """Ask for the model's description; raises as ``stream`` does."""
        with plainly():
            async with asyncio.timeout(_CHECK_S):
                await self._client.check(model)
