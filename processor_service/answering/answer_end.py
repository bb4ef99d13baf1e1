"""A model's answer up to its end: nothing that follows the end undoes it."""

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Final, Protocol

from processor_service.ports.answers import Answer
from processor_service.ports.citations import Citations
from processor_service.ports.model import AnswerFormat, Chunk, ParsedAnswer, Prompt
from shared.errors import Cancelled, MechachangError, ModelRefused, ModelUnavailable
from shared.task import Mode
from shared.telemetry.log import get_logger

log = get_logger(__name__)


class Asked(Protocol):
    """The part of a request that decides what its answer is."""

    @property
    def prompt(self) -> Prompt:
        """What was asked."""

    @property
    def tools_failed(self) -> bool:
        """Whether it should have used tools, and did not."""


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


def whole_answer(text: str, last: Chunk, model: str, request: "Asked") -> Answer:
    """The answer that ``text`` is, with its ``last`` piece.

    Raises ModelUnavailable, ModelRefused or Cancelled if it is not an answer.
    """
    if not last.finished:
        raise ModelUnavailable("The answer broke off before its end.", reason="answer_cut")
    reading = _reading(text, request.prompt.answer_format, cut=last.truncated or last.stopped)
    if not reading.text and last.stopped:
        raise Cancelled("The answer was stopped before a word.")
    if not reading.text and last.truncated:
        raise ModelRefused("The limit was reached before a word.", reason="length_limit")
    if not reading.text:
        raise ModelUnavailable("The answer was empty.", reason="answer_empty")
    return Answer(
        reading.text,
        model,
        last.truncated,
        last.prompt_tokens,
        last.output_tokens,
        reading.mode or Mode.CHAT,
        replace(last.sources, missing=last.sources.missing or request.tools_failed),
        last.stopped,
    )


def _reading(text: str, answer_format: AnswerFormat | None, *, cut: bool) -> ParsedAnswer:
    return (
        answer_format.read(text, cut=cut)
        if answer_format and text
        else ParsedAnswer(text, Mode.CHAT)
    )


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
