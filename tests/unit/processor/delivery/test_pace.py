"""How soon an answer's first words are shown, and how often more of them."""

import asyncio
from typing import Any

import pytest

from processor_service.delivery.preview.live_preview import LivePreview
from processor_service.delivery.preview.pace import (
    HELD_S,
    FirstWords,
    append_every_s,
    is_worth_showing,
)
from processor_service.resilience.lease import LeaseLost
from tests.support.fakes.processor.conversations import FakeConversation
from tests.support.fakes.processor.growing import FakeBudget
from tests.unit.processor.delivery.test_growing import Clock, a_growing


@pytest.mark.parametrize(
    ("words", "worth"),
    [
        ("「冪等性とは何ですか」へ", False),
        ("はい。", True),
        ("Yes", False),
        ("Yes.", True),
        ("Version 3.11 of", False),
        ("# 見出し\n", True),
        ("長い文は、" * 8, True),
        ("長い文は、" * 7, False),
    ],
)
def test_an_answer_begins_with_a_sentence_or_as_much(words: str, worth: bool) -> None:
    assert is_worth_showing(words) is worth


class Moment:
    """The moment that the first words wait; it ends when the test says so."""

    def __init__(self) -> None:
        self.over = asyncio.Event()
        self.asked: list[float] = []
        self.words = FirstWords(sleep=self.pause)

    async def pause(self, seconds: float) -> None:
        self.asked.append(seconds)
        await self.over.wait()


async def a_few_turns() -> None:
    """What may be shown now is shown: the fakes wait for nothing."""
    for _ in range(20):
        await asyncio.sleep(0)


def a_stream(**failures: Any) -> tuple[FakeConversation, Moment, LivePreview]:
    conversation, moment = FakeConversation(can_stream=True), Moment()
    conversation.failures |= failures
    return conversation, moment, a_growing(conversation, Clock(), first_words=moment.words)


async def test_a_few_letters_wait_for_the_rest_of_their_sentence() -> None:
    conversation, _, growing = a_stream()
    await growing.update("冪等性とは、")
    assert conversation.messages == []
    await growing.update("冪等性とは、同じです。続きは")
    assert conversation.texts() == ["冪等性とは、同じです。続きは"]
    await growing.settle()


async def test_a_few_letters_are_shown_after_a_moment_even_if_the_model_says_no_more() -> None:
    conversation, moment, growing = a_stream()
    await growing.update("冪等性")
    await growing.update("冪等性とは、")
    moment.over.set()
    await a_few_turns()
    assert conversation.texts() == ["冪等性とは、"]
    assert moment.asked == [HELD_S]
    await growing.settle()


async def test_what_is_over_shows_no_held_words_any_more() -> None:
    conversation, moment, growing = a_stream()
    await growing.update("冪等性とは、")
    await growing.settle()
    moment.over.set()
    await a_few_turns()
    assert conversation.messages == []


async def test_held_words_whose_lease_is_lost_are_told_of_by_the_next_step() -> None:
    _, moment, growing = a_stream(start=[(LeaseLost("stolen"), False)] * 2)
    await growing.update("冪等性とは、")
    moment.over.set()
    await a_few_turns()
    with pytest.raises(LeaseLost):
        await growing.update("冪等性とは、同じ")
    await growing.settle()


async def test_words_that_are_edited_in_are_not_held_back() -> None:
    conversation, moment = FakeConversation(can_stream=False), Moment()
    growing = a_growing(conversation, Clock(), first_words=moment.words)
    await growing.update("冪等性とは、")
    assert conversation.texts() == ["冪等性とは、"]


@pytest.mark.parametrize(
    ("free", "shown_after_s"), [(1.0, 0.5), (0.5, 0.5), (0.49, 1.0), (0.25, 1.0), (0.1, 3.0)]
)
async def test_a_stream_grows_twice_a_second_until_little_of_slacks_limit_is_left(
    free: float, shown_after_s: float
) -> None:
    conversation, clock = FakeConversation(can_stream=True), Clock()
    growing = a_growing(conversation, clock, FakeBudget(free=free))
    await growing.update("一つ、")
    clock.now += shown_after_s - 0.01
    await growing.update("一つ、二つ、")
    assert conversation.texts() == ["一つ、"]
    clock.now += 0.01
    await growing.update("一つ、二つ、")
    assert conversation.texts() == ["一つ、二つ、"]


async def test_an_edited_answer_changes_once_a_second_whatever_is_left() -> None:
    conversation, clock = FakeConversation(can_stream=False), Clock()
    growing = a_growing(conversation, clock)
    await growing.update("一つ、")
    clock.now += 0.9
    await growing.update("一つ、二つ、")
    assert conversation.texts() == ["一つ、"]


def test_one_answer_alone_is_never_without_calls_however_long_it_takes() -> None:
    """A minute's 80 calls, of which each is free again after a minute."""
    now, made = 0.0, list[float]()
    while now < 240.0:
        made = [at for at in made if at > now - 60.0]
        assert len(made) < 80
        made.append(now)
        now += append_every_s(1 - len(made) / 80)
