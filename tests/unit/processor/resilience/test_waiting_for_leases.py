"""A delivery that meets the lease of its own message waits for it, and no longer than that."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from processor_service.answering.answer import MOST_DEATHS
from processor_service.ports.work import Claim, Lease
from processor_service.resilience.run_leased import Outcome, leased
from processor_service.resilience.stopping import Stopping
from tests.support.fakes.processor.work import FakeLeases
from tests.support.fakes.processor.world import World
from tests.support.tasks import a_task

TASK = a_task()
LONG_S = 60.0


class CountingLeases(FakeLeases):
    """Tells that a delivery has looked twice, so that it waits."""

    def __init__(self) -> None:
        super().__init__()
        self.claims = 0
        self.waited_for = asyncio.Event()

    async def claim(self, task_id: str, message_id: str) -> Claim:
        self.claims += 1
        if self.claims > 2:
            self.waited_for.set()
        return await super().claim(task_id, message_id)


async def deliver(
    leases: FakeLeases, deadline_s: float = LONG_S, stopping: Stopping | None = None
) -> Outcome:
    """One delivery whose work is done as soon as it has the lease."""
    async with leased(TASK, "m1", leases, deadline_s, stopping or Stopping()) as work:
        if work.lease is not None:
            work.outcome = Outcome.ANSWERED
    return work.outcome


@asynccontextmanager
async def waiting(
    stopping: Stopping | None = None,
) -> AsyncIterator[tuple[CountingLeases, Lease, asyncio.Task[Outcome]]]:
    """A second delivery that waits for the lease of the first one's worker."""
    leases = CountingLeases()
    holder = (await leases.claim(TASK.task_id, "m1")).lease
    assert holder is not None
    second = asyncio.create_task(deliver(leases, stopping=stopping))
    async with asyncio.timeout(5):
        await leases.waited_for.wait()
        yield leases, holder, second


async def test_a_delivery_whose_holder_finishes_meanwhile_is_acknowledged_at_once() -> None:
    async with waiting() as (leases, holder, second):
        await leases.finish(holder)
        assert await second is Outcome.ALREADY_DONE


async def test_a_delivery_whose_holder_is_dead_goes_on_as_soon_as_the_lease_runs_out() -> None:
    async with waiting() as (leases, _, second):
        del leases.held[TASK.task_id]
        assert await second is Outcome.ANSWERED


async def test_a_delivery_whose_holder_hands_the_task_back_goes_on_at_once() -> None:
    async with waiting() as (leases, holder, second):
        await leases.release(holder, "slack_unavailable")
        assert await second is Outcome.ANSWERED


async def test_a_delivery_that_waits_is_handed_back_at_once_when_its_process_ends() -> None:
    stopping = Stopping()
    async with waiting(stopping) as (leases, holder, second):
        leases.look_every_s = LONG_S
        await asyncio.sleep(0.01)
        stopping.request()
        assert await second is Outcome.HELD
        assert leases.held == {TASK.task_id: holder}


async def test_a_delivery_that_waits_when_redis_is_lost_does_not_work_beside_the_holder() -> None:
    async with waiting() as (leases, holder, second):
        leases.store_is_lost = True
        assert await second is Outcome.HELD
        leases.store_is_lost = False
        assert leases.held == {TASK.task_id: holder}


async def test_a_delivery_waits_no_longer_than_its_share_of_a_deliverys_time() -> None:
    leases = FakeLeases()
    await leases.claim(TASK.task_id, "m1")
    async with asyncio.timeout(5):
        assert await deliver(leases, deadline_s=0.1) is Outcome.HELD


async def test_what_a_delivery_has_waited_is_missing_from_its_time_to_work() -> None:
    leases = CountingLeases()
    await leases.claim(TASK.task_id, "m1")
    began = asyncio.get_running_loop().time()

    async def dies() -> None:
        await leases.waited_for.wait()
        del leases.held[TASK.task_id]

    async with asyncio.TaskGroup() as both:
        both.create_task(dies())
        async with leased(TASK, "m1", leases, LONG_S, Stopping()) as work:
            # Pub/Sub counts from the push's beginning.
            assert work.until == pytest.approx(began + LONG_S, abs=0.5)
            assert leases.claims > 2


async def test_a_task_that_kills_each_of_its_workers_ends_in_one_notice() -> None:
    world = World()
    for _ in range(MOST_DEATHS):
        assert (await world.leases.claim(TASK.task_id, "m1")).lease is not None
        del world.leases.held[TASK.task_id]
    assert await world.answer(attempt=MOST_DEATHS + 1) is Outcome.TOLD_FAILURE
    [(posted, _)] = world.conversation.messages
    assert posted.mark.role == "notice"
    assert world.model.asked == []
    assert await world.answer(attempt=MOST_DEATHS + 2) is Outcome.ALREADY_DONE


async def test_a_task_whose_workers_died_by_chance_is_answered() -> None:
    world = World()
    for _ in range(MOST_DEATHS - 1):
        await world.leases.claim(TASK.task_id, "m1")
        del world.leases.held[TASK.task_id]
    assert await world.answer(attempt=MOST_DEATHS) is Outcome.ANSWERED
