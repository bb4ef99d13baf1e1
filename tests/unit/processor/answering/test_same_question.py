"""Equal questions at the same time cost one request."""

import asyncio
from collections.abc import AsyncGenerator, Sequence

import pytest

from processor_service.answering import single_flight
from processor_service.ports.conversations import ThreadHistory
from processor_service.ports.model import Chunk, Prompt
from processor_service.ports.people import Channel
from processor_service.resilience.run_leased import Outcome
from shared.errors import ModelRefused
from shared.slack.message import MessageRef
from shared.task import Task
from tests.support.fakes.processor.conversations import FakeConversation
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task


class Gated(FakeModel):
    """Answers only when it is let."""

    def __init__(self, *answers: Sequence[Chunk | Exception]) -> None:
        super().__init__(list(answers) or [saying("はい。")])
        self.gate = asyncio.Event()
        self.reached = 0

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        self.reached += 1
        await self.gate.wait()
        async for piece in super().stream(prompt, model):
            yield piece


def equal_questions(count: int, world: World) -> list[Task]:
    """The same question, asked in as many threads."""
    moments = [f"{100 + number}.000001" for number in range(count)]
    for moment in moments:
        thread = FakeConversation(MessageRef("C1", moment, moment))
        world.conversations.threads[moment] = thread
    return [
        a_task(task_id=f"{number:032x}", thread_ts=moment, message_ts=moment)
        for number, moment in enumerate(moments)
    ]


async def all_waiting(world: World, tasks: Sequence[Task]) -> None:
    async with asyncio.timeout(10):
        while any(world.queue.takes.count(task.task_id) < 2 for task in tasks):  # noqa: ASYNC110 - bounded above
            await asyncio.sleep(0.001)


async def test_fifty_equal_questions_go_to_the_model_once() -> None:
    world = World()
    world.model = model = Gated()
    tasks = equal_questions(50, world)
    running = [asyncio.create_task(world.answer(task, task.task_id)) for task in tasks]
    await all_waiting(world, tasks)
    model.gate.set()
    async with asyncio.timeout(10):
        assert set(await asyncio.gather(*running)) == {Outcome.ANSWERED}
    assert model.reached == 1
    threads = world.conversations.threads.values()
    assert [len(thread.messages) for thread in threads] == [1] * 50
    assert world.queue.held == {}


async def test_when_the_one_who_asked_gets_nothing_the_next_one_asks() -> None:
    world = World()
    world.model = model = Gated([ModelRefused("no", reason="question_blocked")], saying("はい。"))
    tasks = equal_questions(3, world)
    running = [asyncio.create_task(world.answer(task, task.task_id)) for task in tasks]
    await all_waiting(world, tasks)
    model.gate.set()
    async with asyncio.timeout(10):
        outcomes = sorted(await asyncio.gather(*running))
    assert outcomes == [Outcome.ANSWERED, Outcome.ANSWERED, Outcome.TOLD_FAILURE]
    assert model.reached == 2


async def test_nobody_waits_for_ever_for_an_answer_that_may_never_be_kept(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(single_flight, "FLIGHT_WAIT_S", 0.02)
    world = World()
    key = await _key_in_use(world)
    world.queue.held[key] = "somebody who takes long"
    assert await world.answer() is Outcome.ANSWERED
    assert world.queue.held == {key: "somebody who takes long"}


async def _key_in_use(world: World) -> str:
    """The line that an equal question stands in."""
    world.model = model = Gated()
    running = asyncio.create_task(world.answer(a_task(task_id="e" * 32), "m0"))
    async with asyncio.timeout(5):
        while model.reached == 0:  # noqa: ASYNC110 - bounded above
            await asyncio.sleep(0.001)
    (key,) = (line for line in world.queue.held if line.startswith("question:"))
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)
    model.gate.set()
    return key


async def test_who_waits_for_an_equal_questions_answer_hands_back_when_the_process_ends() -> None:
    world = World()
    key = await _key_in_use(world)
    world.queue.held[key] = "somebody else"
    [task] = equal_questions(1, world)
    waiting = asyncio.create_task(world.answer(task))
    await all_waiting(world, [task])
    world.stopping.request()
    async with asyncio.timeout(5):
        assert await waiting is Outcome.TRY_LATER
    assert world.model.asked == []


async def test_where_nothing_is_kept_nobody_waits() -> None:
    world = World()
    world.answers.lasting = False
    world.model = model = Gated()
    tasks = equal_questions(3, world)
    running = [asyncio.create_task(world.answer(task, task.task_id)) for task in tasks]
    async with asyncio.timeout(5):
        while model.reached < 3:  # noqa: ASYNC110 - bounded above
            await asyncio.sleep(0.001)
    model.gate.set()
    assert set(await asyncio.gather(*running)) == {Outcome.ANSWERED}


async def test_who_shares_the_answer_is_asked_while_the_thread_is_read() -> None:
    world = World()
    asked, read = asyncio.Event(), asyncio.Event()
    of, read_thread = world.channels.of, world.conversation.read

    async def channel(channel_id: str) -> Channel | None:
        asked.set()
        await read.wait()
        return await of(channel_id)

    async def thread(task_id: str) -> ThreadHistory:
        read.set()
        await asked.wait()
        return await read_thread(task_id)

    world.channels.of = channel  # type: ignore[method-assign]  # a slow Slack
    world.conversation.read = thread  # type: ignore[method-assign]  # likewise
    async with asyncio.timeout(10):
        assert await world.answer() is Outcome.ANSWERED
