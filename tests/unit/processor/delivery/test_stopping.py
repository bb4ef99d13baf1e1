"""Stop: what stood there by then is the answer, and nothing goes on after it."""

import asyncio
from collections.abc import AsyncGenerator, Sequence
from datetime import timedelta

import pytest

from processor_service.delivery.context import AnswerContext
from processor_service.delivery.preview.live_preview import LivePreview
from processor_service.delivery.reconcile import ExistingMessages, reconcile
from processor_service.delivery.slack_writer import SlackWriter, TaskRun
from processor_service.features.cancel import cancel_answer
from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body
from processor_service.ports.model import Chunk, Prompt
from processor_service.ports.work import Lease, QueueTicket, asked_at
from processor_service.rendering.incremental import IncrementalRenderer
from processor_service.rendering.messages import render_answer
from processor_service.resilience.cancellation import CancellableModel, CancelToken
from processor_service.resilience.lease import TaskLease
from processor_service.resilience.run_leased import Outcome
from shared.errors import ModelUnavailable, SlackRefused, SlackUnavailable
from shared.ledger import Mark
from shared.retry import RetryPolicy
from shared.task import Cancel, Kind, Mode
from tests.support.fakes.processor.growing import FakeSigns
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.retrying import Naps
from tests.support.fakes.processor.work import FakeLeases
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

TASK = a_task()


class Endless(FakeModel):
    """Says the words of ``script``, then nothing more until it is closed."""

    def __init__(self, *words: str) -> None:
        super().__init__([[Chunk(word, prompt_tokens=3, output_tokens=2) for word in words]])
        self.said = asyncio.Event()

    async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
        try:
            async for piece in super().stream(prompt, model):
                yield piece
            self.said.set()
            await asyncio.Event().wait()
        finally:
            self.closed += 10


async def stopped(world: World, model: Endless) -> Outcome:
    """Answer, and stop when the model has said its words."""
    world.model = model
    answering = asyncio.create_task(world.answer(TASK))
    async with asyncio.timeout(5):
        await model.said.wait()
        await world.cancellations.request(TASK.task_id)
        return await answering


def everything(world: World) -> str:
    return str([body.blocks for _, body in world.conversation.messages])


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "edited"])
async def test_a_stopped_answer_keeps_its_words_says_so_and_is_the_one_answer(
    streams: bool,
) -> None:
    world, model = World(), Endless("素数です。", "1と自身でのみ")
    world.conversation.can_stream = streams
    assert await stopped(world, model) is Outcome.STOPPED
    assert world.conversation.texts() == ["素数です。"], "what stood there, not what was on its way"
    assert "ここで停止しました。" in everything(world)
    assert '"stop"' not in everything(world)
    [(posted, _)] = world.conversation.messages
    assert (posted.mark.role, posted.mark.parts, posted.live) == ("answer", 1, False)
    assert model.closed == 11, "the request to the vendor is closed"
    assert world.limits.spent == 5


async def test_words_that_nobody_saw_before_the_stop_are_not_shown_after_it() -> None:
    world = World()
    world.conversation.failures["start"] = [(SlackUnavailable("later"), False)]
    world.conversation.failures["post"] = [(SlackUnavailable("later"), False)]
    assert await stopped(world, Endless("素数とは、")) is Outcome.STOPPED
    assert world.conversation.texts() == []
    assert world.conversation.texts("notice") == ["回答を始める前に停止しました。"]


async def test_a_redelivery_does_not_go_on_with_a_stopped_answer() -> None:
    world = World()
    await stopped(world, Endless("素数とは、"))
    world.leases.done.clear()
    assert await world.answer(TASK, "m2") is Outcome.ALREADY_DONE
    assert world.conversation.texts() == ["素数とは、"]
    assert len(world.model.asked) == 1


async def test_a_stopped_answer_is_not_kept_for_others() -> None:
    world = World()
    await stopped(world, Endless("素数とは、"))
    world.model = FakeModel([saying("まったく別の回答です。")])
    assert await world.answer(a_task(task_id="f" * 32), "m2") is Outcome.ANSWERED
    assert world.conversation.texts()[-1] == "まったく別の回答です。"


