"""One question at a time in a thread."""

import asyncio
from collections.abc import AsyncGenerator

from processor_service.ports.model import Chunk, Prompt
from processor_service.resilience.run_leased import Outcome
from shared.errors import ModelRefused
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

FIRST = a_task()
SECOND = a_task(task_id="f" * 32, message_ts="100.000002")


class Gated(FakeModel):
    """Answers only when it is let."""

    def __init__(self) -> None:
        super().__init__([saying("はい。")])
        self.reached = asyncio.Event()
        self.gate = asyncio.Event()

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        self.reached.set()
        await self.gate.wait()
        async for piece in super().stream(prompt, model):
            yield piece


async def until_it_waits(world: World, task_id: str) -> None:
    async with asyncio.timeout(5):
        while world.queue.takes.count(task_id) < 3:  # noqa: ASYNC110 - bounded above
            await asyncio.sleep(0.001)


async def test_a_question_waits_for_the_one_before_it_in_its_thread_and_is_then_answered() -> None:
    world = World()
    world.model = model = Gated()
    first = asyncio.create_task(world.answer(FIRST, "m1"))
    await model.reached.wait()
    second = asyncio.create_task(world.answer(SECOND, "m2"))
    await until_it_waits(world, SECOND.task_id)
    assert len(model.asked) == 0
    assert SECOND.task_id in world.leases.held
    model.gate.set()
    async with asyncio.timeout(5):
        assert [await first, await second] == [Outcome.ANSWERED, Outcome.ANSWERED]
    posted = [posted.mark.task_id for posted, _ in world.conversation.messages]
    assert posted == [FIRST.task_id, SECOND.task_id]
    assert world.queue.held == {}


async def test_a_question_that_waits_is_handed_back_at_once_when_its_process_ends() -> None:
    world = World()
    world.queue.held["C1:100.000001"] = "somebody else"
    waiting = asyncio.create_task(world.answer(SECOND))
    await until_it_waits(world, SECOND.task_id)
    world.stopping.request()
    async with asyncio.timeout(5):
        assert await waiting is Outcome.TRY_LATER
    assert world.leases.held == {}
    assert world.leases.reasons == {}
    assert world.conversation.messages == []


async def test_a_question_of_another_thread_waits_for_nobody() -> None:
    world = World()
    world.queue.held["C1:99.000001"] = "somebody else"
    assert await world.answer() is Outcome.ANSWERED


async def test_a_turn_is_kept_up_while_it_lasts() -> None:
    world = World()
    world.model = model = Gated()
    running = asyncio.create_task(world.answer())
    await until_it_waits(world, FIRST.task_id)
    model.gate.set()
    await running
    takes = len(world.queue.takes)
    await asyncio.sleep(3 * world.queue.renew_every_s)
    assert len(world.queue.takes) == takes


async def test_waiting_ends_with_the_tasks_deadline_and_leaves_the_line() -> None:
    world = World(deadline_s=0.05)
    world.queue.held["C1:100.000001"] = "somebody else"
    assert await world.answer() is Outcome.TRY_LATER
    assert world.queue.held == {"C1:100.000001": "somebody else"}
    assert world.leases.reasons[FIRST.task_id] == "thread_busy"


async def test_a_question_that_cannot_be_answered_lets_the_next_one_in() -> None:
    world = World(model=FakeModel([[ModelRefused("no", reason="question_blocked")]]))
    assert await world.answer() is Outcome.TOLD_FAILURE
    assert world.queue.held == {}
