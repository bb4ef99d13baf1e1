"""Getting one whole answer out of the model: attempts, back-off, and the fallback model."""

from contextlib import aclosing
from dataclasses import dataclass

from processor_service.ports import Answer, Model, Piece, Prompt
from processor_service.retrying import Sleep, patiently
from shared.errors import ModelRefused, ModelUnavailable
from shared.log import get_logger

log = get_logger(__name__)


@dataclass(frozen=True)
class Generation:
    """Which models are asked and how often; ``retries`` are further attempts after the first."""

    model: str
    fallback_model: str | None
    retries: int
    sleep: Sleep


async def generate(prompt: Prompt, model: Model, generation: Generation) -> Answer:
    """One whole answer. Raises ModelUnavailable, ModelRefused or ModelRejected; never empty."""
    attempts = patiently(generation.retries + 1, generation.sleep)
    try:
        return await attempts(_attempt, prompt, model, generation.model)
    except ModelUnavailable as error:
        fallback = generation.fallback_model
        if not fallback or fallback == generation.model:
            raise
        log.warning(
            "The model gave no answer; its fallback is asked.",
            action="model_fallback",
            reason=error.reason,
        )
        return await _attempt(prompt, model, fallback)


async def _attempt(prompt: Prompt, model: Model, name: str) -> Answer:
    texts: list[str] = []
    last = Piece()
    async with aclosing(model.stream(prompt, name)) as pieces:
        async for piece in pieces:
            texts.append(piece.text)
            last = piece
    if not last.finished:
        raise ModelUnavailable("The answer broke off before its end.", reason="answer_cut")
    text = "".join(texts).strip()
    if not text:
        raise ModelRefused("The answer was empty.", reason="answer_empty")
    return Answer(text, name, last.truncated, last.prompt_tokens, last.output_tokens)
