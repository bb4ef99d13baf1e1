import asyncio
import gc
import time
import weakref
from collections.abc import AsyncGenerator
from contextlib import suppress
from dataclasses import replace

import pytest

from processor_service.answering.generate import generate
from processor_service.answering.generation import Generation, GenerationRequest
from processor_service.ports.answers import Answer
from processor_service.ports.citations import Citations, WebPage
from processor_service.ports.generation_options import GenerationOptions, OptionsByMode, Tool
from processor_service.ports.model import Chunk, Prompt
from processor_service.prompt.build import PromptConfig, prompt_for
from processor_service.prompt.lookups import lookups_told
from processor_service.prompt.response_schema import JsonFormat
from processor_service.resilience.circuit_breaker import MINIMUM
from shared.errors import ModelRefused, ModelRejected, ModelUnavailable
from shared.retry import RetryPolicy
from shared.task import Locale, Mode
from tests.support.fakes.processor.model import Blind, FakeModel, saying, whole
from tests.support.fakes.processor.prompt_context import THAT_DAY
from tests.support.fakes.processor.retrying import Naps
from tests.support.tasks import a_task

PROMPT = Prompt("system", "question")
IN_MODES = Prompt("system", "question", JsonFormat(Mode.AUTO, "ja"))
GENERAL = '{"mode": "general", "summary": "要約", "key_points": ["点"]}'
AWAY = ModelUnavailable("503")


def a_generation(
    naps: Naps, *, attempts: int = 3, fallback: str | None = "spare-model"
) -> Generation:
    return Generation("main-model", fallback, RetryPolicy(attempts, naps))


async def generated(
    model: FakeModel,
    generation: Generation,
    within_s: float = 1000.0,
    prompt: Prompt = PROMPT,
) -> Answer:
    until = asyncio.get_running_loop().time() + within_s
    return await whole(generate(GenerationRequest(prompt, model, Blind()), generation, until))


def asked(model: FakeModel) -> list[str]:
    return [name for _, name in model.asked]


async def test_attempts_wait_ever_longer_with_jitter_and_then_the_fallback_is_asked() -> None:
    model, naps = FakeModel([[AWAY], [AWAY], [AWAY], saying("ok")]), Naps()
    answer = await generated(model, a_generation(naps))
    assert answer.model == "spare-model"
    assert asked(model) == ["main-model"] * 3 + ["spare-model"]
    assert len(naps.seconds) == 2
    assert all(0 <= nap <= 20 for nap in naps.seconds)


async def test_a_wait_that_gemini_asks_for_is_kept_and_spread() -> None:
    naps = Naps()
    limited = ModelUnavailable("429", reason="model_rate_limited", retry_after_s=9.0)
    await generated(FakeModel([[limited], saying("ok")]), a_generation(naps))
    [nap] = naps.seconds
    assert 9.0 <= nap <= 9.0 * 1.2


async def test_no_wait_is_begun_that_would_end_after_the_deadline() -> None:
    naps = Naps()
    limited = ModelUnavailable("429", retry_after_s=9.0)
    model = FakeModel([[limited], saying("ok")])
    assert (await generated(model, a_generation(naps), within_s=5.0)).model == "spare-model"
    assert naps.seconds == []


async def test_a_model_that_does_not_exist_is_replaced_by_its_fallback_at_once() -> None:
    naps = Naps()
    model = FakeModel([[ModelRejected("404", reason="model_not_found")], saying("ok")])
    assert (await generated(model, a_generation(naps))).model == "spare-model"
    assert naps.seconds == []


@pytest.mark.parametrize(
    "error", [ModelRefused("SAFETY", reason="answer_blocked"), ModelRejected("400")]
)
async def test_what_gemini_decides_about_the_question_is_not_asked_again(error: Exception) -> None:
    model = FakeModel([[error]])
    with pytest.raises(type(error)):
        await generated(model, a_generation(Naps()))
    assert asked(model) == ["main-model"]


async def test_an_answer_that_stays_empty_is_final_after_the_fallback_and_opens_no_circuit() -> (
    None
):
    model, generation = FakeModel([[Chunk(" ", finished=True)]]), a_generation(Naps(), attempts=9)
    with pytest.raises(ModelRefused) as refused:
        await generated(model, generation)
    assert refused.value.reason == "answer_empty"
    assert asked(model) == ["main-model"] * 9 + ["spare-model"]


