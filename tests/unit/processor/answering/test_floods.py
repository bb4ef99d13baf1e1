"""One person's flood of questions: what is refused costs Slack nothing but a notice a minute."""

from dataclasses import replace
from typing import Any

import pytest

from processor_service.answering.admit import ATTEMPTS, Delivery
from processor_service.answering.answer import give_up
from processor_service.ports.limits import LimitExceeded
from processor_service.resilience.run_leased import Outcome
from shared.errors import SlackRefused, SlackUnavailable
from shared.ledger import Mark, growing_mark
from shared.task import Purpose, Source, Subject, Task
from tests.support.fakes.processor.conversations import FakeConversation, markdown_body
from tests.support.fakes.processor.world import World
from tests.support.tasks import NOON, a_task

OVER = LimitExceeded("user_rate_limited", NOON)
LATER = SlackUnavailable("limited", reason="slack_rate_limited", retry_after_s=1e6)
COMMAND: dict[str, Any] = {
    "source": Source.SLASH_COMMAND,
    "thread_ts": None,
    "message_ts": None,
    "response_url": "https://hooks.example/1",
}
SUBJECT = Subject(purpose=Purpose.EXPLAIN, channel_id="C1", message_ts="90.000001")


def question(number: int, **changes: Any) -> Task:
    return a_task(task_id=f"question-{number:04d}", **changes)


def unread(*conversations: FakeConversation) -> None:
    """Reading there fails from now on, with a wait that nobody has the time for."""
    for one in conversations:
        one.failures["find"] = [(LATER, False)] * 100


def roles(conversation: FakeConversation) -> list[str]:
    return [posted.mark.role for posted, _ in conversation.messages]


@pytest.mark.parametrize(
    "asked", [{}, COMMAND, {**COMMAND, "private": True, "subject": SUBJECT}], ids=str
)
async def test_a_hundred_mentions_by_one_person_ask_slack_for_one_notice(
    asked: dict[str, Any],
) -> None:
    world = World()
    world.limits.refusal = OVER
    assert await world.answer(question(0, **asked)) is Outcome.TOLD_FAILURE
    everywhere = world.conversations
    places = (everywhere.conversation, everywhere.shown, everywhere.to_asker, everywhere.dm)
    unread(*places)
    everywhere.direct_refused = SlackRefused("asked", slack_error="asked")
    for number in range(1, 100):
        assert await world.answer(question(number, **asked)) is Outcome.TOLD_FAILURE
    assert [roles(one) for one in places if one.messages] == [["notice"]]
    assert everywhere.shown.messages == []
    assert all(len(one.failures["find"]) == 100 for one in places)
    assert world.model.asked == []


async def test_a_refused_command_is_told_to_its_asker_alone_and_not_shown_in_the_channel() -> None:
    world = World()
    world.limits.refusal = OVER
    assert await world.answer(a_task(**COMMAND)) is Outcome.TOLD_FAILURE
    assert world.conversations.shown.messages == []
    [(_, body)] = world.conversations.to_asker.messages
    assert "user_rate_limited" in str(body.blocks)


async def test_the_minutes_notice_says_that_it_stands_for_the_other_questions_too() -> None:
    for locale, words in (
        ("ja", "ほかの質問も"),
        ("en", "also for your other questions"),
    ):
        world = World()
        world.people.locales["U1"] = locale  # type: ignore[assignment] # mypy widens the literals
        world.limits.refusal = OVER
        await world.answer()
        [(_, body)] = world.conversation.messages
        assert words in str(body.blocks)


async def test_a_refused_question_whose_answer_stands_gets_no_notice_beside_it() -> None:
    world = World()
    await world.answer()
    world.leases.done.clear()
    world.limits.refusal = OVER
    assert await world.answer(message_id="m2") is Outcome.TOLD_FAILURE
    assert roles(world.conversation) == ["answer"]
    assert world.limits.owing == {}


@pytest.mark.parametrize("told", [False, True])
async def test_an_answer_that_was_begun_is_brought_to_its_end_whatever_the_limits_say(
    *, told: bool
) -> None:
    world = World()
    half = growing_mark(a_task().task_id)
    await world.conversation.post(markdown_body("素数は"), half)
    world.limits.refusal = OVER
    if told:
        world.limits.owing["U1"] = "another task"
    assert await world.answer(attempt=2) is Outcome.ANSWERED
    assert roles(world.conversation) == ["answer"]
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


