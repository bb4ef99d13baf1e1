"""Reactions that ask: answered once, in direct messages or the message's thread, without leaks."""

from typing import Any

import pytest

from processor_service.ports.conversations import ThreadMessage
from processor_service.ports.limits import LimitExceeded
from processor_service.ports.model import Prompt
from processor_service.prompt.shortcut_request import asked_about
from processor_service.rendering.question_metadata import question_payload
from processor_service.resilience.run_leased import Outcome
from shared.errors import SlackRefused
from shared.ledger import Mark
from shared.task import Locale, Purpose, Source, Subject, Task
from tests.support.fakes.processor.conversations import FakeConversation
from tests.support.fakes.processor.world import World
from tests.support.tasks import NOON, a_task

SECRET = "合併の契約は金曜日です。"
SUBJECT = Subject(
    purpose=Purpose.ASK,
    channel_id="C1",
    message_ts="17.2",
    thread_ts="17.1",
    by="U9",
    permalink="https://home.slack.example/archives/C1/p172",
)
SAID = (ThreadMessage("person", "U8", "背景"), ThreadMessage("person", "U9", SECRET))
NOT_THERE = SlackRefused("no", slack_error="channel_not_found", reason="slack_not_there")


def a_reaction(**changes: Any) -> Task:
    values = {
        "source": Source.REACTION,
        "thread_ts": None,
        "message_ts": None,
        "text": "",
        "private": True,
        "subject": SUBJECT,
    }
    return a_task(**{**values, **changes})


IN_THREAD: dict[str, Any] = {"private": False, "thread_ts": "17.1"}
WHERE = pytest.mark.parametrize("where", [{}, IN_THREAD], ids=["dm", "thread"])


@pytest.fixture
def world() -> World:
    world = World()
    world.threads.said = SAID
    return world


def everything(world: World) -> str:
    places = world.conversations
    shown = (places.conversation, places.shown, places.to_asker, places.dm)
    return str([one.messages for one in shown])


async def test_the_answer_stands_below_a_link_to_the_message_in_the_reactors_direct_messages(
    world: World,
) -> None:
    assert await world.answer(a_reaction()) is Outcome.ANSWERED

    assert world.conversations.asked_in == ["D1"]
    [(shown, body)] = world.conversations.shown.messages
    assert shown.mark == Mark(a_reaction().task_id, "question")
    assert body.text == (
        "*リアクションでのご質問* <#C1> の<https://home.slack.example/archives/C1/p172|こちらのメッセージ>"
    )
    assert world.conversations.opened == [shown.ts]


async def test_in_the_messages_thread_others_read_who_asked_and_the_answer_stands_there(
    world: World,
) -> None:
    world.conversations.names = {"U1": "花 <!here>"}
    assert await world.answer(a_reaction(**IN_THREAD)) is Outcome.ANSWERED

    assert world.conversations.asked_in == ["C1"]
    [(_, body)] = world.conversations.shown.messages
    assert body.text.startswith("花 &lt;!here&gt; さんがリアクションで、<https://home")
    assert set(world.conversations.opened) == {"17.1"}
    assert len(world.conversation.texts()) == 1


@WHERE
async def test_a_reaction_put_there_again_asks_nothing_new(
    world: World, where: dict[str, Any]
) -> None:
    assert await world.answer(a_reaction(**where)) is Outcome.ANSWERED
    assert await world.answer(a_reaction(**where), "m2") is Outcome.ALREADY_DONE
    world.leases.done.clear()
    assert await world.answer(a_reaction(**where), "m3") is Outcome.ALREADY_DONE
    assert len(world.conversations.shown.messages) == 1
    assert len(world.conversation.texts()) == 1
    assert len(world.model.asked) == 1


async def test_the_thinking_sign_of_a_reaction_put_there_again_is_cleared_in_the_thread(
    world: World,
) -> None:
    await world.answer(a_reaction(**IN_THREAD))
    before = world.conversations.conversation.statuses.copy()
    assert await world.answer(a_reaction(**IN_THREAD), "m2") is Outcome.ALREADY_DONE
    await world.statuses.close()
    assert world.conversations.conversation.statuses[len(before) :][-1:] == [""]


