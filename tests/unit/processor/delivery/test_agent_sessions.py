"""Where the app is an agent: Slack's Stop stands there while a worker is at work, and no longer."""

import asyncio
from datetime import timedelta

import pytest

from processor_service.answering.admit import Delivery
from processor_service.answering.answer import MOST_DEATHS, give_up
from processor_service.delivery.agent_session import AgentSession
from processor_service.delivery.status_line import StatusTimes
from processor_service.delivery.thread_status import Statuses
from processor_service.resilience.run_leased import Outcome
from shared.errors import ModelRefused, ModelUnavailable
from shared.task import Source
from tests.support.fakes.processor.conversations import FakeSession
from tests.support.fakes.processor.growing import FakeBudget
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.world import World
from tests.support.tasks import NOON, a_task

QUESTION = "Redis とは\n何ですか"


def an_agent(model: FakeModel, *, quiet_s: float = 0.0) -> tuple[World, FakeSession]:
    """A world whose Slack knows sessions, and the one of its thread. The model lets the worker be
    at work before its first attempt is over.
    """
    world = World(model=model, statuses=Statuses(0.02, StatusTimes(quiet_s=quiet_s)))
    session = world.conversation.at_work = FakeSession()

    async def at_work() -> None:
        async with asyncio.timeout(5):
            while quiet_s == 0 and not session.words:  # noqa: ASYNC110 - bounded above
                await asyncio.sleep(0)

    world.naps.meanwhile = at_work
    return world, session


@pytest.mark.parametrize(
    ("then", "outcome"),
    [
        (saying("ok"), Outcome.ANSWERED),
        ([ModelRefused("no", reason="question_blocked")], Outcome.TOLD_FAILURE),
    ],
)
async def test_it_is_processing_until_the_answer_or_the_notice_stands_there(
    then: list[object], outcome: Outcome
) -> None:
    world, session = an_agent(FakeModel([[ModelUnavailable("503")], then]))  # type: ignore[list-item]  # a script
    assert await world.answer(a_task(text=QUESTION)) is outcome
    assert session.words == ["processing: Redis とは 何ですか", "active"]
    await world.statuses.close()


async def test_it_is_processing_until_its_person_stops_the_answer() -> None:
    world, session = an_agent(FakeModel([[ModelUnavailable("503")]] * 9))
    wait = world.naps.meanwhile
    assert wait is not None

    async def stopped() -> None:
        await wait()
        await world.cancellations.request(a_task().task_id)
        await asyncio.sleep(0.02)

    world.naps.meanwhile = stopped
    assert await world.answer() is Outcome.STOPPED
    assert session.words[-1] == "active"
    await world.statuses.close()


async def test_an_answer_that_comes_soon_costs_no_call() -> None:
    world, session = an_agent(FakeModel([saying("ok")]), quiet_s=30.0)
    assert await world.answer() is Outcome.ANSWERED
    assert session.words == []
    await world.statuses.close()


async def test_a_title_is_no_longer_than_slack_takes() -> None:
    world, session = an_agent(FakeModel([[ModelUnavailable("503")], saying("ok")]))
    await world.answer(a_task(text="長" * 500))
    assert session.words[0] == f"processing: {'長' * 200}"
    await world.statuses.close()


async def test_a_question_that_is_handed_back_is_still_at_work_and_its_successor_ends_it() -> None:
    world, session = an_agent(FakeModel([[ModelUnavailable("503")]]))
    assert await world.answer() is Outcome.TRY_LATER
    assert "active" not in session.words
    world.model = FakeModel([saying("ok")])
    world.statuses = Statuses(0.02, StatusTimes(quiet_s=30.0))
    session.begun = False
    assert await world.answer(attempt=2) is Outcome.ANSWERED
    assert session.words[-1] == "active"
    await world.statuses.close()


async def test_what_a_dead_worker_left_is_ended_by_the_message_that_queued_its_event_again() -> (
    None
):
    world, session = an_agent(FakeModel([saying("ok")]), quiet_s=30.0)
    session.begun = False
    late = a_task(received_at=NOON + timedelta(seconds=60))
    assert await world.answer(late) is Outcome.ANSWERED
    assert session.words == ["active"]
    await world.statuses.close()


