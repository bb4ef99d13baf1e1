"""One answer stays one: redelivered, half posted, begun twice, or with Redis or the worker lost."""

import asyncio
from collections.abc import AsyncGenerator

import pytest

from processor_service.ports.conversations import Body, Posted
from processor_service.ports.model import Chunk, Prompt
from processor_service.rendering.messages import PART_BYTES
from processor_service.resilience.run_leased import Outcome
from shared.errors import ModelRefused, OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.ledger import Mark, growing_mark
from tests.support.fakes.processor.model import FakeModel, Silent, at_once, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task


async def test_a_redelivered_question_is_answered_once() -> None:
    world = World()
    await world.answer()
    world.conversation.statuses.clear()
    assert await world.answer() is Outcome.ALREADY_DONE
    assert len(world.conversation.messages) == 1
    await world.statuses.close()
    assert world.conversation.statuses == [""]


async def test_with_redis_lost_in_between_the_ledger_still_prevents_a_second_answer() -> None:
    world = World()
    await world.answer()
    world.leases.done.clear()
    assert await world.answer(message_id="m2") is Outcome.ALREADY_DONE
    assert len(world.conversation.messages) == 1
    assert len(world.model.asked) == 1


async def test_a_half_posted_answer_is_completed_in_place() -> None:
    long = "\n\n".join(f"{n} " + "あ" * 900 for n in range(30))
    world = World(model=FakeModel([saying(long)]))
    old = Posted("150.000001", Mark(a_task().task_id, "answer", 1, 3))
    await world.conversation.post(Body("", ({"type": "markdown", "text": "old"},)), old.mark)
    assert await world.answer() is Outcome.ANSWERED
    marks = [posted.mark for posted, _ in world.conversation.messages]
    assert [mark.part for mark in marks] == list(range(1, len(marks) + 1))
    assert len(marks) >= len(long) // PART_BYTES
    assert "\n\n".join(world.conversation.texts()).count("あ") == long.count("あ")


@pytest.mark.parametrize("model", [FakeModel([saying("はい。")]), at_once()])
async def test_a_post_whose_answer_was_lost_is_found_and_not_repeated(model: FakeModel) -> None:
    world = World(model=model)
    world.conversation.failures["post"] = [(OutcomeUnknown("dropped"), True)]
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.posts == 1
    assert len(world.conversation.messages) == 1


@pytest.mark.parametrize("model", [FakeModel([saying("はい。")]), at_once()])
async def test_a_post_that_never_arrived_is_repeated_once(model: FakeModel) -> None:
    world = World(model=model)
    world.conversation.failures["post"] = [(OutcomeUnknown("dropped"), False)]
    assert await world.answer() is Outcome.ANSWERED
    assert len(world.conversation.messages) == 1


async def test_another_delivery_of_the_holders_message_is_refused_and_of_a_twin_dropped() -> None:
    world = World(deadline_s=0.2)
    await world.leases.claim(a_task().task_id, "m1")
    assert await world.answer() is Outcome.HELD
    assert await world.answer(message_id="m2") is Outcome.DUPLICATE
    assert world.conversation.messages == []


async def test_a_lease_lost_before_the_post_stops_the_worker_from_writing() -> None:
    world = World()
    task = a_task()

    class StolenWhileGenerating(FakeModel):
        async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
            world.leases.steal(task.task_id)
            yield Chunk("late", finished=True)

    world.model = StolenWhileGenerating([])
    assert await world.answer(task, "m1") is Outcome.TRY_LATER
    assert world.conversation.messages == []


async def test_a_lease_lost_while_waiting_for_the_model_ends_the_wait() -> None:
    world = World()
    world.model = silent = Silent()
    running = asyncio.create_task(world.answer())
    await silent.waiting.wait()
    world.leases.steal(a_task().task_id)
    async with asyncio.timeout(5):
        assert await running is Outcome.TRY_LATER


async def test_a_cancelled_worker_hands_its_task_back() -> None:
    world = World()
    world.model = silent = Silent()
    running = asyncio.create_task(world.answer())
    await silent.waiting.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert world.leases.held == {}
    world.model = FakeModel([saying("ok")])
    assert await world.answer() is Outcome.ANSWERED


@pytest.mark.parametrize(
    ("parts", "outcome"),
    [(1, Outcome.ANSWERED), pytest.param(2, Outcome.TRY_LATER, id="the rival may have died")],
)
async def test_while_the_store_is_lost_the_answer_begun_first_stays(
    parts: int, outcome: Outcome
) -> None:
    world = World()
    world.leases.store_is_lost = True
    rival = Posted("150.000001", Mark(a_task().task_id, "answer", 1, parts, "another"))
    body = Body("", ({"type": "markdown", "text": "the rival's"},))
    world.conversation.before_post = lambda: world.conversation.messages.append((rival, body))
    assert await world.answer() is outcome
    assert world.conversation.texts() == ["the rival's"]


async def test_while_the_store_is_lost_a_rival_that_began_later_is_removed() -> None:
    world = World()
    world.leases.store_is_lost = True
    rival = Posted("900.000001", Mark(a_task().task_id, "answer", 1, 2, "another"))
    world.conversation.before_post = lambda: world.conversation.messages.append((rival, Body("")))
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