async def test_a_command_that_was_shown_is_answered_whatever_the_limits_say() -> None:
    world = World()
    command = a_task(**COMMAND)
    await world.conversations.shown.post(markdown_body("asked"), Mark(command.task_id, "question"))
    world.limits.refusal = OVER
    world.limits.owing["U1"] = "another task"
    assert await world.answer(command, attempt=2) is Outcome.ANSWERED
    assert roles(world.conversation) == ["answer"]


async def test_a_notice_that_slack_did_not_take_is_owed_until_it_stands() -> None:
    world = World()
    world.limits.refusal = OVER
    world.conversation.failures["post"] = [(LATER, False)]
    assert await world.answer(question(0)) is Outcome.TRY_LATER
    assert await world.answer(question(1)) is Outcome.TOLD_FAILURE
    assert world.conversation.messages == []
    assert await world.answer(question(0), "m1", attempt=2) is Outcome.TOLD_FAILURE
    [(notice, _)] = world.conversation.messages
    assert notice.mark == Mark("question-0000", "notice")


async def test_a_refused_question_that_is_given_up_tells_of_the_limit_and_not_of_slack() -> None:
    world = World()
    world.limits.refusal = OVER
    world.conversation.failures["post"] = [(LATER, False)]
    assert await world.answer(question(0)) is Outcome.TRY_LATER
    assert await give_up(question(0), Delivery("dead"), world.deps()) is Outcome.GAVE_UP
    [(_, body)] = world.conversation.messages
    assert "user_rate_limited" in str(body.blocks)
    assert world.limits.told_of == {"question-0000"}


@pytest.mark.parametrize(
    ("source", "then"),
    [
        (Source.RETRY, Outcome.ANSWERED),
        (Source.BUTTON, Outcome.ANSWERED),
        (Source.REACTION, Outcome.ANSWERED),
        (Source.MENTION, Outcome.ALREADY_DONE),
    ],
)
async def test_what_is_the_same_task_when_asked_again_is_not_over_without_a_notice_of_its_own(
    source: Source, then: Outcome
) -> None:
    world = World()
    world.limits.refusal = OVER
    world.limits.owing["U1"] = "another task"
    assert await world.answer(a_task(source=source)) is Outcome.TOLD_FAILURE
    assert world.conversation.messages == []
    world.limits.refusal = None
    assert await world.answer(a_task(source=source), "m2") is then


async def test_a_refused_button_with_a_notice_of_its_own_is_asked_again_by_that_notice() -> None:
    world = World()
    world.limits.refusal = OVER
    assert await world.answer(a_task(source=Source.RETRY)) is Outcome.TOLD_FAILURE
    world.limits.refusal = None
    assert await world.answer(a_task(source=Source.RETRY), "m2") is Outcome.ALREADY_DONE


async def test_a_refused_question_ends_the_sign_that_its_asker_was_shown() -> None:
    world = World()
    world.limits.refusal = replace(OVER)
    world.limits.owing["U1"] = "another task"
    await world.answer()
    await world.statuses.close()
    assert world.conversation.statuses == [""]


async def test_what_ends_in_any_way_is_under_way_no_more() -> None:
    world = World()
    await world.answer()
    world.conversation.failures["find"] = [(LATER, False)]
    assert await world.answer(question(1)) is Outcome.TRY_LATER
    assert world.limits.under_way == []


async def test_nothing_becomes_a_dead_letter_for_having_waited_in_its_thread() -> None:
    world = World(deadline_s=0.2)
    world.queue.held["C1:100.000001"] = "somebody else"
    for attempt in range(1, ATTEMPTS - 1):
        assert await world.answer(attempt=attempt) is Outcome.TRY_LATER
        assert world.conversation.messages == []
    assert await world.answer(attempt=ATTEMPTS - 1) is Outcome.TOLD_FAILURE
    [(notice, body)] = world.conversation.messages
    assert notice.mark.role == "notice"
    assert "thread_busy" in str(body.blocks)
