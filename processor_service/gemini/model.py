"""Gemini as the language model."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from contextlib import aclosing
from typing import Any, Final

from google.genai.errors import APIError

from processor_service.gemini.capabilities import ModelCapabilities
from processor_service.gemini.client import GeminiClient
from processor_service.gemini.continuation import AnswerSoFar
from processor_service.gemini.errors import plainly
from processor_service.gemini.requests import request_of
from processor_service.ports.citations import Citations
from processor_service.ports.model import Chunk, Prompt

_CHECK_S: Final = 5.0


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
        with plainly():
            while True:
                missing = bool(prompt.options.tools) and not options.tools
                so_far = AnswerSoFar(Citations(missing=missing))
                try:
                    body = request_of(prompt, options)
                    async with aclosing(self._pieces(model, body, so_far)) as pieces:
                        async for piece in pieces:
                            yield piece
                except APIError as error:
                    if so_far.begun:
                        raise
                    lesser = self._capabilities.fallback_options(
                        options, error.code, error.message or "", prompt, model
                    )
                    if lesser is None:
                        raise
                    options = lesser
                else:
                    return

    async def _pieces(
        self, model: str, body: Mapping[str, Any], so_far: AnswerSoFar
    ) -> AsyncGenerator[Chunk, None]:
        while so_far.goes_on:
            async with aclosing(self._client.stream(model, so_far.request(body))) as chunks:
                async for chunk in chunks:
                    yield so_far.read(chunk)

    async def check(self, model: str) -> None:
        """Ask for the model's description; raises as ``stream`` does."""
        with plainly():
            async with asyncio.timeout(_CHECK_S):
                await self._client.check(model)
