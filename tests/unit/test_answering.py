import asyncio
from collections.abc import AsyncGenerator

import pytest

from processor_service.answering import Outcome, answer
from processor_service.ports import Body, Piece, Posted, Prompt
from processor_service.rendering import PART_CHARS
from shared.errors import (
    ModelRefused,
    ModelRejected,
    ModelUnavailable,
    OutcomeUnknown,
    SlackRefused,
    SlackUnavailable,
)
from shared.ledger import Mark
from shared.task import Source
from tests.processor_fakes import FakeModel, World, a_task, saying


class Silent(FakeModel):
    """A model that takes the question and never says a word."""

    def __init__(self) -> None:
        super().__init__([])
        self.waiting = asyncio.Event()

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Piece, None]:
        self.waiting.set()
        await asyncio.Event().wait()
        yield Piece()


async def test_a_question_is_answered_and_marked_done() -> None:
    world = World()
    assert await answer(a_task(), "m1", world.using()) is Outcome.ANSWERED
    assert world.conversation.texts() == ["素数は1と自身でのみ割れます。"]
    assert a_task().task_id in world.leases.done


async def test_a_redelivered_question_is_answered_once() -> None:
    world = World()
    await answer(a_task(), "m1", world.using())
    assert await answer(a_task(), "m1", world.using()) is Outcome.ALREADY_DONE
    assert len(world.conversation.messages) == 1


async def test_with_redis_lost_in_between_the_ledger_still_prevents_a_second_answer() -> None:
    world = World()
    await answer(a_task(), "m1", world.using())
    world.leases.done.clear()
    assert await answer(a_task(), "m2", world.using()) is Outcome.ALREADY_DONE
    assert len(world.conversation.messages) == 1
    assert len(world.model.asked) == 1


async def test_a_half_posted_answer_is_completed_in_place() -> None:
    long = "\n\n".join(f"{n} " + "あ" * 900 for n in range(30))
    world = World(model=FakeModel([saying(long)]))
    old = Posted("150.000001", Mark(a_task().task_id, "answer", 1, 3))
    await world.conversation.post(Body("", ({"type": "markdown", "text": "old"},)), old.mark)
    assert await answer(a_task(), "m1", world.using()) is Outcome.ANSWERED
    marks = [posted.mark for posted, _ in world.conversation.messages]
    assert [mark.part for mark in marks] == list(range(1, len(marks) + 1))
    assert len(marks) >= len(long) // PART_CHARS
    assert "\n\n".join(world.conversation.texts()).count("あ") == long.count("あ")


async def test_a_post_whose_answer_was_lost_is_found_and_not_repeated() -> None:
    world = World()
    world.conversation.failures["post"] = [(OutcomeUnknown("dropped"), True)]
    assert await answer(a_task(), "m1", world.using()) is Outcome.ANSWERED
    assert world.conversation.posts == 1
    assert len(world.conversation.messages) == 1


async def test_a_post_that_never_arrived_is_repeated_once() -> None:
    world = World()
    world.conversation.failures["post"] = [(OutcomeUnknown("dropped"), False)]
    assert await answer(a_task(), "m1", world.using()) is Outcome.ANSWERED
    assert len(world.conversation.messages) == 1


async def test_a_rate_limited_post_waits_as_long_as_slack_asks() -> None:
    world = World()
    world.conversation.failures["post"] = [(SlackUnavailable("429", retry_after_s=7.0), False)]
    assert await answer(a_task(), "m1", world.using()) is Outcome.ANSWERED
    assert world.naps.seconds == [7.0]


async def test_another_delivery_of_the_holders_message_is_refused_and_of_a_twin_dropped() -> None:
    world = World()
    await world.leases.claim(a_task().task_id, "m1")
    assert await answer(a_task(), "m1", world.using()) is Outcome.HELD
    assert await answer(a_task(), "m2", world.using()) is Outcome.DUPLICATE
    assert world.conversation.messages == []


async def test_a_lease_lost_before_the_post_stops_the_worker_from_writing() -> None:
    world = World()
    task = a_task()

    class StolenWhileGenerating(FakeModel):
        async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Piece, None]:
            world.leases.steal(task.task_id)
            yield Piece("late", finished=True)

    world.model = StolenWhileGenerating([])
    assert await answer(task, "m1", world.using()) is Outcome.TRY_LATER
    assert world.conversation.messages == []


