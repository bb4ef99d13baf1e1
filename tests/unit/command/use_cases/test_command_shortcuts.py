"""Message shortcuts become questions about a message, told to their asker alone."""

from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any

import pytest

from command_service.payloads.buttons import read_retry
from command_service.payloads.model import (
    Click,
    EphemeralTarget,
    Identity,
    Question,
    QuestionContent,
    RejectReason,
)
from command_service.payloads.shortcuts import SHORTCUTS, read_shortcut
from command_service.texts.replies import SHORTCUT_ACCEPTED
from command_service.use_cases.ask_again import ask_again
from command_service.use_cases.policy import Policy, Rejected
from command_service.use_cases.shortcuts import ask_about
from command_service.use_cases.submit import Accepted, HandedBack
from shared.errors import SlackDenied
from shared.task import Mode, Purpose, Source, Subject
from shared.telemetry.metrics import EVENTS
from tests.support.counted import Counted
from tests.support.fakes.command.payloads import IDENTITY, a_click, a_shortcut
from tests.support.fakes.command.world import World

HOME = replace(IDENTITY, url="https://home.slack.example/")


def asked(callback_id: str = "explain_message", **changes: Any) -> Question:
    question = read_shortcut(a_shortcut(callback_id, **changes), HOME)
    assert isinstance(question, Question)
    return question


def message(**fields: Any) -> dict[str, Any]:
    return {**a_shortcut()["message"], **fields}


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    world.locales.locale = "en"
    yield world
    await world.settle()


async def told(world: World) -> list[tuple[EphemeralTarget, str]]:
    await world.settle()
    return world.replies.told


def test_a_shortcut_asks_privately_about_the_message_it_was_used_on() -> None:
    question = asked()

    assert (question.source, question.mode, question.private) == (
        Source.SHORTCUT,
        Mode.CHAT,
        True,
    )
    assert question.text == "SLA は <99.9%>"
    assert (question.thread_ts, question.message_ts) == (None, None)
    assert question.subject == Subject(
        purpose=Purpose.EXPLAIN,
        channel_id="C1",
        message_ts="1700000000.1",
        by="U9",
        permalink="https://home.slack.example/archives/C1/p17000000001",
    )


def test_each_shortcut_has_a_purpose_of_its_own() -> None:
    subjects = [asked(callback_id).subject for callback_id in SHORTCUTS]

    purposes = [subject.purpose for subject in subjects if subject is not None]
    assert purposes == [each for each in Purpose if each not in {Purpose.ASK, Purpose.CATCH_UP}]


def test_a_reply_is_named_with_its_thread() -> None:
    subject = asked(message=message(thread_ts="1600000000.5")).subject

    assert subject is not None
    assert subject.thread_ts == "1600000000.5"
    assert subject.permalink.endswith("/p17000000001?thread_ts=1600000000.5&cid=C1")


def test_a_message_of_an_app_is_by_its_name() -> None:
    by_app = message(bot_id="B7", bot_profile={"name": "Deploy"}, user="U7")
    subject = asked(message=by_app).subject

    assert subject is not None
    assert (subject.by, subject.by_app) == ("Deploy", True)


def test_without_our_address_there_is_no_link() -> None:
    question = read_shortcut(a_shortcut(), Identity("T1", "UBOT"))

    assert isinstance(question, Question)
    subject = question.subject
    assert subject is not None
    assert subject.permalink == ""


def test_one_use_is_one_task_and_every_other_use_another() -> None:
    uses = [
        asked(),
        asked("translate_message"),
        asked(action_ts="1700000021.5"),
        asked(message_ts="1700000000.2"),
        asked(channel={"id": "C2"}),
        asked(team={"id": "T2"}),
    ]

    assert asked().task_id == uses[0].task_id
    assert len({question.task_id for question in uses}) == 6


def test_who_comes_from_another_team_is_external() -> None:
    assert not asked().external
    assert asked(user={"id": "U1", "team_id": "T9"}).external


async def test_an_accepted_shortcut_tells_at_once_where_the_answer_will_be(world: World) -> None:
    outcome = await ask_about(asked(), world.submit_deps)

    assert isinstance(outcome, Accepted)
    [(task, _)] = world.queue.published
    assert task.subject == asked().subject
    assert task.private
    [(recipient, text)] = await told(world)
    assert recipient.response_url == "https://hooks.example/actions/1"
    assert text == SHORTCUT_ACCEPTED["en"]


async def test_what_became_of_a_shortcut_is_counted_once(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    counted = Counted(EVENTS, monkeypatch)
    await ask_about(asked(), world.submit_deps)

    labels = {"source": "shortcut", "outcome": "accepted", "reason": "none", "kind": "question"}
    assert counted.series() == [(1, labels)]


async def test_a_thinking_status_is_set_nowhere(world: World) -> None:
    await ask_about(asked(message=message(thread_ts="1600000000.5")), world.submit_deps)
    await world.settle()

    assert world.replies.thinking == []


@pytest.mark.parametrize("denied", [True, False])
async def test_what_prevents_a_shortcut_is_told(world: World, denied: bool) -> None:
    world.queue.down = True
    if denied:
        world.access.denied = SlackDenied("denied", slack_error="token_revoked")

    assert isinstance(await ask_about(asked(), world.submit_deps), HandedBack)
    [(_, text)] = await told(world)
    assert ("no longer accepts" if denied else "try again") in text


@pytest.mark.parametrize(
    ("policy", "reason"),
    [
        (Policy(channel_ids=frozenset({"C9"})), RejectReason.CHANNEL_NOT_ALLOWED),
        (Policy(user_ids=frozenset({"U9"})), RejectReason.USER_NOT_ALLOWED),
        (Policy(max_prompt_chars=5), RejectReason.MESSAGE_TOO_LONG),
    ],
)
async def test_the_rules_hold_for_shortcuts_too(policy: Policy, reason: RejectReason) -> None:
    world = World(policy)

    assert await ask_about(asked(), world.submit_deps) == Rejected(reason)
    assert world.queue.published == []
    [(recipient, _)] = await told(world)
    assert recipient.response_url is not None


async def test_a_summary_is_of_a_thread_so_its_message_may_be_empty_or_long(world: World) -> None:
    for text in ("", "x" * 30_000):
        question = asked("summarise_thread", message=message(text=text))
        assert isinstance(await ask_about(question, world.submit_deps), Accepted)


async def test_a_retry_asks_about_the_same_message_wherever_its_button_stands() -> None:
    world = World(Policy(channel_ids=frozenset({"C1"})))
    value = '{"v":1,"message_ts":"17.1","thread_ts":"17.1"}'
    stands = {"channel_id": "D1", "message_ts": "17.2", "thread_ts": "17.1"}
    click = read_retry(a_click(value, "retry", container=stands))
    assert isinstance(click, Click)
    subject = asked().subject
    world.questions.asked["17.1"] = QuestionContent("", Mode.CHAT, subject=subject)

    assert isinstance(await ask_again(click, world.repetition), Accepted)
    [(task, _)] = world.queue.published
    assert (task.subject, task.channel_id, task.thread_ts) == (subject, "D1", "17.1")
    await world.settle()
