"""Gemini as the model."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace

from processor_service.attempts import received
from processor_service.gemini_answers import (
    Chunk,
    has_text,
    pages_of,
    piece_of,
    searches_of,
    usage_of,
)
from processor_service.gemini_api import GeminiApi
from processor_service.gemini_errors import ApiError, plainly
from processor_service.gemini_requests import request_of
from processor_service.manners import Manner
from processor_service.ports.model import Piece, Prompt
from processor_service.refusals import Refusal, Refusals
from processor_service.research import Research
from shared.errors import ModelUnavailable

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

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Piece, None]:
        """The answer piece by piece. Closing the generator closes the connection to Gemini.

        What the model refuses of the prompt's manner is left out, and it is asked again.
        """
        manner = self._refusals.manner(prompt, model)
        while True:
            try:
                async with aclosing(self._pieces(prompt, model, manner)) as pieces:
                    async for piece in pieces:
                        yield piece
            except _Refused as refused:
                lesser = self._refusals.lesser(manner, refused.refusal, prompt, model)
                if lesser is None:
                    raise refused.error.meaning() from refused.error
                manner = lesser
            else:
                return

    async def _pieces(
        self, prompt: Prompt, model: str, manner: Manner
    ) -> AsyncGenerator[Piece, None]:
        """Raises _Refused for an error in place of the first piece."""
        url = self._api.access.streaming(model)
        sources = Research(missing=bool(prompt.manner.tools) and not manner.tools)
        begun = False
        with plainly():
            try:
                async with aclosing(self._api.stream(url, request_of(prompt, manner))) as chunks:
                    async for chunk in chunks:
                        begun = True
                        piece, sources = _read(chunk, sources)
                        yield piece
            except ApiError as error:
                if begun:
                    raise
                raise _Refused(error) from error

    async def check(self, model: str) -> None:
        """Ask for the model's description; raises as ``stream`` does."""
        with plainly():
            async with asyncio.timeout(_CHECK_S):
                await self._api.json("GET", self._api.access.description(model))


def _read(chunk: Chunk, sources: Research) -> tuple[Piece, Research]:
    """The piece, and what was looked up so far."""
    try:
        pages, searches = pages_of(chunk), searches_of(chunk)
        if pages or searches:
            sources = sources.plus(pages, searches)
        received(usage_of(chunk), text=has_text(chunk))
        return replace(piece_of(chunk), sources=sources), sources
    except (AttributeError, LookupError, TypeError) as error:
        raise ModelUnavailable("Gemini answered in an unknown form.") from error
