"""A question's answer: what is posted, where, and what comes from the cache."""

import pytest

from processor_service.answering.single_flight import saved_answer_key
from processor_service.ports.conversations import ThreadHistory
from processor_service.ports.model import Chunk
from processor_service.resilience.run_leased import Outcome
from shared.errors import ModelUnavailable, OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.task import Source
from tests.support.fakes.processor.model import FakeModel, at_once, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task


async def test_a_question_is_answered_and_marked_done() -> None:
    world = World()
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]
    assert a_task().task_id in world.leases.done


async def test_the_same_question_of_the_same_team_comes_from_the_cache_and_says_so() -> None:
    world = World()
    await world.answer()
    twin = a_task(task_id="f" * 32, text="  素数とは何ですか\n", user_id="U2")
    assert await world.answer(twin, "m2") is Outcome.ANSWERED
    assert len(world.model.asked) == 1
    _, body = world.conversation.messages[-1]
    assert "以前の同じ質問" in str(body.blocks)


@pytest.mark.parametrize(
    "changes",
    [
        {"team_id": "T2"},
        {"locale": "en"},
        {"text": "別の質問"},
        {"thread_ts": "90.000001"},
        {"source": Source.BUTTON},
    ],
)
async def test_a_question_that_differs_is_not_answered_from_the_cache(
    changes: dict[str, object],
) -> None:
    world = World()
    await world.answer()
    await world.answer(a_task(task_id="f" * 32, **changes), "m2")
    assert len(world.model.asked) == 2


async def test_a_truncated_answer_says_so_and_is_not_cached() -> None:
    world = World(model=FakeModel([[Chunk("途中まで", finished=True, truncated=True)]]))
    await world.answer()
    assert "上限" in world.conversation.texts()[0]
    assert world.answers.kept == {}


async def test_a_draft_is_kept_until_its_answer_stands_and_no_longer() -> None:
    world = World(model=at_once(), retries=0)
    world.conversation.failures["post"] = [(SlackUnavailable("503"), False)] * 10
    assert await world.answer() is Outcome.TRY_LATER
    assert saved_answer_key(a_task()) in world.saved.kept
    world.conversation.failures.clear()
    assert await world.answer() is Outcome.ANSWERED
    assert len(world.model.asked) == 1
    assert world.saved.kept == {}


async def test_with_the_cache_off_a_successor_still_shows_the_same_words() -> None:
    world = World(model=FakeModel([saying("一つ目"), saying("二つ目")]), retries=0)
    world.answers.lasting = False
    world.conversation.failures["post"] = [(SlackUnavailable("503"), False)] * 10
    assert await world.answer() is Outcome.TRY_LATER
    world.conversation.failures.clear()
    assert await world.answer(message_id="m2") is Outcome.ANSWERED
    assert world.conversation.texts() == ["一つ目"]
    assert len(world.model.asked) == 1


async def test_a_layout_that_slack_refuses_is_posted_as_plain_text() -> None:
    world = World(model=at_once())
    refused = SlackRefused("no", slack_error="invalid_blocks", reason="slack_unshowable")
    world.conversation.failures["post"] = [(refused, False)]
    assert await world.answer() is Outcome.ANSWERED
    [(_, body)] = world.conversation.messages
    assert body.blocks == ()
    assert "素数は1と自身でのみ割れます。" in body.text


async def test_a_commands_question_is_shown_once_and_answered_in_its_thread() -> None:
    world = World()
    command = a_task(source=Source.SLASH_COMMAND, thread_ts=None, message_ts=None)
    world.model = FakeModel([[ModelUnavailable("503")]])
    assert await world.answer(command) is Outcome.TRY_LATER
    world.model = FakeModel([saying("ok")])
    world.generation = None
    assert await world.answer(command, "m2") is Outcome.ANSWERED
    [(shown, _)] = world.conversations.shown.messages
    assert shown.mark.role == "question"
    assert world.conversations.opened == [shown.ts, shown.ts]


@pytest.mark.parametrize(
    ("sure", "reads"), [(True, 0), (False, 1)], ids=["posted now", "perhaps posted by another"]
)
async def test_a_thread_is_read_unless_it_begins_with_this_answers_question(
    sure: bool, reads: int
) -> None:
    world, read = World(), list[str]()
    read_thread = world.conversation.read

    async def counted(task_id: str) -> ThreadHistory:
        read.append(task_id)
        return await read_thread(task_id)

    world.conversation.read = counted  # type: ignore[method-assign]  # each one is a call to Slack
    if not sure:
        world.conversations.shown.failures["post"] = [(OutcomeUnknown("no answer"), True)]
    command = a_task(source=Source.SLASH_COMMAND, thread_ts=None, message_ts=None)
    assert await world.answer(command) is Outcome.ANSWERED
    assert len(read) == reads
    # Whoever comes next finds the question there, and perhaps an answer below it.
    assert await world.answer(command, "m2") is Outcome.ALREADY_DONE
    world.leases.done.clear()
    assert await world.answer(command, "m3") is Outcome.ALREADY_DONE
    assert len(read) == reads + 1


async def test_a_command_where_we_may_not_post_is_answered_to_its_asker_alone() -> None:
    world = World()
    command = a_task(
        source=Source.SLASH_COMMAND, thread_ts=None, message_ts=None, response_url="https://r"
    )
    refused = SlackRefused("no", slack_error="not_in_channel", reason="slack_not_there")
    world.conversations.shown.failures["find"] = [(refused, False)]
    assert await world.answer(command) is Outcome.ANSWERED
    assert len(world.conversations.to_asker.messages) == 1


async def test_what_the_model_took_is_counted() -> None:
    world = World(model=FakeModel([[Chunk("ok", finished=True, prompt_tokens=7, output_tokens=5)]]))
    await world.answer()
    assert world.limits.spent == 12
