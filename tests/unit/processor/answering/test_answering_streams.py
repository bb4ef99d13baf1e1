"""An answer that is streamed: one message, whole in the end, whatever becomes of its stream."""

import pytest

from processor_service.ports.model import Chunk
from processor_service.resilience.run_leased import Outcome
from shared.errors import ModelUnavailable, OutcomeUnknown, SlackRefused
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task


async def test_an_answer_that_is_streamed_takes_no_edit() -> None:
    world = World()
    world.conversation.can_stream = True
    assert await world.answer() is Outcome.ANSWERED
    [(posted, body)] = world.conversation.messages
    assert not posted.live
    assert (posted.mark.part, posted.mark.parts) == (1, 1)
    assert body.blocks[0]["text"] == "素数は1と自身でのみ割れます。"
    assert world.conversation.posts == 1


async def test_a_successor_ends_the_stream_that_a_dead_worker_left_and_makes_it_whole() -> None:
    world = World()
    world.conversation.can_stream = True
    await world.conversation.start_stream(a_task().task_id, "素数は、ええと")
    assert await world.answer() is Outcome.ANSWERED
    [(posted, _)] = world.conversation.messages
    assert not posted.live
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


async def test_once_words_are_visible_the_fallback_model_is_not_asked() -> None:
    cut: list[Chunk | Exception] = [Chunk("前半の"), ModelUnavailable("503")]
    world = World(model=FakeModel([cut, cut]), retries=1)
    assert await world.answer() is Outcome.TRY_LATER
    assert [name for _, name in world.model.asked] == ["main-model"] * 2
    world.model, world.generation = FakeModel([saying("全部です。")]), None
    assert await world.answer(message_id="m2") is Outcome.ANSWERED
    assert world.conversation.texts() == ["全部です。"]


@pytest.mark.parametrize("call", ["start", "end"])
@pytest.mark.parametrize("taken", [True, False])
async def test_a_stream_of_unknown_outcome_leaves_one_whole_answer(call: str, taken: bool) -> None:
    world = World()
    world.conversation.can_stream = True
    world.conversation.failures[call] = [(OutcomeUnknown("dropped"), taken)]
    assert await world.answer() is Outcome.ANSWERED
    [(posted, _)] = world.conversation.messages
    assert not posted.live
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


async def test_a_stream_that_slack_ended_by_itself_is_edited_to_its_whole_text() -> None:
    world = World()
    world.conversation.can_stream = True
    over = SlackRefused("over", slack_error="message_not_in_streaming_state")
    world.conversation.failures["end"] = [(over, False)]
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]