async def test_parts_of_two_answers_never_pass_for_one() -> None:
    world = World()
    for part, digest in ((1, "one"), (2, "two")):
        await world.conversation.post(
            Body("old"), Mark(a_task().task_id, "answer", part, 2, digest)
        )
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


async def test_a_successor_shows_what_the_dead_worker_had_from_the_model() -> None:
    world = World(model=at_once())
    world.conversation.failures["post"] = [(SlackUnavailable("500"), False)] * 4
    assert await world.answer() is Outcome.TRY_LATER
    assert await world.answer(message_id="m2") is Outcome.ANSWERED
    assert len(world.model.asked) == 1


async def test_a_part_that_can_no_longer_be_edited_is_posted_again() -> None:
    world = World()
    await world.conversation.post(Body("old"), Mark(a_task().task_id, "answer", 1, 2, "old"))
    gone = SlackRefused("no", slack_error="message_not_found")
    world.conversation.failures["update"] = [(gone, False)]
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


async def test_a_worker_with_a_lease_looks_again_when_one_without_has_left_word() -> None:
    world = World()
    rival = Posted("150.000001", Mark(a_task().task_id, "answer", 1, 1, "another"))
    body = Body("", ({"type": "markdown", "text": "the rival's"},))

    def overtake() -> None:
        world.conversation.messages.append((rival, body))
        world.leases.doubted.add(a_task().task_id)

    world.conversation.before_post = overtake
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.texts() == ["the rival's"]


async def test_a_worker_without_a_lease_leaves_word_once_it_has_written() -> None:
    world = World()
    world.leases.store_is_lost = True

    def comes_back() -> None:
        assert world.leases.doubted == set()
        world.leases.store_is_lost = False

    world.conversation.before_post = comes_back
    assert await world.answer() is Outcome.ANSWERED
    assert world.leases.doubted == {a_task().task_id}


async def test_what_a_worker_that_died_left_beside_its_notice_is_removed() -> None:
    world = World()
    await world.conversation.post(Body("前半の"), growing_mark(a_task().task_id))
    await world.conversation.post(Body("notice"), Mark(a_task().task_id, "notice"))
    assert await world.answer() is Outcome.ALREADY_DONE
    assert [posted.mark.role for posted, _ in world.conversation.messages] == ["notice"]


async def test_what_a_worker_without_a_lease_left_when_it_died_goes_with_its_redelivery() -> None:
    world = World()
    await world.answer()
    late = Mark(a_task().task_id, "answer", 1, 1, "late")
    await world.conversation.post(Body("late"), late)
    await world.leases.flag_possible_duplicate(a_task().task_id)
    assert await world.answer(message_id="m2") is Outcome.ALREADY_DONE
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]


async def test_a_rivals_answer_stays_and_our_notice_goes() -> None:
    world = World(model=FakeModel([[ModelRefused("SAFETY")]]))
    world.leases.store_is_lost = True
    rival = Posted("900.000001", Mark(a_task().task_id, "answer", 1, 1, "rival"))
    world.conversation.before_post = lambda: world.conversation.messages.append((rival, Body("")))
    assert await world.answer() is Outcome.TOLD_FAILURE
    assert [posted for posted, _ in world.conversation.messages] == [rival]


async def test_our_answer_stays_and_a_rivals_notice_goes() -> None:
    world = World()
    world.leases.store_is_lost = True
    rival = Posted("100.000001", Mark(a_task().task_id, "notice"))
    world.conversation.before_post = lambda: world.conversation.messages.append((rival, Body("")))
    assert await world.answer() is Outcome.ANSWERED
    assert [posted.mark.role for posted, _ in world.conversation.messages] == ["answer"]


async def test_words_of_a_worker_that_learns_too_late_of_a_rivals_whole_answer_go() -> None:
    """Redis was lost while both began, so that neither knew, nor could say, that there were two."""
    world, task = World(), a_task()
    world.leases.store_is_lost = True
    rivals = Posted("200.000000", Mark(task.task_id, "answer", 1, 1, "rival"))

    def both_have_written() -> None:
        world.conversation.messages.append((rivals, Body("素数の答えです。")))

    class Lost(FakeModel):
        async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
            yield Chunk("前半の")
            world.leases.store_is_lost = False
            world.leases.steal(task.task_id)
            world.leases.doubted.clear()
            yield Chunk("後半です。", finished=True)

    world.conversation.before_post = both_have_written
    world.model = Lost([])
    assert await world.answer(task) is Outcome.TRY_LATER
    assert [posted for posted, _ in world.conversation.messages] == [rivals]


async def test_of_what_two_dead_workers_wrote_side_by_side_one_answer_is_made() -> None:
    world = World()
    for _ in range(2):
        await world.conversation.post(Body("前半の"), growing_mark(a_task().task_id))
    assert await world.answer() is Outcome.ANSWERED
    [(posted, _)] = world.conversation.messages
    assert posted.ts == "200.000001"
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]
