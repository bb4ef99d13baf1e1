"""A model's answer up to its end: once it is whole, nothing that follows undoes it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from processor_service.ports.citations import Citations
from processor_service.ports.model import Chunk
from shared.errors import MechachangError
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# What follows the end (usage, sources, a signature) comes with it or never.
_REST_WITHIN_S: Final = 1.0


async def to_its_end(pieces: AsyncGenerator[Chunk, None]) -> AsyncGenerator[Chunk, None]:
    """The pieces; after the one that ends the answer, each repeats its end.

    A failure or a silence after that piece is ignored.
    """
    end: Chunk | None = None
    async with aclosing(pieces):
        while (piece := await _next(pieces, end)) is not None:
            piece = piece if end is None else _behind(end, piece)
            yield piece
            end = piece if piece.finished else None


async def _next(pieces: AsyncGenerator[Chunk, None], end: Chunk | None) -> Chunk | None:
    if end is None:
        return await anext(pieces, None)
    try:
        async with asyncio.timeout(_REST_WITHIN_S):
            return await anext(pieces, None)
    except (MechachangError, TimeoutError) as error:
        log.warning(
            "A failure after the end of an answer is ignored.",
            action="answer_end_kept",
            error=type(error).__name__,
        )
        return None


def _behind(end: Chunk, piece: Chunk) -> Chunk:
    return replace(
        end,
        text=piece.text,
        prompt_tokens=piece.prompt_tokens or end.prompt_tokens,
        output_tokens=piece.output_tokens or end.output_tokens,
        sources=end.sources if piece.sources == Citations() else piece.sources,
    )