async def test_a_limit_reached_before_the_first_word_is_its_own_outcome() -> None:
    model = FakeModel([[Chunk("", finished=True, truncated=True)]])
    with pytest.raises(ModelRefused) as refused:
        await generated(model, a_generation(Naps()))
    assert refused.value.reason == "length_limit"


async def test_pieces_before_a_cut_never_mix_with_the_next_attempt() -> None:
    model = FakeModel([[Chunk("half ")], [Chunk("half "), AWAY], saying("whole")])
    assert (await generated(model, a_generation(Naps()))).text == "whole"


async def test_without_another_fallback_the_models_failure_is_told() -> None:
    for fallback in (None, "main-model"):
        model = FakeModel([[ModelUnavailable("silent", reason="model_silent")]])
        with pytest.raises(ModelUnavailable) as away:
            await generated(model, a_generation(Naps(), attempts=2, fallback=fallback))
        assert away.value.reason == "model_silent"
        assert asked(model) == ["main-model"] * 2


class Clocks:
    """What waits and what measures time, on one clock that only waits move."""

    def __init__(self) -> None:
        self.now = 0.0
        self.naps: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.naps.append(seconds)
        self.now += seconds

    def generation(self, *, hold_s: float = 0.0, attempts: int = 1) -> Generation:
        patience = RetryPolicy(attempts, self.sleep, count_asked=False)
        generation = Generation("main-model", "spare-model", patience, hold_s=hold_s)
        for name in ("main-model", "spare-model"):
            generation.breaker(name).clock = lambda: self.now
        return generation


async def test_a_model_known_to_fail_is_skipped_until_a_probe_succeeds() -> None:
    clocks = Clocks()
    generation = clocks.generation()
    for _ in range(MINIMUM):
        await generated(FakeModel([[AWAY], saying("ok")]), generation)
    known = FakeModel([saying("ok")])
    await generated(known, generation)
    assert asked(known) == ["spare-model"]
    clocks.now += 1.0
    await generated(known, generation)
    await generated(known, generation)
    assert asked(known) == ["spare-model", "main-model", "main-model"]


async def test_with_both_circuits_open_nobody_is_asked_and_the_wait_is_named() -> None:
    generation = a_generation(Naps(), attempts=1)
    down = FakeModel([[AWAY]])
    for _ in range(MINIMUM):
        with pytest.raises(ModelUnavailable):
            await generated(down, generation)
    before = len(down.asked)
    with pytest.raises(ModelUnavailable) as away:
        await generated(down, generation)
    assert away.value.reason == "model_circuit_open"
    assert away.value.retry_after_s is not None
    assert len(down.asked) == before


def resting(generation: Generation) -> Generation:
    """The same, with both models' circuits open."""
    for name in ("main-model", "spare-model"):
        for _ in range(MINIMUM):
            call = generation.breaker(name).try_acquire()
            assert call is not None
            call.failed()
    return generation


@pytest.mark.parametrize("hold_s", [0.0, 65.0])
async def test_who_waits_for_a_resting_model_asks_as_soon_as_it_works_again(hold_s: float) -> None:
    naps = list[float]()

    async def sleep(seconds: float) -> None:
        naps.append(seconds)
        if len(naps) == 1:
            await asyncio.Event().wait()

    clocks = Clocks()
    generation = resting(clocks.generation(hold_s=hold_s))
    patience = replace(generation.patience, sleep=sleep)
    model = FakeModel([saying("ok")])
    waits = asyncio.create_task(generated(model, replace(generation, patience=patience)))
    async with asyncio.timeout(5):
        while not naps:  # noqa: ASYNC110 - bounded above
            await asyncio.sleep(0)
        assert model.asked == []
        clocks.now += 10.0
        probe = generation.breaker("main-model").try_acquire()
        assert probe is not None
        probe.succeeded()
        assert (await waits).text == "ok"
    assert len(naps) == 2


class Told(Blind):
    """An audience that remembers what it was told."""

    def __init__(self) -> None:
        self.words: list[str] = []

    def retrying(self) -> None:
        self.words.append("retrying")

    def kept(self, *, busy: bool) -> None:
        self.words.append("busy" if busy else "kept")


async def told(model: FakeModel, generation: Generation, within_s: float) -> list[str]:
    audience = Told()
    until = asyncio.get_running_loop().time() + within_s
    with suppress(ModelUnavailable):
        await whole(generate(GenerationRequest(PROMPT, model, audience), generation, until))
    return audience.words


