"""The Regenerate button asks a question once more, or says why it cannot."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from command_service.admission import Policy, Refused
from command_service.intake import Accepted, QueueDown
from command_service.question import Click, Ignored, Reason
from command_service.regeneration import ask_again
from command_service.triggers import read_click
from shared.errors import SlackUnavailable
from shared.task import Source
from tests.command_fakes import World, a_click

VALUE = json.dumps({"v": 1, "channel_id": "C1", "message_ts": "17.1", "thread_ts": "16.1"})


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    world.locales.locale = "en"
    world.questions.texts["17.1"] = "what is a prime"
    yield world
    await world.settle()


@pytest.fixture
def click() -> Click:
    read = read_click(a_click(VALUE))
    assert isinstance(read, Click)
    return read


def told(world: World) -> list[str]:
    assert all(recipient.user_id == "U2" for recipient, _ in world.replies.told)
    return [text for _, text in world.replies.told]


async def test_the_question_is_published_again_as_a_task_of_the_click(
    world: World, click: Click
) -> None:
    outcome = await ask_again(click, world.regeneration)

    assert isinstance(outcome, Accepted)
    [(task, _)] = world.queue.published
    assert (task.task_id, task.source, task.text) == (
        click.task_id,
        Source.BUTTON,
        "what is a prime",
    )
    assert (task.user_id, task.thread_ts, task.message_ts) == ("U2", "16.1", "17.1")


async def test_a_question_that_is_gone_is_told_to_whoever_clicked(
    world: World, click: Click
) -> None:
    world.questions.texts.clear()

    assert await ask_again(click, world.regeneration) == Refused(Reason.QUESTION_GONE)
    await world.settle()
    [text] = told(world)
    assert "could not find the original question" in text
    assert world.queue.published == []


async def test_slack_failing_to_return_the_question_is_told_as_passing(
    world: World, click: Click
) -> None:
    world.questions.failure = SlackUnavailable("Slack is down.")

    assert await ask_again(click, world.regeneration) == Refused(Reason.QUESTION_UNREADABLE)
    await world.settle()
    [text] = told(world)
    assert "press the button again" in text


async def test_slack_taking_too_long_leaves_time_for_the_ack(world: World, click: Click) -> None:
    world.questions.hangs = True
    world.read_within_s = 0.05

    async with asyncio.timeout(1.0):
        outcome = await ask_again(click, world.regeneration)

    assert outcome == Refused(Reason.QUESTION_UNREADABLE)


async def test_a_click_is_told_when_the_queue_is_down_since_slack_never_repeats_it(
    world: World, click: Click
) -> None:
    world.queue.down = True

    assert isinstance(await ask_again(click, world.regeneration), QueueDown)
    await world.settle()
    [text] = told(world)
    assert "try again" in text


async def test_whoever_clicks_must_be_allowed_to_ask(world: World, click: Click) -> None:
    world.policy = Policy(user_ids=frozenset({"U1"}))

    assert await ask_again(click, world.regeneration) == Refused(Reason.USER_NOT_ALLOWED)
    await world.settle()
    assert len(told(world)) == 1


async def test_a_button_we_do_not_know_does_nothing(world: World) -> None:
    outcome = await ask_again(Ignored(Reason.NOT_A_QUESTION), world.regeneration)

    assert outcome == Refused(Reason.NOT_A_QUESTION)
    assert world.queue.published == []
