"""Holding a lease while working: renewed in the background, given up cleanly."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass

from processor_service.ports.work import Hold, Lease, Leases
from shared.background import repeating
from shared.errors import RetryableError


class LeaseLost(RetryableError):
    """Another worker has taken over the task; this one must not write for it any more."""

    reason = "lease_lost"


@asynccontextmanager
async def keep_lease(leases: Leases, lease: Lease) -> AsyncIterator[None]:
    """Renew ``lease`` while the body runs; cancel the body with LeaseLost if it is lost."""
    worker = asyncio.current_task()
    working, lost = True, False

    async def renew() -> bool:
        nonlocal lost
        if await leases.renew(lease) is not Hold.LOST:
            return True
        if worker is not None and working:
            lost = True
            worker.cancel()
        return False

    # It was claimed a moment ago, and every visible step checks it.
    async with repeating(leases.renew_every_s, renew, f"renew-{lease.task_id}"):
        try:
            yield
        except asyncio.CancelledError:
            if not lost:
                raise
            if worker is not None:
                worker.uncancel()
            raise LeaseLost("The lease was lost to another worker.") from None
        finally:
            working = False


@dataclass(frozen=True)
class TaskLease:
    """A lease and its store: what a worker asks before and after it writes."""

    leases: Leases
    lease: Lease

    @property
    def is_guarded(self) -> bool:
        """Whether the store keeps other workers away."""
        return self.lease.owner is not None

    async def still_held(self) -> bool:
        """Called before each visible step: raises LeaseLost unless the lease is ours now.

        Returns False if that is unknown, because the store is lost.
        """
        hold = await self.leases.renew(self.lease)
        if hold is Hold.LOST:
            raise LeaseLost("The lease was lost to another worker.")
        return hold is Hold.OURS

    async def flag_possible_duplicate(self) -> None:
        """Called after writing without a confirmed lease."""
        await self.leases.flag_possible_duplicate(self.lease.task_id)

    async def has_possible_duplicate(self) -> bool:
        """Called after writing: whether another worker may have written, too."""
        return await self.leases.has_possible_duplicate(self.lease.task_id)


class NoLease(TaskLease):
    """Lease stand-in for clean-up after the task is done, when no worker holds one."""

    async def still_held(self) -> bool:
        """Always True: every worker decides on the same messages in Slack what to remove."""
        return True
