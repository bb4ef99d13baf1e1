"""Getting one whole answer out of the model: attempts, back-off, and the fallback model."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Final

from processor_service.circuit_breaker import CircuitBreaker
from processor_service.ports import Answer, Model, Piece, Prompt
from processor_service.retrying import Patience, patiently
from shared.errors import ModelRefused, ModelRejected, ModelUnavailable
from shared.log import get_logger

log = get_logger(__name__)

# The vendor works, it only said nothing: no reason to stop asking it.
_NOT_THE_VENDOR: Final = frozenset({"answer_empty", "model_circuit_open"})


@dataclass(frozen=True)
class Generation:
    """Which models are asked, and how patiently: ``patience`` is for the main model.

    The circuit breakers are this process's own: what one instance sees failing, the next one finds
    out after a few calls of its own.
    """

    model: str
    fallback_model: str | None
    patience: Patience
    breakers: dict[str, CircuitBreaker] = field(default_factory=dict)

    @property
    def fallback(self) -> str | None:
        """The second model, if there is one that differs from the first."""
        return self.fallback_model if self.fallback_model != self.model else None

    def breaker(self, model: str) -> CircuitBreaker:
        """The circuit breaker of ``model``."""
        return self.breakers.setdefault(model, CircuitBreaker(model))


async def generate(prompt: Prompt, model: Model, generation: Generation, until: float) -> Answer:
    """One whole answer, never an empty one; no attempt begins after ``until``.

    Nothing of it is visible yet, so that another attempt and another model may start afresh. Raises
    ModelUnavailable, ModelRefused or ModelRejected.
    """
    attempts = patiently(generation.patience.ending(until))
    try:
        return await attempts(_attempt, prompt, model, generation)
    except (ModelUnavailable, ModelRejected) as error:
        if generation.fallback is None or not _worth_the_fallback(error):
            raise _final(error) from error
        _log_fallback(error.reason)
    try:
        return await _guarded(prompt, model, generation.fallback, generation)
    except ModelUnavailable as error:
        raise _final(error) from error


def _worth_the_fallback(error: ModelUnavailable | ModelRejected) -> bool:
    return isinstance(error, ModelUnavailable) or error.reason == "model_not_found"


def _final(error: ModelUnavailable | ModelRejected) -> Exception:
    """What the asker is to be told: models that say nothing will not say more to a redelivery."""
    return (
        ModelRefused(str(error), reason=error.reason) if error.reason == "answer_empty" else error
    )


async def _attempt(prompt: Prompt, model: Model, generation: Generation) -> Answer:
    """Ask the main model, or the fallback at once while the main one is known to fail."""
    if generation.breaker(generation.model).wait_s() == 0 or generation.fallback is None:
        return await _guarded(prompt, model, generation.model, generation)
    return await _guarded(prompt, model, generation.fallback, generation)


async def _guarded(prompt: Prompt, model: Model, name: str, generation: Generation) -> Answer:
    breaker = generation.breaker(name)
    if not breaker.take():
        raise ModelUnavailable(
            f"{name} keeps failing and is not asked.",
            reason="model_circuit_open",
            retry_after_s=breaker.wait_s(),
        )
    try:
        answer = await _whole(model.stream(prompt, name), name)
    except ModelUnavailable as error:
        if error.reason not in _NOT_THE_VENDOR:
            breaker.failed()
        _log_failed_attempt(name, error)
        raise
    except (ModelRefused, ModelRejected):
        breaker.succeeded()
        raise
    breaker.succeeded()
    return answer


async def _whole(stream: AsyncGenerator[Piece, None], name: str) -> Answer:
    texts: list[str] = []
    last = Piece()
    async with aclosing(stream) as pieces:
        async for piece in pieces:
            texts.append(piece.text)
            last = piece
    if not last.finished:
        raise ModelUnavailable("The answer broke off before its end.", reason="answer_cut")
    text = "".join(texts).strip()
    if not text and last.truncated:
        raise ModelRefused("The limit was reached before a word.", reason="length_limit")
    if not text:
        raise ModelUnavailable("The answer was empty.", reason="answer_empty")
    return Answer(text, name, last.truncated, last.prompt_tokens, last.output_tokens)


def _log_failed_attempt(name: str, error: ModelUnavailable) -> None:
    log.warning(
        "An attempt at the model failed.",
        action="model_attempt_failed",
        model=name,
        reason=error.reason,
        why=str(error),
    )


def _log_fallback(reason: str) -> None:
    log.warning(
        "The model gave no answer; its fallback is asked.", action="model_fallback", reason=reason
    )
