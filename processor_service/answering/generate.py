"""Getting one whole answer out of the model: attempts, back-off, and the fallback model."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing, contextmanager
from dataclasses import replace
from functools import partial
from typing import Final

from processor_service.answering.answer_end import to_its_end, whole_answer
from processor_service.answering.generation import Generation, GenerationRequest, Progress
from processor_service.answering.hedge import Lane, hedged
from processor_service.ports.citations import Citations
from processor_service.ports.model import Chunk
from processor_service.prompt.lookups import with_tools
from processor_service.resilience.circuit_breaker import Call
from processor_service.resilience.outage_wait import AWAY, OutageWait
from processor_service.telemetry.attempt_metrics import attempt_at, gave_way
from shared.errors import ModelRefused, ModelRejected, ModelUnavailable
from shared.retry import Retries
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# The vendor works: it said nothing useful, or how long to wait. No reason to stop asking it.
_WORKS: Final = frozenset(
    {"answer_empty", "answer_malformed", "question_declined", "model_rate_limited"}
)
# Another model may be there, and has quotas of its own.
_OF_ONE_MODEL: Final = frozenset({"model_not_found", "model_daily_quota"})

# These would be untrue of a model that has begun to answer.
_SILENCE: Final = frozenset({"model_silent", "model_unavailable"})


# If a model hangs, its user has another model's answer or a notice within this time.
HANGS_WITHIN_S: Final = 90.0

# A waiting user knows why within 15 s; a circuit stays open for 4 s and a little more.
_KEPT_AFTER_S: Final = 8.0

_NOTHING_FOUND: Final = Citations()


async def generate(
    request: GenerationRequest, generation: Generation, until: float
) -> AsyncGenerator[Progress, None]:
    """The text so far whenever the listener is due, and last one whole answer, never an empty one.

    No attempt begins after ``until``. The fallback model is asked only while no word is visible:
    the words of two models are never mixed. Raises ModelUnavailable, ModelRefused or ModelRejected.
    It has no frame on the stack while its caller shows a piece.
    """
    waiting = OutageWait(generation.hold_s, until, generation.kept)
    generation = generation.waking()
    with waiting.counted():
        while True:
            try:
                async with aclosing(_ask_models(request, generation, waiting.end)) as steps:
                    async for step in steps:
                        yield step
            except ModelUnavailable as error:
                pause_s = waiting.pause_s(error)
                if pause_s is None:
                    if error.begun and error.reason in _SILENCE:
                        error.reason = "answer_cut"
                    raise
                request.listener.kept(busy=error.reason == "model_rate_limited")
            else:
                return
            await generation.patience.sleep(pause_s)
            generation = replace(generation, patience=replace(generation.patience, attempts=1))


async def _ask_models(
    request: GenerationRequest, generation: Generation, until: float
) -> AsyncGenerator[Progress, None]:
    retries, last = Retries(generation.patience.ending(until)), False
    began = asyncio.get_running_loop().time()
    while True:
        name = (generation.fallback if last else None) or _first_asked(request, generation)
        try:
            async with aclosing(_ask_beside(request, name, generation)) as steps:
                async for step in steps:
                    yield step
        except (ModelUnavailable, ModelRejected) as error:
            _check_patience(error, began, generation)
            _tell_why(error, began, request)
            if error.reason == "model_circuit_open" and generation.kept.stopping.requested:
                raise
            if not last and isinstance(error, ModelUnavailable) and await retries.again(error):
                continue
            if last or not _worth_the_fallback(error, request, generation):
                raise _final(error) from error
            log.warning(
                "The model gave no answer; the fallback is asked.",
                action="model_fallback",
                reason=error.reason,
            )
            request, last = _last(request, error), True
        else:
            return


def _last(request: GenerationRequest, error: ModelUnavailable | ModelRejected) -> GenerationRequest:
    """The request of the last attempt: after failures without tools, which may be the cause."""
    if not isinstance(error, ModelUnavailable) or not request.prompt.options.tools:
        return request
    return replace(request, prompt=with_tools(request.prompt, ()), tools_failed=True)


def _worth_the_fallback(
    error: ModelUnavailable | ModelRejected, request: GenerationRequest, generation: Generation
) -> bool:
    if generation.fallback is None or request.listener.visible:
        return False
    return isinstance(error, ModelUnavailable) or error.reason in _OF_ONE_MODEL


def _check_patience(
    error: ModelUnavailable | ModelRejected, began: float, generation: Generation
) -> None:
    """Raise ModelRefused after a silence if another silence would take too long: nobody waits
    minutes for a model that takes each question and says nothing to any.
    """
    took_s = asyncio.get_running_loop().time() - began
    if error.reason == "model_silent" and took_s + generation.silence_s > HANGS_WITHIN_S:
        reason = "answer_cut" if getattr(error, "begun", False) else error.reason
        raise ModelRefused(str(error), reason=reason) from error


def _tell_why(
    error: ModelUnavailable | ModelRejected, began: float, request: GenerationRequest
) -> None:
    """Show that the question is kept once the wait will be long, else that it is tried again."""
    if not isinstance(error, ModelUnavailable) or error.reason not in AWAY:
        return
    took_s = asyncio.get_running_loop().time() - began
    if took_s + (error.retry_after_s or 0.0) > _KEPT_AFTER_S:
        request.listener.kept(busy=error.reason == "model_rate_limited")
    else:
        request.listener.retrying()


def _ask_beside(
    request: GenerationRequest, name: str, generation: Generation
) -> AsyncGenerator[Progress, None]:
    """An attempt at the model, and one at the fallback beside it if the model says nothing."""
    fallback, calls = generation.fallback, dict[str, Call]()

    def lane(model: str) -> Lane:
        return Lane(model, _ask(request, model, generation, calls))

    async def second() -> Lane | None:
        if fallback is None or fallback == name or request.listener.visible:
            return None
        resting = generation.breaker(fallback).is_open
        return None if resting or not await request.may_hedge() else lane(fallback)

    def lost() -> None:
        # A model that says nothing for so long has failed; if all its calls do, it is not asked for
        # a while.
        calls[name].failed()
        gave_way(name)

    after_s = generation.hedge.of(name, request.prompt.options.thinking)
    return hedged(partial(lane, name), second, after_s, slow=request.listener.slow, lost=lost)


def _final(error: ModelUnavailable | ModelRejected) -> Exception:
    """The error for the user: models that say nothing will not say more to a redelivery."""
    final = error.reason in {"answer_empty", "question_declined"}
    return ModelRefused(str(error), reason=error.reason) if final else error


def _first_asked(request: GenerationRequest, generation: Generation) -> str:
    """The main model, or the fallback while the main one is known to fail."""
    main, fallback = generation.model, generation.fallback
    if fallback is None or request.listener.visible:
        return main
    # If both wait, the shorter wait is the one to report.
    return min(main, fallback, key=lambda name: generation.breaker(name).wait_s())


async def _ask(
    request: GenerationRequest, name: str, generation: Generation, calls: dict[str, Call]
) -> AsyncGenerator[Progress, None]:
    form, texts, last = request.prompt.answer_format, list[str](), Chunk()
    with _guarded(request, name, generation) as call:
        calls[name] = call
        if name != generation.model:
            request.listener.instead(name)
        try:
            async with aclosing(to_its_end(request.model.stream(request.prompt, name))) as chunks:
                async for last in chunks:
                    call.succeeded()
                    speaks = bool(last.text) and not any(texts)
                    texts.append(last.text)
                    if last.sources != _NOTHING_FOUND:
                        request.listener.looked_up(last.sources)
                    if not last.finished and (speaks or request.listener.due):
                        so_far = "".join(texts)
                        yield form.growing(so_far) if form else so_far
        except ModelUnavailable as error:
            error.begun = any(texts)
            raise
        answer = whole_answer(
            "".join(texts).strip(), last, name, form, tools_failed=request.tools_failed
        )
    yield answer


@contextmanager
def _guarded(request: GenerationRequest, name: str, generation: Generation) -> Iterator[Call]:
    """An attempt within its circuit breaker, which records its end."""
    breaker = generation.breaker(name)
    call = breaker.try_acquire()
    if call is None:
        raise ModelUnavailable(
            f"{name} keeps failing and is not asked.",
            reason="model_circuit_open",
            retry_after_s=breaker.wait_s(),
        )
    try:
        with attempt_at(name, generation.prices):
            yield call
    except ModelUnavailable as error:
        (call.succeeded if error.reason in _WORKS else call.failed)()
        log.warning(
            "An attempt at the model failed.",
            action="model_attempt_failed",
            model=name,
            reason=error.reason,
            why=str(error),
        )
        request.listener.retrying()
        raise
    except (ModelRefused, ModelRejected):
        call.succeeded()
        raise