async def test_a_task_stopped_before_its_first_word_ends_with_one_short_notice() -> None:
    world = World()
    assert await stopped(world, Endless()) is Outcome.STOPPED
    assert world.conversation.texts() == []
    assert world.conversation.texts("notice") == ["回答を始める前に停止しました。"]
    assert TASK.task_id in world.leases.done


async def test_a_task_stopped_while_it_was_queued_is_never_asked() -> None:
    world = World()
    await world.cancellations.request(TASK.task_id)
    assert await world.answer(TASK) is Outcome.STOPPED
    assert world.model.asked == []
    assert world.conversation.texts("notice") == ["回答を始める前に停止しました。"]
    world.leases.done.clear()
    assert await world.answer(TASK, "m2") is Outcome.ALREADY_DONE
    assert len(world.conversation.messages) == 1


async def test_a_task_stopped_while_it_waits_for_its_turn_does_not_wait_any_longer() -> None:
    world = World()
    world.queue.held["C1:100.000001"] = "somebody else"
    answering = asyncio.create_task(world.answer(TASK))
    async with asyncio.timeout(5):
        while len(world.queue.takes) < 3:  # noqa: ASYNC110 - bounded above
            await asyncio.sleep(0.001)
        await world.cancellations.request(TASK.task_id)
        assert await answering is Outcome.STOPPED
    assert world.queue.held == {"C1:100.000001": "somebody else"}


async def test_a_stop_between_attempts_does_not_wait_for_the_next_one() -> None:
    world = World(model=FakeModel([[ModelUnavailable("busy", retry_after_s=10.0)]]))
    napping = asyncio.Event()

    async def long_nap(seconds: float) -> None:
        napping.set()
        await asyncio.Event().wait()

    world.naps = long_nap  # type: ignore[assignment]  # a sleep that never ends by itself
    answering = asyncio.create_task(world.answer(TASK))
    async with asyncio.timeout(5):
        await napping.wait()
        await world.cancellations.request(TASK.task_id)
        assert await answering is Outcome.STOPPED
    assert world.conversation.texts("notice") == ["回答を始める前に停止しました。"]


async def test_a_second_wish_to_stop_finds_what_was_cut_off_still_ending() -> None:
    asked, ending, ended = CancelToken(), asyncio.Event(), asyncio.Event()

    async def slow_to_end() -> bool:
        try:
            return await asyncio.Event().wait()
        finally:
            ending.set()
            await ended.wait()

    cut_off = asyncio.create_task(asked.or_cancelled(slow_to_end()))
    async with asyncio.timeout(5):
        await asyncio.sleep(0)
        asked.request()
        await ending.wait()
        asked.request()
        ended.set()
        assert await cut_off is None


async def test_a_press_of_slacks_own_stop_is_seen_in_its_answer_to_the_next_words() -> None:
    world, lease = World(), TaskLease(FakeLeases(), Lease("t", "m1", "owner"))
    conversation, run = world.conversation, TaskRun(lease, RetryPolicy(3, Naps()))
    writer = SlackWriter(conversation, run)
    conversation.can_stream = True
    now = iter(range(0, 1_000, 10))
    ctx = AnswerContext(TASK, writer, ExistingMessages(()), FakeSigns())
    growing = LivePreview(ctx, world.budget, IncrementalRenderer(), clock=now.__next__)
    growing.first_words.held_s = 0.0
    await growing.update("一つ、")
    assert not run.cancel.requested
    refused = SlackRefused("no", slack_error="stopped_by_user")
    conversation.failures["append"] = [(refused, False)]
    await growing.update("一つ、二つ、")
    assert run.cancel.requested
    over = SlackRefused("no", slack_error="message_not_in_streaming_state")
    conversation.failures["end"] = [(over, False)]
    bodies, whole = shown_as("一つ、二つ、"), Mark(TASK.task_id, "answer", digest="d")
    found = await growing.finish(bodies, whole)
    await reconcile(bodies, whole, found, writer)
    assert conversation.texts() == ["一つ、二つ、"]
    assert conversation.posts == 1


