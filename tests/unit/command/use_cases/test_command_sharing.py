"""Nothing is shown to other organisations, and nobody asks again where they may not read."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest

from command_service.envelope.ack_deadline import ack_deadline
from command_service.payloads.buttons import read_regenerate, read_retry
from command_service.payloads.model import (
    Click,
    EphemeralTarget,
    Question,
    QuestionContent,
    RejectReason,
)
from command_service.payloads.shortcuts import read_shortcut
from command_service.ports import ChannelDiagnosis
from command_service.use_cases.ask_again import ask_again
from command_service.use_cases.channel_facts import ChannelFacts
from command_service.use_cases.policy import Policy, Rejected
from command_service.use_cases.shortcuts import ask_about
from command_service.use_cases.submit import Accepted, submit, where_it_is
from shared.errors import SlackUnavailable
from shared.task import Mode, Source
from tests.support.fakes.command.lookups import FakeDiagnostics
from tests.support.fakes.command.payloads import IDENTITY, a_click, a_question, a_shortcut
from tests.support.fakes.command.world import World
from tests.support.workbenches.slack import Clock

EXTERNAL = ChannelDiagnosis(member=True, external=True)
HIDDEN = ChannelDiagnosis(member=False, external=None)
VALUE = json.dumps({"v": 1, "channel_id": "C1", "message_ts": "17.1", "thread_ts": "16.1"})


@pytest.fixture
async def world() -> AsyncIterator[World]:
    world = World()
    world.locales.locale = "en"
    world.questions.asked["17.1"] = QuestionContent("what is a prime", Mode.CHAT)
    yield world
    await world.settle()


def a_command_question(text: str = "what is a prime") -> Question:
    return a_question(
        source=Source.SLASH_COMMAND,
        text=text,
        thread_ts=None,
        message_ts=None,
        response_url="https://r",
    )


def clicked(action_id: str = "regenerate") -> Click:
    read = (read_retry if action_id == "retry" else read_regenerate)(a_click(VALUE, action_id))
    assert isinstance(read, Click)
    return read


async def test_a_command_in_a_channel_shared_with_others_is_not_answered_before_them(
    world: World,
) -> None:
    world.diagnostics.seen = EXTERNAL
    question = await where_it_is(a_command_question(), world.submit_deps)
    assert await submit(question, world.submit_deps) == Rejected(RejectReason.EXTERNAL_CHANNEL)
    assert world.queue.published == []


@pytest.mark.parametrize("why", ["hidden", "failing", "hanging"])
async def test_a_command_where_that_cannot_be_told_is_answered_to_its_asker_alone(
    world: World, why: str
) -> None:
    world.diagnostics.seen = HIDDEN
    world.diagnostics.failure = SlackUnavailable("503") if why == "failing" else None
    world.diagnostics.hangs = why == "hanging"
    question = await where_it_is(a_command_question(), world.submit_deps)
    assert isinstance(await submit(question, world.submit_deps), Accepted)
    [(task, _)] = world.queue.published
    assert task.private


async def test_a_command_in_an_internal_channel_is_answered_in_public(world: World) -> None:
    assert await where_it_is(a_command_question(), world.submit_deps) == a_command_question()


async def test_where_shared_channels_are_allowed_nobody_is_asked() -> None:
    world = World(policy=Policy(external_channels=True))
    world.diagnostics.seen = EXTERNAL
    assert await where_it_is(a_command_question(), world.submit_deps) == a_command_question()
    assert world.diagnostics.looks == 0


async def test_a_question_that_is_refused_anyway_costs_no_call(world: World) -> None:
    await where_it_is(a_command_question(text=""), world.submit_deps)
    assert world.diagnostics.looks == 0


async def test_a_shortcut_on_a_message_of_a_shared_channel_is_refused(world: World) -> None:
    world.diagnostics.seen = EXTERNAL
    outcome = await ask_about(read_shortcut(a_shortcut(), IDENTITY), world.submit_deps)
    assert outcome == Rejected(RejectReason.EXTERNAL_CHANNEL)


async def test_a_button_in_a_channel_that_is_shared_by_now_asks_nothing_again(
    world: World,
) -> None:
    world.diagnostics.seen = EXTERNAL
    assert await ask_again(clicked(), world.repetition) == Rejected(RejectReason.EXTERNAL_CHANNEL)
    world.channel_facts = ChannelFacts(world.diagnostics)
    world.diagnostics.seen = HIDDEN
    assert await ask_again(clicked(), world.repetition) == Rejected(
        RejectReason.QUESTION_UNREADABLE
    )
    assert world.queue.published == []


async def test_retry_in_direct_messages_asks_nothing_in_a_channel_that_its_asker_has_left(
    world: World,
) -> None:
    elsewhere = replace(clicked("retry"), recipient=EphemeralTarget("D2", "U2"))
    assert isinstance(await ask_again(elsewhere, world.repetition), Accepted)
    world.diagnostics.left = {("U2", "C1")}
    assert await ask_again(elsewhere, world.repetition) == Rejected(RejectReason.NOT_A_MEMBER)
    world.diagnostics.failure = SlackUnavailable("503")
    assert await ask_again(elsewhere, world.repetition) == Rejected(
        RejectReason.QUESTION_UNREADABLE
    )
    assert len(world.queue.published) == 1


async def test_a_hidden_channel_is_asked_for_again_soon_as_the_bot_may_have_been_invited() -> None:
    diagnostics, clock = FakeDiagnostics(), Clock(0.0)
    facts = ChannelFacts(diagnostics, clock)
    diagnostics.seen = HIDDEN
    assert await facts.is_external("C1") is None
    diagnostics.seen = ChannelDiagnosis(member=True, external=False)
    clock.now = 29
    assert await facts.is_external("C1") is None
    clock.now = 31
    assert await facts.is_external("C1") is False
    assert not facts.is_absent("C1")


async def test_an_envelope_without_time_makes_no_channel_unknown_to_the_others() -> None:
    diagnostics = FakeDiagnostics()
    facts = ChannelFacts(diagnostics)
    diagnostics.hangs = True
    with ack_deadline(0.0):
        assert await facts.is_external("C1") is None
    diagnostics.hangs = False
    assert await facts.is_external("C1") is False


async def test_a_channel_is_asked_for_once_in_five_minutes_and_the_oldest_is_forgotten() -> None:
    diagnostics, clock = FakeDiagnostics(), Clock(0.0)
    facts = ChannelFacts(diagnostics, clock)
    assert await asyncio.gather(*(facts.is_external("C1") for _ in range(9))) == [False] * 9
    assert diagnostics.looks == 1
    clock.now = 301
    await facts.is_external("C1")
    assert diagnostics.looks == 2
    for number in range(1_001):
        await facts.is_external(f"C{number:05d}")
    await facts.is_external("C1")
    assert diagnostics.looks == 2 + 1_001 + 1
