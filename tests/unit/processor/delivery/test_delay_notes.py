"""What tells of a delay where Slack shows no status."""

import asyncio
from collections.abc import Callable

import pytest

from processor_service.answering.admit import Delivery
from processor_service.answering.answer import give_up
from processor_service.answering.clean_up import clean_up
from processor_service.answering.generation import Generation
from processor_service.delivery.slack_writer import SlackWriter, TaskRun
from processor_service.delivery.status_line import StatusTimes
from processor_service.delivery.thread_status import Statuses
from processor_service.ports.conversations import Body, Posted
from processor_service.ports.work import Lease
from processor_service.resilience.lease import TaskLease
from processor_service.resilience.run_leased import Outcome
from processor_service.texts.answers import KEPT, KEPT_BUSY, NOTES, RETRYING, SLOW
from shared.errors import ModelRefused, ModelUnavailable, OutcomeUnknown, SlackRefused
from shared.ledger import Mark
from shared.retry import RetryPolicy
from shared.task import Texts
from tests.support.fakes.processor.conversations import FakeConversation
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

AWAY = ModelUnavailable("away", reason="model_unavailable")
BUSY = ModelUnavailable("busy", reason="model_rate_limited")


def without_statuses(model: FakeModel, *, noted_after_s: float = 0.0) -> World:
    """A world whose Slack shows no status; a question waits for a model that is away."""
    times = StatusTimes(quiet_s=0, again_s=0.01, noted_after_s=noted_after_s)
    world = World(model=model, statuses=Statuses(0.02, times))
    world.generation = Generation("main-model", None, RetryPolicy(1, world.naps), hold_s=65.0)
    world.conversation.statuses_refused = True
    return world


def delays(world: World) -> list[str]:
    return world.conversation.texts("delay")


def left_by_a_dead_worker(world: World) -> None:
    mark = Mark(a_task().task_id, "delay")
    world.conversation.messages.append((Posted("150.000001", mark), Body("kept")))


def said(words: Texts) -> str:
    """The message in place of a status, up to the time that it names."""
    return next(note for status, note in NOTES if status is words)["ja"].split("{when}")[0]


def a_writer(world: World) -> SlackWriter:
    lease = Lease(a_task().task_id, "m1", "owner")
    return SlackWriter(
        world.conversation, TaskRun(TaskLease(world.leases, lease), RetryPolicy(1, world.naps))
    )


