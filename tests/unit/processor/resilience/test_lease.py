import asyncio
import contextlib

import pytest

from processor_service.ports.work import Hold, Lease
from processor_service.resilience.lease import LeaseLost, TaskLease, keep_lease
from tests.support.fakes.processor.work import FakeLeases

LEASE = Lease("task-1", "m1", "owner")


class SwallowsCancellation(FakeLeases):
    """A store whose client may swallow a cancellation, as redis-py's does on Python 3.11."""

    def __init__(self) -> None:
        super().__init__()
        self.renewals = 0
        self.renewing = asyncio.Event()

    async def renew(self, lease: Lease) -> Hold:
        self.renewals += 1
        self.renewing.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0.01)
        return Hold.OURS


async def test_no_renewal_outlives_the_work_even_if_a_cancellation_is_swallowed() -> None:
    leases = SwallowsCancellation()
    async with asyncio.timeout(5):
        async with keep_lease(leases, LEASE):
            await leases.renewing.wait()
    renewals = leases.renewals
    await asyncio.sleep(0.05)
    assert leases.renewals == renewals == 1


async def test_a_lost_lease_ends_the_work_and_leaves_no_cancellation_behind() -> None:
    leases = FakeLeases()
    leases.steal("task-1")
    with pytest.raises(LeaseLost):
        async with keep_lease(leases, LEASE):
            await asyncio.Event().wait()
    current = asyncio.current_task()
    assert current is not None
    assert current.cancelling() == 0


async def test_a_cancellation_from_outside_stays_one() -> None:
    async def work() -> None:
        async with keep_lease(FakeLeases(), LEASE):
            await asyncio.Event().wait()

    working = asyncio.create_task(work())
    await asyncio.sleep(0.02)
    working.cancel()
    with pytest.raises(asyncio.CancelledError):
        await working


async def test_each_visible_step_asks_whether_the_lease_is_still_ours() -> None:
    leases = FakeLeases()
    ours = TaskLease(leases, LEASE)
    assert await ours.still_held()
    leases.store_is_lost = True
    assert not await ours.still_held()
    leases.store_is_lost = False
    leases.steal("task-1")
    with pytest.raises(LeaseLost):
        await ours.still_held()
