"""Who waits in a line, for an equal question or for Slack's limits is told why, while it lasts."""

import asyncio

import pytest

from processor_service.delivery.slack_writer import SLACK_LIMITS
from processor_service.delivery.status_line import StatusTimes
from processor_service.delivery.thread_status import Statuses
from processor_service.ports.conversations import Body, Posted
from processor_service.resilience.run_leased import Outcome
from processor_service.texts.answers import (
    LIMITED,
    WAITING,
    WAITING_FOR_THE_SAME,
    WAITING_SOMEWHERE,
)
from shared.errors import SlackUnavailable
from shared.ledger import Mark
from shared.slack.message import MessageRef
from tests.support.fakes.processor.conversations import FakeConversation
from tests.support.fakes.processor.model import FakeModel, Silent, at_once, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

LINE = "C1:100.000001"
AT_ONCE = StatusTimes(quiet_s=0, again_s=0.01, noted_after_s=0.0)


def a_world(model: FakeModel | None = None, times: StatusTimes = AT_ONCE) -> World:
    model = model or FakeModel([saying("はい。")])
    return World(model=model, statuses=Statuses(0.02, times), deadline_s=280.0)


def in_line(ahead: int) -> str:
    return WAITING["ja"].format(ahead=ahead)


@pytest.mark.parametrize("known", [True, False])
async def test_a_question_that_waits_for_its_turn_is_told_its_place_in_the_line_if_it_is_known(
    known: bool,
) -> None:
    world = a_world()
    world.queue.held[LINE] = "somebody else"
    world.queue.before = 2 if known else None
    answering = asyncio.create_task(world.answer())
    told = in_line(2) if known else WAITING_SOMEWHERE["ja"]
    await world.conversation.shows(lambda: world.conversation.statuses[-1:] == [told])
    assert world.conversation.messages == []
    del world.queue.held[LINE]
    assert await answering is Outcome.ANSWERED
    assert world.conversation.statuses[-1] != told, "it does not stay beside the answer"


async def test_the_place_in_the_line_is_told_anew_when_it_changes() -> None:
    statuses = Statuses(times=AT_ONCE)
    thread = FakeConversation()
    line = statuses.line(thread, a_task())
    for ahead in (3, 3, 1):
        line.waiting(ahead)
        await thread.shows(lambda: thread.statuses[-1:] == [in_line(ahead)])  # noqa: B023 - awaited in the loop
    assert thread.statuses == [in_line(3), in_line(1)]
    line.reading()
    await thread.shows(lambda: len(thread.statuses) == 3)
    statuses.over(a_task())
    await statuses.close()


async def test_who_does_not_wait_for_long_is_told_of_no_line() -> None:
    world = a_world(times=StatusTimes(quiet_s=0, noted_after_s=60.0))
    world.queue.held[LINE] = "somebody else"
    answering = asyncio.create_task(world.answer())
    async with asyncio.timeout(10):
        while len(world.queue.takes) < 5:  # noqa: ASYNC110 - bounded above
            await asyncio.sleep(0.001)
    assert world.conversation.statuses == []
    del world.queue.held[LINE]
    assert await answering is Outcome.ANSWERED


async def test_without_statuses_one_message_tells_of_the_line_and_goes_before_the_answer() -> None:
    world = a_world()
    world.conversation.statuses_refused = True
    mark = Mark(a_task().task_id, "delay")
    world.conversation.messages.append((Posted("150.000001", mark), Body("of a dead worker")))
    world.queue.held[LINE] = "somebody else"
    world.queue.before = 1
    answering = asyncio.create_task(world.answer())
    async with asyncio.timeout(10):
        while not any("1 件" in text for text in world.conversation.texts("delay")):  # noqa: ASYNC110 - bounded above
            await asyncio.sleep(0.001)
    assert len(world.conversation.texts("delay")) == 1, "what an earlier worker told is edited"
    seen: list[list[str]] = []
    world.conversation.before_post = lambda: seen.append(world.conversation.texts("delay"))
    del world.queue.held[LINE]
    assert await answering is Outcome.ANSWERED
    assert seen == [[]]
    assert world.conversation.texts("delay") == []


async def test_who_asked_what_another_asks_at_the_same_time_is_told_so() -> None:
    world = a_world()
    silent = Silent()
    world.model = silent
    first = asyncio.create_task(world.answer(a_task(task_id="a" * 32), "m1"))
    await silent.waiting.wait()
    other = FakeConversation(MessageRef("C1", "200.000001", "200.000001"))
    world.conversations.threads["200.000001"] = other
    equal = a_task(task_id="b" * 32, thread_ts="200.000001", message_ts="200.000001")
    second = asyncio.create_task(world.answer(equal, "m2"))
    told = WAITING_FOR_THE_SAME["ja"]
    await other.shows(lambda: other.statuses[-1:] == [told])
    for one in (first, second):
        one.cancel()
    await asyncio.gather(first, second, return_exceptions=True)


def limited(seconds: float) -> SlackUnavailable:
    return SlackUnavailable("429", reason=SLACK_LIMITS, retry_after_s=seconds)


@pytest.mark.parametrize("call", ["find", "post"], ids=["reading", "posting"])
async def test_who_waits_for_slacks_limits_is_told_before_the_words(call: str) -> None:
    world = a_world(at_once(), StatusTimes(quiet_s=0, noted_after_s=10.0))
    world.conversation.failures[call] = [(limited(30.0), False)]

    async def meanwhile() -> None:
        await world.conversation.shows(lambda: LIMITED["ja"] in world.conversation.statuses)

    world.naps.meanwhile = meanwhile
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.statuses[-1] != LIMITED["ja"]
    assert len(world.naps.seconds) == 1


@pytest.mark.parametrize("seconds", [[2.0], [4.0, 4.0]])
async def test_a_short_pause_for_slacks_limits_is_told_to_nobody(seconds: list[float]) -> None:
    world = a_world(at_once(), StatusTimes(quiet_s=0, noted_after_s=10.0))
    world.conversation.failures["find"] = [(limited(one), False) for one in seconds]
    assert await world.answer() is Outcome.ANSWERED
    await world.statuses.close()
    assert LIMITED["ja"] not in world.conversation.statuses


async def test_slacks_limits_behind_the_first_words_are_told_to_nobody() -> None:
    world = a_world(FakeModel([saying("素数のことです。1と自身でのみ割れます。")]))
    world.conversation.can_stream = True
    world.conversation.failures["end"] = [(limited(30.0), False)]
    assert await world.answer() is Outcome.ANSWERED
    await world.statuses.close()
    assert LIMITED["ja"] not in world.conversation.statuses