async def test_a_lease_lost_while_waiting_for_the_model_ends_the_wait() -> None:
    world = World()
    world.model = silent = Silent()
    running = asyncio.create_task(answer(a_task(), "m1", world.using()))
    await silent.waiting.wait()
    world.leases.steal(a_task().task_id)
    async with asyncio.timeout(5):
        assert await running is Outcome.TRY_LATER


async def test_a_cancelled_worker_hands_its_task_back() -> None:
    world = World()
    world.model = silent = Silent()
    running = asyncio.create_task(answer(a_task(), "m1", world.using()))
    await silent.waiting.wait()
    running.cancel()
    with pytest.raises(asyncio.CancelledError):
        await running
    assert world.leases.held == {}
    world.model = FakeModel([saying("ok")])
    assert await answer(a_task(), "m1", world.using()) is Outcome.ANSWERED


async def test_a_model_that_stays_away_hands_the_task_back_after_its_fallback() -> None:
    world = World(model=FakeModel([[ModelUnavailable("503")]]), retries=2)
    assert await answer(a_task(), "m1", world.using()) is Outcome.TRY_LATER
    assert [name for _, name in world.model.asked] == ["main-model"] * 3 + ["spare-model"]
    assert world.leases.held == {}
    assert world.conversation.messages == []


async def test_the_deadline_bounds_all_attempts_together() -> None:
    world = World(model=Silent(), deadline_s=0.05)
    assert await answer(a_task(), "m1", world.using()) is Outcome.TRY_LATER
    assert world.leases.held == {}


@pytest.mark.parametrize(
    ("script", "reason"),
    [
        ([ModelRefused("SAFETY")], "model_refused"),
        ([ModelRejected("400")], "model_rejected"),
        ([Piece("  ", finished=True)], "answer_empty"),
    ],
)
async def test_what_cannot_succeed_is_told_to_the_asker_once(
    script: list[Piece | Exception], reason: str
) -> None:
    world = World(model=FakeModel([script]))
    assert await answer(a_task(), "m1", world.using()) is Outcome.TOLD_FAILURE
    world.leases.done.clear()
    assert await answer(a_task(), "m2", world.using()) is Outcome.ALREADY_DONE
    [(posted, body)] = world.conversation.messages
    assert posted.mark.role == "notice"
    assert reason in str(body.blocks)


async def test_an_answer_without_an_end_is_asked_for_again() -> None:
    world = World(model=FakeModel([[Piece("cut")], saying("whole")]))
    assert await answer(a_task(), "m1", world.using()) is Outcome.ANSWERED
    assert world.conversation.texts() == ["whole"]


async def test_where_slack_lets_us_say_nothing_the_task_still_ends() -> None:
    world = World()
    refused = SlackRefused("no", slack_error="is_archived")
    world.conversations.failures = [refused, refused]
    assert await answer(a_task(), "m1", world.using()) is Outcome.TOLD_FAILURE
    assert a_task().task_id in world.leases.done


async def test_the_same_question_of_the_same_team_comes_from_the_cache_and_says_so() -> None:
    world = World()
    await answer(a_task(), "m1", world.using())
    twin = a_task(task_id="f" * 32, text="  素数とは何ですか\n", user_id="U2")
    assert await answer(twin, "m2", world.using()) is Outcome.ANSWERED
    assert len(world.model.asked) == 1
    _, body = world.conversation.messages[-1]
    assert any(element.get("action_id") == "regenerate" for element in body.blocks[-1]["elements"])


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
    await answer(a_task(), "m1", world.using())
    await answer(a_task(task_id="f" * 32, **changes), "m2", world.using())
    assert len(world.model.asked) == 2


async def test_a_truncated_answer_says_so_and_is_not_cached() -> None:
    world = World(model=FakeModel([[Piece("途中まで", finished=True, truncated=True)]]))
    await answer(a_task(), "m1", world.using())
    assert "上限" in world.conversation.texts()[0]
    assert world.answers.kept == {}