async def test_the_message_is_quoted_after_those_before_it_and_asked_about(world: World) -> None:
    await world.answer(a_reaction())

    [(prompt, _)] = world.model.asked
    assert "その問いに答えます" in prompt.text
    assert prompt.options.tools == ()
    quotes = [turn.text for turn in prompt.turns]
    assert "背景" in quotes[0]
    assert SECRET in quotes[1]


@pytest.mark.parametrize("locale", ["ja", "en"])
def test_the_request_is_in_the_readers_language(locale: Locale) -> None:
    task = a_reaction(locale=locale)
    prompt = asked_about(Prompt("system", ""), task, SUBJECT, SAID, {})
    assert ("Answer in English" in prompt.text) is (locale == "en")


@WHERE
async def test_who_has_left_the_private_channel_reads_nothing_of_it(
    world: World, where: dict[str, Any]
) -> None:
    world.channels.left = {("U1", "C1")}
    assert await world.answer(a_reaction(**where)) is Outcome.TOLD_FAILURE
    assert world.threads.read == []
    assert world.model.asked == []
    assert "not_a_member" in str(world.conversation.messages)
    assert SECRET not in everything(world)


@WHERE
@pytest.mark.parametrize("why", ["deleted", "the bot is not in the channel"])
async def test_what_is_gone_or_hidden_from_us_by_now_is_told_of_and_not_answered(
    world: World, where: dict[str, Any], why: str
) -> None:
    world.threads.said = ()
    world.threads.refused = None if why == "deleted" else NOT_THERE
    assert await world.answer(a_reaction(**where)) is Outcome.TOLD_FAILURE
    assert world.model.asked == []
    assert "nothing_to_read" in str(world.conversation.messages)
    assert SECRET not in everything(world)


async def test_where_we_may_not_write_into_the_thread_the_reactor_is_told_alone(
    world: World,
) -> None:
    world.conversations.shown.failures["find"] = [(NOT_THERE, False)] * 9
    assert await world.answer(a_reaction(**IN_THREAD)) is Outcome.TOLD_FAILURE
    [(posted, _)] = world.conversations.dm.messages
    assert posted.mark.role == "notice"


@WHERE
async def test_a_limit_holds_in_a_later_delivery_too_unless_the_question_is_shown_by_then(
    world: World, where: dict[str, Any]
) -> None:
    world.limits.refusal = LimitExceeded("user_rate_limited", NOON)
    assert await world.answer(a_reaction(**where), attempt=2) is Outcome.TOLD_FAILURE
    assert world.model.asked == []
    [(posted, _)] = world.conversation.messages
    assert posted.mark.role == "notice"


@WHERE
async def test_what_only_another_notice_covers_is_shown_nowhere_by_a_late_look(
    world: World, where: dict[str, Any]
) -> None:
    world.limits.refusal = LimitExceeded("user_rate_limited", NOON)
    world.limits.owing["U1"] = "another task"
    assert await world.answer(a_reaction(**where), attempt=2) is Outcome.TOLD_FAILURE
    await world.late_looks.close()
    assert world.conversations.shown.messages == []


async def test_a_question_that_was_begun_is_finished_in_spite_of_a_limit(world: World) -> None:
    shown = FakeConversation()
    world.conversations.shown = shown
    await world.answer(a_reaction())
    world.conversations.conversation.messages.clear()
    world.leases.done.clear()
    world.limits.refusal = LimitExceeded("user_rate_limited", NOON)
    assert await world.answer(a_reaction(), "m2", attempt=2) is Outcome.ANSWERED


def test_only_where_others_read_the_question_names_who_may_follow_up() -> None:
    assert "asked_by" not in question_payload(a_reaction())
    assert question_payload(a_reaction(**IN_THREAD))["asked_by"] == "U1"
