"""A second model is asked beside a silent one, and whichever speaks first gives the answer."""

import asyncio
from collections.abc import AsyncGenerator, Mapping
from dataclasses import dataclass, field, replace

import pytest

from processor_service.answering.generate import HANGS_WITHIN_S, generate
from processor_service.answering.generation import Generation, GenerationRequest
from processor_service.ports.answers import Answer
from processor_service.ports.generation_options import GenerationOptions, HedgeTimes, Thinking
from processor_service.ports.model import Chunk, Prompt
from processor_service.resilience.circuit_breaker import MINIMUM
from shared.errors import ModelRefused, ModelUnavailable
from shared.retry import RetryPolicy
from shared.telemetry import metrics
from tests.support.counted import Counted
from tests.support.fakes.processor.model import Blind, saying, whole
from tests.support.fakes.processor.retrying import Naps

PROMPT = Prompt("system", "question")
AT_ONCE = HedgeTimes({"default": 0.01})
SILENT = ModelUnavailable("no word", reason="model_silent")


@dataclass
class Duet:
    """Two models, each with its script; one without a script waits until it is let go."""

    scripts: Mapping[str, list[Chunk | Exception]]
    asked: list[str] = field(default_factory=list)
    closed: list[str] = field(default_factory=list)
    goes: asyncio.Event = field(default_factory=asyncio.Event)

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        self.asked.append(model)
        try:
            for piece in self.scripts.get(model, ()):
                if isinstance(piece, Exception):
                    raise piece
                yield piece
            if model not in self.scripts:
                await self.goes.wait()
                for piece in saying("at last"):
                    assert isinstance(piece, Chunk)
                    yield piece
        finally:
            self.closed.append(model)


class Watching(Blind):
    """Counts how often it was told that the model is slow."""

    def __init__(self) -> None:
        self.slow_times = 0

    def slow(self) -> None:
        self.slow_times += 1


def a_generation(times: HedgeTimes = AT_ONCE) -> Generation:
    return Generation("main", "spare", RetryPolicy(1, Naps()), hedge=times)


def a_request(model: Duet) -> GenerationRequest:
    return GenerationRequest(PROMPT, model, Watching())


async def answered(request: GenerationRequest, generation: Generation) -> Answer:
    async with asyncio.timeout(5):
        until = asyncio.get_running_loop().time() + 1000.0
        return await whole(generate(request, generation, until))


async def test_a_silent_model_is_ended_once_the_fallback_speaks(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    model = Duet({"spare": saying("ok")})
    hedges = Counted(metrics.GEMINI_HEDGES, monkeypatch)
    attempts = Counted(metrics.GEMINI_ATTEMPTS, monkeypatch)
    assert (await answered(a_request(model), a_generation())).model == "spare"
    assert model.asked == ["main", "spare"]
    assert sorted(model.closed) == ["main", "spare"]
    assert hedges.series() == [(1, {"winner": "second"})]
    # A model that hangs rings the alert, though nobody waits for it.
    assert (1, {"model": "main", "outcome": "model_silent"}) in attempts.series()


async def test_a_model_that_speaks_in_time_is_asked_alone() -> None:
    model = Duet({"main": saying("ok")})
    generation = a_generation(HedgeTimes({"default": 60.0}))
    assert (await answered(a_request(model), generation)).model == "main"
    assert model.asked == ["main"]


async def test_the_first_model_still_answers_if_it_speaks_before_the_second() -> None:
    model = Duet({})

    class LetsGo(Watching):
        def slow(self) -> None:
            super().slow()
            asyncio.get_running_loop().call_soon(model.goes.set)

    request = replace(a_request(model), listener=LetsGo())
    answer = await answered(request, a_generation())
    assert answer.text == "at last"
    assert answer.model == "main"
    assert sorted(model.closed) == sorted(model.asked)


async def test_a_second_model_that_fails_leaves_the_first_one_its_time() -> None:
    model = Duet({"spare": [ModelUnavailable("503")]})
    request = a_request(model)
    running = asyncio.create_task(answered(request, a_generation()))
    async with asyncio.timeout(5):
        while "spare" not in model.closed:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0)
    assert not running.done()
    model.goes.set()
    assert (await running).model == "main"


async def test_no_second_model_is_asked_while_its_circuit_is_open() -> None:
    model, generation = Duet({}), a_generation()
    for _ in range(MINIMUM):
        call = generation.breaker("spare").try_acquire()
        assert call is not None
        call.failed()
    assert generation.breaker("spare").is_open
    request = a_request(model)
    running = asyncio.create_task(answered(request, generation))
    await _told_slow(request)
    model.goes.set()
    assert (await running).model == "main"
    assert model.asked == ["main"]


async def test_no_second_model_is_asked_once_the_days_tokens_are_used_up() -> None:
    async def never() -> bool:
        return False

    model = Duet({})
    request = replace(a_request(model), may_hedge=never)
    running = asyncio.create_task(answered(request, a_generation()))
    await _told_slow(request)
    model.goes.set()
    assert (await running).model == "main"
    assert model.asked == ["main"]


async def _told_slow(request: GenerationRequest) -> None:
    listener = request.listener
    assert isinstance(listener, Watching)
    async with asyncio.timeout(5):
        while not listener.slow_times:  # noqa: ASYNC110 - the listener tells nobody
            await asyncio.sleep(0)


async def test_models_that_lose_to_their_fallback_open_their_circuit() -> None:
    generation = a_generation()
    for _ in range(MINIMUM):
        await answered(a_request(Duet({"spare": saying("ok")})), generation)
    model = Duet({"spare": saying("ok")})
    await answered(a_request(model), generation)
    assert model.asked == ["spare"]


async def test_a_cancelled_question_ends_both_requests() -> None:
    model = Duet({})
    running = asyncio.create_task(answered(a_request(model), a_generation()))
    async with asyncio.timeout(5):
        while len(model.asked) < 2:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0)
        running.cancel()
        with pytest.raises(asyncio.CancelledError):
            await running
    assert sorted(model.closed) == ["main", "spare"]


async def test_models_that_hang_end_in_a_notice_and_not_in_further_minutes() -> None:
    model = Duet({"main": [SILENT], "spare": [SILENT]})
    generation = replace(
        a_generation(), silence_s=HANGS_WITHIN_S + 1, patience=RetryPolicy(4, Naps())
    )
    with pytest.raises(ModelRefused) as refused:
        await answered(a_request(model), generation)
    assert refused.value.reason == "model_silent"
    assert model.asked == ["main"]


def test_the_most_exact_name_says_how_long_a_model_may_be_silent() -> None:
    times = HedgeTimes({"main": 20.0, "main low": 5.0, "medium": 0.0})
    assert times.of("main", Thinking.LOW) == 5.0
    assert times.of("main", Thinking.HIGH) == 20.0
    assert times.of("other", Thinking.MEDIUM) == 0.0
    assert times.of("other", Thinking.HIGH) == 25.0
    assert times.of("other", GenerationOptions().thinking) == 12.0
