"""What an answer took counts against the limits, also when there is no answer in the end."""

import pytest

from processor_service.answering.token_count import CountingModel
from processor_service.ports.model import Chunk, Prompt
from processor_service.prompt.quotes import estimated_tokens
from processor_service.telemetry import attempt_metrics
from processor_service.telemetry.attempt_metrics import attempt_at
from processor_service.telemetry.prices import TokenUsage
from shared.errors import ModelRefused, ModelUnavailable
from tests.support.fakes.processor.model import FakeModel
from tests.support.fakes.processor.world import World

PROMPT = Prompt("system", "素数とは何ですか")


async def test_attempts_that_failed_and_were_repeated_count_besides_the_one_that_answered() -> None:
    cut: list[Chunk | Exception] = [
        Chunk("素数", prompt_tokens=10, output_tokens=2),
        ModelUnavailable("cut"),
    ]
    whole: list[Chunk | Exception] = [
        Chunk("素数です。", finished=True, prompt_tokens=10, output_tokens=5)
    ]
    world = World(model=FakeModel([cut, cut, whole]))
    await world.answer()
    assert world.limits.spent == 12 + 12 + 15


async def test_a_question_that_is_blocked_after_words_counts() -> None:
    blocked: list[Chunk | Exception] = [
        Chunk("素", prompt_tokens=10, output_tokens=1),
        ModelRefused("SAFETY"),
    ]
    world = World(model=FakeModel([blocked]))
    await world.answer()
    assert world.limits.spent == 11


async def test_an_answer_whose_delivery_is_handed_back_counts_with_each_delivery() -> None:
    cut: list[Chunk | Exception] = [
        Chunk("素数", prompt_tokens=10, output_tokens=2),
        ModelUnavailable("cut"),
    ]
    world = World(model=FakeModel([cut]), retries=0)
    await world.answer()
    first = world.limits.spent
    await world.answer(message_id="m2")
    assert (first > 0, world.limits.spent) == (True, 2 * first)


async def test_a_stream_cut_before_it_says_what_it_took_is_estimated_by_its_words() -> None:
    tally = CountingModel(FakeModel([[Chunk("途中まで"), ModelUnavailable("cut")]]))
    with pytest.raises(ModelUnavailable):
        [piece async for piece in tally.stream(PROMPT, "m")]
    words = (PROMPT.system, PROMPT.text, "途中まで")
    assert tally.tokens == sum(map(estimated_tokens, words))


async def test_a_stream_that_is_left_counts_what_was_told_by_then() -> None:
    tally = CountingModel(FakeModel([[Chunk("a", prompt_tokens=9, output_tokens=1), Chunk("b")]]))
    pieces = tally.stream(PROMPT, "m")
    await anext(pieces)
    await pieces.aclose()
    assert tally.tokens == 10


async def test_an_attempt_that_was_turned_away_counts_for_nothing() -> None:
    tally = CountingModel(FakeModel([[ModelUnavailable("503")]]))
    with pytest.raises(ModelUnavailable):
        [piece async for piece in tally.stream(PROMPT, "m")]
    assert tally.tokens == 0


async def test_use_that_came_with_a_refusal_instead_of_a_piece_counts() -> None:
    tally = CountingModel(FakeModel([[ModelRefused("blocked")]]))
    with attempt_at("m", {}):
        attempt_metrics.received(TokenUsage(input=30, thoughts=4), text=False)
        with pytest.raises(ModelRefused):
            [piece async for piece in tally.stream(PROMPT, "m")]
    assert tally.tokens == 34