async def happened(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(5):
        while not condition():  # noqa: ASYNC110 - the fakes change without an event
            await asyncio.sleep(0)


async def test_a_delay_is_told_by_one_message_which_is_edited_and_gone_before_the_answer() -> None:
    world = without_statuses(FakeModel([[AWAY], [BUSY], saying("ok")]))
    told, beside = list[str](), list[list[str]]()
    words = iter([KEPT, KEPT_BUSY])

    async def seen() -> None:
        wanted = said(next(words))
        await happened(lambda: any(wanted in each for each in delays(world)))
        told.extend(delays(world))

    world.naps.meanwhile = seen
    world.conversation.before_post = lambda: beside.append(delays(world))
    assert await world.answer() is Outcome.ANSWERED
    assert len(told) == 2
    assert all("<!date^" in each for each in told)
    assert beside == [[], []]
    assert delays(world) == []
    assert world.conversation.texts() == ["ok"]


async def test_what_is_over_in_a_moment_is_told_by_no_message() -> None:
    world = without_statuses(FakeModel([[AWAY], saying("ok")]), noted_after_s=10.0)
    world.generation = Generation("main-model", None, RetryPolicy(2, world.naps))
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.posts == 1


@pytest.mark.parametrize("words", [RETRYING, SLOW])
async def test_a_delay_that_lasts_is_told_when_it_has_lasted(words: Texts) -> None:
    world = without_statuses(FakeModel([]), noted_after_s=0.05)
    status = world.statuses.of(a_task(), world.conversations)
    async with status as own:
        line = own.begin(a_writer(world), a_task(), world.budget)
        (line.retrying if words is RETRYING else line.slow)()
        await happened(lambda: bool(line.begun))
        assert delays(world) == []
        await happened(lambda: bool(delays(world)))
        assert delays(world) == [said(words)]
        await line.make_way()
    assert delays(world) == []
    await world.statuses.close()


async def test_a_question_that_is_handed_back_stays_told_and_the_successor_tells_it_in_place() -> (
    None
):
    world = without_statuses(FakeModel([[AWAY], [AWAY], saying("ok")]))
    world.generation = Generation("main-model", None, RetryPolicy(1, world.naps))
    for attempt in (1, 2):
        assert await world.answer(attempt=attempt) is Outcome.TRY_LATER
        assert [said(KEPT) in each for each in delays(world)] == [True]
    assert world.conversation.posts == 1
    assert await world.answer(attempt=3) is Outcome.ANSWERED
    assert delays(world) == []


async def test_the_notice_stands_alone() -> None:
    world = without_statuses(FakeModel([[ModelRefused("no", reason="question_blocked")]]))
    left_by_a_dead_worker(world)
    beside: list[list[str]] = []
    world.conversation.before_post = lambda: beside.append(delays(world))
    assert await world.answer(attempt=2) is Outcome.TOLD_FAILURE
    assert beside == [[]]
    assert len(world.conversation.texts("notice")) == 1


async def test_the_notice_of_a_question_that_is_given_up_stands_alone() -> None:
    world = without_statuses(FakeModel([]))
    left_by_a_dead_worker(world)
    assert await give_up(a_task(), Delivery("d1"), world.deps()) is Outcome.GAVE_UP
    assert delays(world) == []
    assert len(world.conversation.texts("notice")) == 1


async def test_what_a_dead_worker_told_is_taken_away_by_whoever_finds_the_answer() -> None:
    world = without_statuses(FakeModel([saying("ok")]))
    assert await world.answer() is Outcome.ANSWERED
    world.leases.done.clear()
    left_by_a_dead_worker(world)
    assert await world.answer(message_id="m2", attempt=2) is Outcome.ALREADY_DONE
    assert delays(world) == []


async def test_what_slack_takes_late_is_taken_away_by_a_late_look() -> None:
    world = without_statuses(FakeModel([saying("ok")]))
    assert await world.answer() is Outcome.ANSWERED
    left_by_a_dead_worker(world)
    await clean_up(a_task(), Delivery("m1"), world.deps(), done=False)
    assert delays(world) == []
    assert world.conversation.texts() == ["ok"]


async def test_a_message_that_slack_did_not_confirm_is_found_and_taken_away() -> None:
    world = without_statuses(FakeModel([[AWAY], saying("ok")]))
    world.conversation.failures["post"] = [(OutcomeUnknown("cut"), True)]

    async def seen() -> None:
        await happened(lambda: bool(world.conversation.edited))

    world.naps.meanwhile = seen
    assert await world.answer() is Outcome.ANSWERED
    assert delays(world) == []
    assert world.conversation.posts == 2


async def test_an_answer_comes_also_where_slack_lets_nothing_be_taken_away() -> None:
    world = without_statuses(FakeModel([saying("ok")]))
    left_by_a_dead_worker(world)
    refused = SlackRefused("no", slack_error="cant_delete_message")
    world.conversation.failures["remove"] = [(refused, False)]
    assert await world.answer(attempt=2) is Outcome.ANSWERED
    assert world.conversation.texts() == ["ok"]


async def test_a_worker_without_a_lease_tells_nothing_that_another_might_tell_too() -> None:
    world = without_statuses(FakeModel([[AWAY], saying("ok")]))
    world.leases.store_is_lost = True

    async def time_passes() -> None:
        await asyncio.sleep(0.05)

    world.naps.meanwhile = time_passes
    assert await world.answer() is Outcome.ANSWERED
    assert world.conversation.posts == 1


async def test_a_delay_that_slack_did_not_take_is_shown_again_soon() -> None:
    times = StatusTimes(quiet_s=0, again_s=0.001)
    statuses, thread = Statuses(times=times), FakeConversation(statuses_fail=True)
    statuses.line(thread, a_task()).kept()
    await thread.shows(lambda: len(thread.statuses) >= 3)
    statuses.over(a_task())
    await statuses.close()
