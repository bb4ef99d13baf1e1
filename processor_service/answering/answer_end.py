"""A model's answer up to its end: nothing that follows the end undoes it."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import replace
from typing import Final

from processor_service.ports.answers import Answer
from processor_service.ports.citations import Citations
from processor_service.ports.model import AnswerFormat, Chunk, ParsedAnswer
from processor_service.resilience.fair_timeout import fair_timeout
from shared.errors import Cancelled, MechachangError, ModelRefused, ModelUnavailable
from shared.task import Mode
from shared.telemetry.log import get_logger

log = get_logger(__name__)


# Anything after the end (usage, sources, a signature) comes with it or never.
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


def whole_answer(
    text: str, last: Chunk, model: str, form: AnswerFormat | None, *, tools_failed: bool
) -> Answer:
    """The answer that ``text`` is, with its ``last`` piece; ``tools_failed``: it should have used
    tools, and did not.

    Raises ModelUnavailable, ModelRefused or Cancelled if it is not an answer.
    """
    if not last.finished:
        raise ModelUnavailable("The answer broke off before its end.", reason="answer_cut")
    reading = ParsedAnswer(text, Mode.CHAT)
    if form and text:
        reading = form.read(text, cut=last.truncated or last.stopped)
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
        replace(last.sources, missing=last.sources.missing or tools_failed),
        last.stopped,
    )


async def _next(pieces: AsyncGenerator[Chunk, None], end: Chunk | None) -> Chunk | None:
    if end is None:
        return await anext(pieces, None)
    try:
        async with fair_timeout(_REST_WITHIN_S):
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