@pytest.mark.parametrize("done", [True, False])
async def test_what_a_dead_worker_left_is_ended_although_the_task_is_another_messages(
    done: bool,
) -> None:
    # Without Redis two messages of one event are worked on side by side, and one worker dies.
    world, session = an_agent(FakeModel([saying("ok")]), quiet_s=30.0)
    if done:
        await world.answer(message_id="m1")
    else:
        await world.leases.claim(a_task().task_id, "m1")
    session.words.clear()
    again = await world.answer(message_id="m2", attempt=2)
    assert again is (Outcome.ALREADY_DONE if done else Outcome.DUPLICATE)
    assert session.words == ["active"]
    await world.statuses.close()


async def test_what_a_dead_worker_left_is_ended_by_whoever_gives_the_task_up() -> None:
    world, session = an_agent(FakeModel([]))
    assert await give_up(a_task(), Delivery("d1"), world.deps()) is Outcome.GAVE_UP
    assert session.words == ["active"]
    await world.statuses.close()


A_COMMAND = a_task(
    source=Source.SLASH_COMMAND, thread_ts=None, message_ts=None, response_url="https://r"
)


async def test_below_a_commands_question_it_ends_with_the_task_that_is_given_up() -> None:
    world, session = an_agent(FakeModel([[ModelUnavailable("503")]]))
    assert await world.answer(A_COMMAND) is Outcome.TRY_LATER
    assert "active" not in session.words
    assert await give_up(A_COMMAND, Delivery("m8", attempt=8), world.deps()) is Outcome.GAVE_UP
    assert session.words[-1] == "active"
    await world.statuses.close()


async def test_below_a_commands_question_it_ends_with_the_task_whose_workers_died() -> None:
    world, session = an_agent(FakeModel([[ModelUnavailable("503")]]))
    assert await world.answer(A_COMMAND) is Outcome.TRY_LATER
    for _ in range(MOST_DEATHS):
        await world.leases.claim(A_COMMAND.task_id, "m1")
        del world.leases.held[A_COMMAND.task_id]
    assert await world.answer(A_COMMAND, attempt=MOST_DEATHS + 1) is Outcome.TOLD_FAILURE
    assert session.words[-1] == "active"
    await world.statuses.close()


async def test_a_delivery_whose_end_failed_is_acknowledged_after_its_repetition() -> None:
    # Told to end meanwhile, the process repeats it at once; if it dies, the delivery comes again.
    world, session = an_agent(FakeModel([[ModelUnavailable("503")], saying("ok")]))
    session.fails = 1
    delivery = asyncio.create_task(world.answer())
    async with asyncio.timeout(5):
        while session.fails:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0)
    for _ in range(100):
        await asyncio.sleep(0)
    assert not delivery.done()
    await world.statuses.close()
    assert session.words[-1] == "active"
    assert await delivery is Outcome.ANSWERED


async def test_no_more_than_twenty_deliveries_are_held_open_for_an_end_that_fails() -> None:
    statuses = Statuses()
    sessions = [FakeSession(begun=True, fails=9) for _ in range(21)]
    ends = [
        asyncio.create_task(statuses.end_session(AgentSession(one), a_task(), always=True))
        for one in sessions
    ]
    for _ in range(100):
        await asyncio.sleep(0)
    assert sum(not end.done() for end in ends) == 20
    await statuses.close()
    await asyncio.gather(*ends)


async def test_where_slacks_limit_leaves_no_room_no_session_begins() -> None:
    world, session = an_agent(FakeModel([[ModelUnavailable("503")], saying("ok")]))
    world.budget = FakeBudget(left=0)

    async def asked_for_room() -> None:
        async with asyncio.timeout(5):
            while world.budget.left == 0:  # noqa: ASYNC110 - bounded above
                await asyncio.sleep(0)

    world.naps.meanwhile = asked_for_room
    assert await world.answer() is Outcome.ANSWERED
    assert session.words == []
    await world.statuses.close()
