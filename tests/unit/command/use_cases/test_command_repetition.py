"""The Regenerate and Retry buttons ask a question once more, or say why they cannot."""

import asyncio
import json
from collections.abc import AsyncIterator

import pytest

from command_service.payloads.buttons import read_regenerate, read_retry
from command_service.payloads.model import Click, NotAQuestion, QuestionContent, RejectReason
from command_service.use_cases.ask_again import ask_again
from command_service.use_cases.policy import Policy, Rejected
from command_service.use_cases.submit import Accepted, HandedBack
from shared.errors import SlackDenied, SlackUnavailable
from shared.task import Mode, Source
from tests.support.fakes.command.payloads import a_click
from tests.support.fakes.command.world import World

VALUE = json.dumps({"v": 1, "channel_id": "C1", "message_ts": "17.1", "thread_ts": "16.1"})


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    world.locales.locale = "en"
    world.questions.asked["17.1"] = QuestionContent("what is a prime", Mode.CHAT)
    yield world
    await world.settle()


@pytest.fixture
def click() -> Click:
    read = read_regenerate(a_click(VALUE))
    assert isinstance(read, Click)
    return read


def told(world: World) -> list[str]:
    assert all(recipient.user_id == "U2" for recipient, _ in world.replies.told)
    return [text for _, text in world.replies.told]


async def test_the_question_is_published_again_as_a_task_of_the_click(
    world: World, click: Click
) -> None:
    outcome = await ask_again(click, world.repetition)

    assert isinstance(outcome, Accepted)
    [(task, _)] = world.queue.published
    assert (task.task_id, task.source) == (click.task_id, Source.BUTTON)
    assert (task.text, task.mode) == ("what is a prime", Mode.CHAT)
    assert (task.user_id, task.thread_ts, task.message_ts) == ("U2", "16.1", "17.1")


async def test_two_people_clicking_retry_ask_one_task(world: World) -> None:
    for user_id in ("U2", "U3"):
        body = a_click(VALUE, "retry", user={"id": user_id, "team_id": "T1"})
        body["actions"][0]["action_ts"] = f"170000002{user_id[1]}.5"
        assert isinstance(await ask_again(read_retry(body), world.repetition), Accepted)

    (first, _), (second, _) = world.queue.published
    assert first.source is Source.RETRY
    assert first.task_id == second.task_id


async def test_a_question_that_is_gone_is_told_to_whoever_clicked(
    world: World, click: Click
) -> None:
    world.questions.asked.clear()

    assert await ask_again(click, world.repetition) == Rejected(RejectReason.QUESTION_GONE)
    await world.settle()
    [text] = told(world)
    assert "couldn't find the original question" in text
    assert world.queue.published == []


async def test_slack_failing_to_return_the_question_is_told_as_passing(
    world: World, click: Click
) -> None:
    world.questions.failure = SlackUnavailable("Slack is down.")

    assert await ask_again(click, world.repetition) == Rejected(RejectReason.QUESTION_UNREADABLE)
    await world.settle()
    [text] = told(world)
    assert "Press the button again" in text


async def test_a_click_while_slack_denies_our_token_is_handed_back_and_told_to_nobody(
    world: World, click: Click
) -> None:
    denied = SlackDenied("Denied.", slack_error="token_revoked")
    world.questions.failure = denied

    assert await ask_again(click, world.repetition) == HandedBack(denied)
    world.questions.failure, world.access.denied = None, denied
    assert await ask_again(click, world.repetition) == HandedBack(denied)
    await world.settle()
    assert told(world) == []


async def test_slack_taking_too_long_leaves_time_for_the_ack(world: World, click: Click) -> None:
    world.questions.hangs = True
    world.read_within_s = 0.05

    async with asyncio.timeout(1.0):
        outcome = await ask_again(click, world.repetition)

    assert outcome == Rejected(RejectReason.QUESTION_UNREADABLE)


async def test_a_click_is_told_when_the_queue_is_down_since_slack_never_repeats_it(
    world: World, click: Click
) -> None:
    world.queue.down = True

    assert isinstance(await ask_again(click, world.repetition), HandedBack)
    await world.settle()
    [text] = told(world)
    assert "try again" in text


async def test_whoever_clicks_must_be_allowed_to_ask(world: World, click: Click) -> None:
    world.policy = Policy(user_ids=frozenset({"U1"}))

    assert await ask_again(click, world.repetition) == Rejected(RejectReason.USER_NOT_ALLOWED)
    await world.settle()
    assert len(told(world)) == 1


async def test_a_button_we_do_not_know_does_nothing(world: World) -> None:
    outcome = await ask_again(NotAQuestion(RejectReason.NOT_A_QUESTION), world.repetition)

    assert outcome == Rejected(RejectReason.NOT_A_QUESTION)
    assert world.queue.published == []