def shown_as(text: str) -> Sequence[Body]:
    return render_answer(Answer(text, "m"), "ja", 9)


async def test_a_structured_answer_is_stopped_in_its_layout_and_mode() -> None:
    words = "二から順に、割り切れる数があるかどうかを試していきます。割り切れたら、素数ではないと"
    said = '{"mode": "code", "language": "python", "explanation": "' + words
    world, task = World(), a_task(mode=Mode.AUTO)
    world.model = model = Endless(said)
    answering = asyncio.create_task(world.answer(task))
    async with asyncio.timeout(5):
        await model.said.wait()
        await world.cancellations.request(task.task_id)
        assert await answering is Outcome.STOPPED
    assert world.conversation.texts() == [f"### 説明\n\n{words}"]
    assert "ここで停止しました。 · コードモード" in everything(world)


async def test_what_the_asker_stops_later_than_the_last_word_is_answered_whole() -> None:
    world = World(model=FakeModel([[Chunk("はい。", finished=True)]]))
    world.conversation.before_post = lambda: world.cancellations.stopped.add(TASK.task_id)
    assert await world.answer(TASK) is Outcome.ANSWERED
    assert world.conversation.texts() == ["はい。"]


def a_cancel(**cancel: object) -> tuple[World, Cancel]:
    return World(), Cancel.model_validate(cancel)


async def test_a_press_on_our_button_stops_the_task_it_names() -> None:
    world, cancel = a_cancel(task_id=TASK.task_id)
    assert (
        await cancel_answer(a_task(kind=Kind.CANCEL, cancel=cancel), world.cancelling())
        is Outcome.NOTED
    )
    assert world.cancellations.stopped == {TASK.task_id}


async def test_slacks_own_stop_stops_the_tasks_of_the_streams_it_names() -> None:
    world, cancel = a_cancel(streams=["200.1", "200.2"])
    await world.owners.own("C1", "200.1", "a" * 32)
    world.queue.held["C1:100.000001"] = "b" * 32
    await cancel_answer(a_task(kind=Kind.CANCEL, cancel=cancel), world.cancelling())
    assert world.cancellations.stopped == {"a" * 32}


async def test_slacks_own_stop_of_no_stream_stops_whose_turn_it_is_in_the_thread() -> None:
    world, cancel = a_cancel()
    world.queue.held["C1:100.000001"] = "b" * 32
    await cancel_answer(a_task(kind=Kind.CANCEL, cancel=cancel), world.cancelling())
    assert world.cancellations.stopped == {"b" * 32}


async def test_a_stop_that_comes_late_does_not_stop_the_question_asked_after_it() -> None:
    world, cancel = a_cancel()
    press = a_task(kind=Kind.CANCEL, cancel=cancel)
    later = press.occurred_at + timedelta(seconds=60)
    for asked, stopped in ((later, set()), (press.occurred_at, {"b" * 32})):
        world.queue.held.clear()
        await world.queue.take(QueueTicket("C1:100.000001", asked_at(asked), "b" * 32))
        await cancel_answer(press, world.cancelling())
        assert world.cancellations.stopped == stopped


async def test_where_nothing_is_answered_a_stop_changes_nothing() -> None:
    world, cancel = a_cancel(streams=["200.1"])
    assert (
        await cancel_answer(a_task(kind=Kind.CANCEL, cancel=cancel), world.cancelling())
        is Outcome.NOTED
    )
    assert world.cancellations.stopped == set()


async def test_an_answer_that_had_ended_when_it_was_stopped_is_whole() -> None:
    stop = CancelToken()

    class UsageBehind(FakeModel):
        """Ends the answer, and tells what it used behind that."""

        async def stream(self, prompt: Prompt, model: str) -> AsyncGenerator[Chunk, None]:
            yield Chunk("whole", finished=True)
            yield Chunk(output_tokens=7)
            stop.request()
            yield Chunk()

    stoppable = CancellableModel(UsageBehind([]), stop)
    pieces = [piece async for piece in stoppable.stream(Prompt("s", "q"), "m")]
    assert [piece.stopped for piece in pieces] == [False] * len(pieces)
