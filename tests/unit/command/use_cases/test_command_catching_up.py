"""What the command service says of a channel that somebody wants to catch up with: nothing."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from command_service.payloads.buttons import read_regenerate
from command_service.payloads.messages import read_command, read_typed
from command_service.payloads.model import Click, Question, QuestionContent, RejectReason
from command_service.ports import ChannelDiagnosis
from command_service.use_cases.ask_again import ask_again
from command_service.use_cases.command_reply import reply_to
from command_service.use_cases.policy import Policy, Rejected
from command_service.use_cases.submit import Accepted, submit, where_it_is
from shared.task import Mode
from tests.support.fakes.command.payloads import IDENTITY, a_click, a_command
from tests.support.fakes.command.world import World

NOW = datetime(2026, 11, 29, 12, tzinfo=UTC)
SHARED = ChannelDiagnosis(member=True, external=True)


def asked(text: str = "catch-up <#C2|secret>") -> Question:
    question = read_command(a_command(text), IDENTITY, NOW)
    assert isinstance(question, Question)
    return question


@pytest.mark.parametrize(
    "seen", [SHARED, ChannelDiagnosis(member=True, external=False), ChannelDiagnosis(False, None)]
)
async def test_who_is_not_in_a_channel_is_told_the_same_of_any(seen: ChannelDiagnosis) -> None:
    world = World(Policy())
    world.diagnostics.seen = seen
    world.diagnostics.left = {("U1", "C2")}
    question = await where_it_is(asked(), world.submit_deps)
    outcome = await submit(question, world.submit_deps)

    assert isinstance(outcome, Accepted)
    typed = read_typed(a_command("catch-up <#C2|secret>"), IDENTITY)
    assert await reply_to(typed, asked(), outcome, world.submit_deps) == {}
    await world.settle()
    assert world.replies.told == []


async def test_a_member_is_told_that_a_channel_is_shared_with_others() -> None:
    world = World(Policy())
    world.diagnostics.seen = SHARED
    question = await where_it_is(asked(), world.submit_deps)

    assert await submit(question, world.submit_deps) == Rejected(RejectReason.EXTERNAL_CHANNEL)


async def test_a_button_tells_who_has_left_no_more_of_the_channel() -> None:
    world = World(Policy())
    world.diagnostics.seen = SHARED
    world.diagnostics.left = {("U2", "C2")}
    value = '{"v":1,"message_ts":"17.1","thread_ts":"17.1"}'
    stands = {"channel_id": "D1", "message_ts": "17.2", "thread_ts": "17.1"}
    click = read_regenerate(a_click(value, container=stands))
    assert isinstance(click, Click)
    world.questions.asked["17.1"] = QuestionContent("", Mode.CHAT, subject=asked().subject)

    assert isinstance(await ask_again(click, world.repetition), Accepted)
    world.diagnostics.left = set()
    again = replace(click, task_id="another-task")
    assert await ask_again(again, world.repetition) == Rejected(RejectReason.EXTERNAL_CHANNEL)
    await world.settle()


async def test_the_allowlist_is_about_the_channel_to_catch_up_with() -> None:
    world = World(Policy(channel_ids=frozenset({"C1"})))

    assert await submit(asked(), world.submit_deps) == Rejected(RejectReason.CHANNEL_NOT_ALLOWED)
    assert isinstance(await submit(asked("catch-up"), world.submit_deps), Accepted)