async def test_who_waits_for_a_resting_model_is_told_though_nobody_is_asked(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    resting_models = resting(a_generation(Naps()))
    assert (await told(FakeModel([]), resting_models, 0.5))[:1] == ["retrying"]
    monkeypatch.setattr("processor_service.answering.generate._KEPT_AFTER_S", 0.1)
    assert (await told(FakeModel([]), resting_models, 0.5))[:1] == ["kept"]


async def test_who_waits_for_an_overloaded_model_is_told_that_it_is_overloaded() -> None:
    limited = ModelUnavailable("429", reason="model_rate_limited", retry_after_s=9.0)
    model = FakeModel([[limited], saying("ok")])
    assert await told(model, a_generation(Naps()), 1000.0) == ["retrying", "busy"]


async def test_a_limit_that_names_a_wait_is_no_reason_to_stop_asking() -> None:
    generation = a_generation(Naps(), attempts=2, fallback=None)
    limited = ModelUnavailable("429", reason="model_rate_limited", retry_after_s=1.0)
    for _ in range(3 * MINIMUM):
        await generated(FakeModel([[limited], saying("ok")]), generation)
    with pytest.raises(ModelUnavailable):
        await generated(FakeModel([[limited]] * 2), replace(generation))
    assert generation.breaker("main-model").wait_s() == 0


async def test_a_question_is_kept_while_no_model_answers_and_answered_when_one_does() -> None:
    clocks = Clocks()
    model = FakeModel([[AWAY]] * 20 + [saying("ok")])
    answer = await generated(model, clocks.generation(hold_s=65.0))
    assert answer.text == "ok"
    assert sum(clocks.naps) <= 65.0


async def test_a_question_is_not_kept_for_ever() -> None:
    clocks = Clocks()
    with pytest.raises(ModelUnavailable):
        await generated(FakeModel([[AWAY]]), clocks.generation(hold_s=65.0))
    assert 55.0 < sum(clocks.naps) <= 65.0


async def test_only_so_many_questions_are_kept_and_each_gives_its_place_back() -> None:
    clocks = Clocks()
    generation = clocks.generation(hold_s=65.0)
    generation.kept.most = 1
    generation.kept.count = 1
    with pytest.raises(ModelUnavailable):
        await generated(FakeModel([[AWAY]]), generation)
    assert clocks.naps == []
    generation.kept.count = 0
    for script in ([AWAY], saying("ok")):
        model = FakeModel([[AWAY], [AWAY], script])
        with suppress(ModelUnavailable):
            await generated(model, generation)
        assert generation.kept.count == 0


async def test_what_the_models_say_wrongly_is_not_paid_for_again_and_again() -> None:
    clocks, always = Clocks(), FakeModel([saying("{")])
    with pytest.raises(ModelUnavailable):
        await generated(always, clocks.generation(hold_s=65.0), prompt=IN_MODES)
    assert asked(always) == ["main-model", "spare-model"]


async def test_an_answer_in_json_is_laid_out_and_names_its_mode() -> None:
    answer = await generated(FakeModel([saying(GENERAL)]), a_generation(Naps()), prompt=IN_MODES)
    assert answer.text == "要約\n\n### 主なポイント\n\n- 点"
    assert answer.mode is Mode.GENERAL


async def test_a_malformed_answer_is_asked_for_again_and_from_the_fallback_in_the_end() -> None:
    malformed = saying(GENERAL[:-3])
    again = FakeModel([malformed, malformed, saying(GENERAL)])
    answer = await generated(again, a_generation(Naps()), prompt=IN_MODES)
    assert answer.model == "main-model"
    always = FakeModel([malformed])
    with pytest.raises(ModelUnavailable) as gave_up:
        await generated(always, a_generation(Naps()), prompt=IN_MODES)
    assert gave_up.value.reason == "answer_malformed"
    assert asked(always) == ["main-model"] * 3 + ["spare-model"]


async def test_malformed_answers_are_no_reason_to_stop_asking_the_vendor() -> None:
    generation = a_generation(Naps(), attempts=9, fallback=None)
    with pytest.raises(ModelUnavailable):
        await generated(FakeModel([saying("{")]), generation, prompt=IN_MODES)
    assert generation.breaker("main-model").wait_s() == 0


@pytest.mark.parametrize(
    ("text", "error", "reason"),
    [
        ('{"mode": "data", "analysis": "', ModelRefused, "length_limit"),
        ('{"mode": "da', ModelRefused, "length_limit"),
    ],
)
async def test_json_cut_at_the_limit_before_a_word_is_its_own_outcome(
    text: str, error: type[Exception], reason: str
) -> None:
    model = FakeModel([[Chunk(text, finished=True, truncated=True)]])
    with pytest.raises(error) as raised:
        await generated(model, a_generation(Naps()), prompt=IN_MODES)
    assert getattr(raised.value, "reason", None) == reason


async def test_json_cut_at_the_limit_is_shown_as_far_as_it_came() -> None:
    model = FakeModel([[Chunk(GENERAL[:-6], finished=True, truncated=True)]])
    answer = await generated(model, a_generation(Naps()), prompt=IN_MODES)
    assert answer.truncated
    assert answer.text == "要約"


async def test_a_whole_answer_that_says_nothing_is_empty() -> None:
    nothing = '{"mode": "general", "summary": " ", "key_points": [""]}'
    with pytest.raises(ModelRefused) as refused:
        await generated(FakeModel([saying(nothing)]), a_generation(Naps()), prompt=IN_MODES)
    assert refused.value.reason == "answer_empty"


async def test_after_failures_with_tools_the_fallback_answers_without_them_and_says_so() -> None:
    prompt = replace(PROMPT, options=GenerationOptions(tools=(Tool.GOOGLE_SEARCH,)))
    model = FakeModel([[AWAY], [AWAY], [AWAY], saying("ok")])
    answer = await generated(model, a_generation(Naps()), prompt=prompt)
    assert [len(told.options.tools) for told, _ in model.asked] == [1, 1, 1, 0]
    assert answer.sources == Citations(missing=True)


@pytest.mark.parametrize("locale", ["ja", "en"])
async def test_a_fallback_without_tools_is_not_told_that_it_can_search(locale: Locale) -> None:
    config = PromptConfig(OptionsByMode(tools=(Tool.GOOGLE_SEARCH,)))
    prompt = prompt_for(a_task(locale=locale), THAT_DAY, config)
    model = FakeModel([[AWAY], [AWAY], [AWAY], saying("ok")])
    await generated(model, a_generation(Naps()), prompt=prompt)
    told = [
        [lookups_told(tools, locale) in each.system for tools in ((Tool.GOOGLE_SEARCH,), ())]
        for each, _ in model.asked
    ]
    assert told == [[True, False]] * 3 + [[False, True]]


async def test_a_fallback_for_a_model_that_does_not_exist_keeps_its_tools() -> None:
    prompt = replace(PROMPT, options=GenerationOptions(tools=(Tool.GOOGLE_SEARCH,)))
    model = FakeModel([[ModelRejected("404", reason="model_not_found")], saying("ok")])
    answer = await generated(model, a_generation(Naps()), prompt=prompt)
    assert [len(told.options.tools) for told, _ in model.asked] == [1, 1]
    assert answer.sources == Citations()


async def test_an_answer_has_the_sources_of_its_last_piece() -> None:
    found = Citations((WebPage("https://a.example/"),), ("a",))
    model = FakeModel([[Chunk("a"), Chunk("b", finished=True, sources=found)]])
    assert (await generated(model, a_generation(Naps()))).sources == found


async def test_what_an_answer_needed_is_given_back_without_the_garbage_collector() -> None:
    gc.disable()
    try:
        naps = Naps()
        generation = a_generation(naps)
        held = weakref.ref(naps)
        await generated(FakeModel([saying("ok")]), generation)
        del naps, generation
        assert held() is None
    finally:
        gc.enable()


async def test_sources_that_came_while_this_process_was_busy_are_the_answers() -> None:
    page = WebPage("https://example.com")
    ended, more = asyncio.Event(), asyncio.get_running_loop().create_future()

    class Late(FakeModel):
        async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
            yield Chunk("ok", finished=True)
            ended.set()
            await more
            yield Chunk(sources=Citations((page,)), finished=True)

    answering = asyncio.create_task(generated(Late([]), a_generation(Naps())))
    await ended.wait()
    asyncio.get_running_loop().call_soon(more.set_result, None)
    time.sleep(1.1)  # noqa: ASYNC251 - as a long computation, or a processor taken away
    assert (await answering).sources.pages == (page,)
