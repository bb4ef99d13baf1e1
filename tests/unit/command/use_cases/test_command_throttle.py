"""One person's flood ends in the command service: before the queue, and before Slack is asked."""

import json
from collections.abc import AsyncIterator

import pytest

from command_service.payloads.buttons import read_regenerate
from command_service.payloads.changes import Edited
from command_service.payloads.model import Click, Question, QuestionContent, RejectReason
from command_service.use_cases.ask_again import ask_again
from command_service.use_cases.changes import take_edit
from command_service.use_cases.follow_ups import FollowUpDeps
from command_service.use_cases.policy import Rejected
from command_service.use_cases.submit import Accepted, submit
from command_service.use_cases.throttle import PerUserThrottle
from shared.task import Mode, Source
from tests.support.fakes.command.history import FakeHistory
from tests.support.fakes.command.payloads import a_click, a_question
from tests.support.fakes.command.world import World
from tests.support.signed import LEDGER

TOO_MANY = Rejected(RejectReason.TOO_MANY_QUESTIONS)


class Clock:
    def __init__(self) -> None:
        self.now = 1_000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def world(clock: Clock) -> AsyncIterator[World]:
    world = World()
    world.throttle = PerUserThrottle(30, clock)
    yield world
    await world.settle()


def asking(number: int, user_id: str = "U1", **changes: object) -> Question:
    return a_question(
        task_id=f"question-{user_id.lower()}-{number:04d}", user_id=user_id, **changes
    )


async def test_of_a_thousand_mentions_by_one_person_few_are_queued_and_one_notice_is_shown(
    world: World,
) -> None:
    outcomes = [await submit(asking(number), world.submit_deps) for number in range(1_000)]
    assert await submit(asking(0, "U2"), world.submit_deps) != TOO_MANY
    await world.settle()
    assert outcomes.count(TOO_MANY) == 970
    assert len(world.queue.published) == 31
    assert len(world.replies.thinking) == 31
    [(recipient, text)] = world.replies.told
    assert recipient.user_id == "U1"
    assert "質問が続いたため" in text


async def test_asking_on_does_not_prolong_the_break(world: World, clock: Clock) -> None:
    for number in range(30):
        await submit(asking(number), world.submit_deps)
    for number in range(100, 110):
        clock.now += 0.19
        assert await submit(asking(number), world.submit_deps) == TOO_MANY
    clock.now += 0.2
    assert isinstance(await submit(asking(200), world.submit_deps), Accepted)
    clock.now += 60
    outcomes = [await submit(asking(number), world.submit_deps) for number in range(300, 340)]
    assert outcomes.count(TOO_MANY) == 10


async def test_the_notice_comes_again_after_a_minute_and_not_before(
    world: World, clock: Clock
) -> None:
    world.throttle = PerUserThrottle(1, clock)
    await submit(asking(0), world.submit_deps)
    for number in range(1, 10):
        assert await submit(asking(number), world.submit_deps) == TOO_MANY
    clock.now += 60
    for number in range(10, 20):
        await submit(asking(number), world.submit_deps)
    await world.settle()
    assert len(world.replies.told) == 2


async def test_a_question_that_slack_delivers_again_is_not_counted_twice(world: World) -> None:
    world.throttle = PerUserThrottle(1)
    world.queue.down = True
    await submit(asking(0), world.submit_deps)
    world.queue.down = False
    assert isinstance(await submit(asking(0, redelivered=True), world.submit_deps), Accepted)
    assert await submit(asking(1), world.submit_deps) == TOO_MANY


async def test_whoever_presses_a_button_on_and_on_does_not_make_us_read_slack(
    world: World,
) -> None:
    world.throttle = PerUserThrottle(3)
    value = json.dumps({"v": 1, "channel_id": "C1", "message_ts": "17.1", "thread_ts": "16.1"})
    world.questions.asked["17.1"] = QuestionContent("what is a prime", Mode.CHAT)
    for number in range(100):
        body = a_click(value)
        body["actions"][0]["action_ts"] = f"17000000{number:02d}.5"
        click = read_regenerate(body)
        assert isinstance(click, Click)
        if number == 3:
            world.questions.asked.clear()
        await ask_again(click, world.repetition)
    await world.settle()
    assert len(world.queue.published) == 3
    [(_, text)] = world.replies.told
    assert "質問が続いたため" in text


async def test_a_command_is_told_by_its_ack_alone(world: World) -> None:
    world.throttle = PerUserThrottle(1)
    for number in range(3):
        outcome = await submit(
            asking(number, source=Source.SLASH_COMMAND, thread_ts=None), world.submit_deps
        )
    assert outcome == TOO_MANY
    await world.settle()
    assert world.replies.told == []


async def test_a_flood_of_edits_is_no_flood_of_offers(world: World) -> None:
    world.throttle = PerUserThrottle(2)
    following = FollowUpDeps(world.submit_deps, FakeHistory(), LEDGER)
    for number in range(50):
        await take_edit(Edited(asking(0), f"1700000001.{number:06d}"), following)
    await world.settle()
    assert len(world.replies.told) == 2


def test_people_who_left_off_are_forgotten() -> None:
    throttle = PerUserThrottle(1)
    for number in range(30_000):
        assert throttle.try_acquire(f"U{number}", f"task-{number}")
    assert len(throttle._buckets) <= 10_000
    assert len(throttle._passed) <= 10_000
