"""Gemini as the model."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing

from processor_service.gemini_api import GeminiApi
from processor_service.gemini_continuation import AnswerSoFar
from processor_service.gemini_errors import ApiError, plainly
from processor_service.gemini_requests import request_of
from processor_service.ports.citations import Citations
from processor_service.ports.generation_options import GenerationOptions
from processor_service.ports.model import Chunk, Prompt
from processor_service.refusals import Refusal, Refusals

_CHECK_S = 5.0


class _Refused(Exception):
    """Gemini did not begin an answer but said why not."""

    def __init__(self, error: ApiError) -> None:
        super().__init__(str(error))
        self.error = error
        self.refusal = Refusal(error.code, error.message)


class GeminiModel:
    """``ports.Model`` on Gemini."""

    def __init__(self, api: GeminiApi) -> None:
        self._api = api
        self._refusals = Refusals()

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        """The answer piece by piece. Closing the generator closes the connection to Gemini.

        What the model refuses of the prompt's manner is left out, and it is asked again.
        """
        options = self._refusals.options(prompt, model)
        while True:
            try:
                async with aclosing(self._pieces(prompt, model, options)) as pieces:
                    async for piece in pieces:
                        yield piece
            except _Refused as refused:
                lesser = self._refusals.lesser(options, refused.refusal, prompt, model)
                if lesser is None:
                    raise refused.error.meaning() from refused.error
                options = lesser
            else:
                return

    async def _pieces(
        self, prompt: Prompt, model: str, options: GenerationOptions
    ) -> AsyncGenerator[Chunk, None]:
        """Raises _Refused for an error in place of the first piece."""
        url, body = self._api.access.streaming(model), request_of(prompt, options)
        so_far = AnswerSoFar(Citations(missing=bool(prompt.options.tools) and not options.tools))
        with plainly():
            try:
                while so_far.goes_on:
                    async with aclosing(self._api.stream(url, so_far.request(body))) as chunks:
                        async for chunk in chunks:
                            yield so_far.read(chunk)
            except ApiError as error:
                if so_far.begun:
                    raise
                raise _Refused(error) from error

    async def check(self, model: str) -> None:
        """Ask for the model's description; raises as ``stream`` does."""
        with plainly():
            async with asyncio.timeout(_CHECK_S):
                await self._api.json("GET", self._api.access.description(model))
