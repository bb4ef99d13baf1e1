"""Working on a task under its lease: claimed, held, and finished or handed back."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import Final

from processor_service.ports.work import Claim, ClaimState, Lease, Leases
from processor_service.resilience.lease import LeaseLost, TaskLease, keep_lease
from processor_service.resilience.stopping import Stopping, WorkerStops
from processor_service.telemetry.task_metrics import set_reason
from shared.background import happens
from shared.errors import MechachangError, RetryableError
from shared.task import Task
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import LEASES_LOST
from shared.telemetry.tracing import span

log = get_logger(__name__)

SHARE_OF_WAITING: Final = 0.5
"""Of a delivery's time, for a lease that its own message holds: the rest is for the work."""


class Outcome(StrEnum):
    """The outcome of one delivery; the routes map it to a status code.

    ``NOTED``: a task that asks nothing is done. ``NOT_FOLLOWED``: a message without a mention was
    not for us. ``DUPLICATE``: another message of the same task is worked on; ``HELD``: another
    delivery of this very message is.
    """

    ANSWERED = "answered"
    ALREADY_DONE = "already_done"
    STOPPED = "stopped"
    NOTED = "noted"
    NOT_FOLLOWED = "not_followed"
    TOLD_FAILURE = "told_failure"
    GAVE_UP = "gave_up"
    DUPLICATE = "duplicate"
    HELD = "held"
    TRY_LATER = "try_later"


# Later deliveries do nothing. A task that was given up may come back out of the dead letters, and
# one that was not for us by an edit that mentions us.
_FINAL = frozenset({Outcome.ANSWERED, Outcome.ALREADY_DONE, Outcome.STOPPED, Outcome.TOLD_FAILURE})

_NOT_OURS = {
    ClaimState.DONE: Outcome.ALREADY_DONE,
    ClaimState.HELD_BY_SAME_MESSAGE: Outcome.HELD,
    ClaimState.HELD_BY_OTHER_MESSAGE: Outcome.DUPLICATE,
}


@dataclass
class LeasedWork:
    """One delivery's work on a task until the event loop's time ``until``. The body sets the
    ``outcome``; without a ``lease`` it has nothing to do, and the outcome says why. ``deaths``: so
    many workers in a row died with the task. ``comes_again``: its user may ask for the very same
    task later, so no mark is left that it is finished.
    """

    lease: TaskLease | None
    deaths: int = 0
    outcome: Outcome = Outcome.TRY_LATER
    until: float = float("inf")
    comes_again: bool = False


@asynccontextmanager
async def leased(
    task: Task, message_id: str, leases: Leases, deadline_s: float, stopping: Stopping
) -> AsyncIterator[LeasedWork]:
    """Claim ``task`` for the body, and finish it or hand it back behind the body. If anything ends
    the body early, the lease is released; ``deadline_s`` seconds after the beginning the body is
    cancelled.
    """
    began = asyncio.get_running_loop().time()
    with span("lease"):
        until = began + SHARE_OF_WAITING * deadline_s
        claim = await _claim(task, message_id, leases, until, stopping)
    if claim.lease is None:
        log.info(
            "The task is done, or another delivery has it.",
            action="task_not_ours",
            state=claim.state,
        )
        yield LeasedWork(None, outcome=_NOT_OURS[claim.state])
        return
    work = LeasedWork(TaskLease(leases, claim.lease), claim.deaths, until=began + deadline_s)
    try:
        async with asyncio.timeout_at(work.until), keep_lease(leases, claim.lease):
            yield work
    except (RetryableError, TimeoutError) as error:
        await _hand_back(claim.lease, error, leases)
        work.outcome = Outcome.TRY_LATER
    except BaseException:
        await asyncio.shield(leases.release(claim.lease))
        raise
    else:
        await _end(task, claim.lease, work, leases)


async def _claim(
    task: Task, message_id: str, leases: Leases, until: float, stopping: Stopping
) -> Claim:
    """The claim; a held lease of the same message is waited for, until its holder finishes, hands
    the task back or is dead, or until this process is told to end.

    If the store is lost meanwhile, the holder may be alive: the next delivery decides.
    """
    clock, waits = asyncio.get_running_loop().time, False
    while True:
        claim = await leases.claim(task.task_id, message_id)
        if waits and claim.lease is not None and claim.lease.owner is None:
            await leases.release(claim.lease)
            return Claim(ClaimState.HELD_BY_SAME_MESSAGE)
        over = stopping.requested or clock() > until
        if claim.state is not ClaimState.HELD_BY_SAME_MESSAGE or over:
            return claim
        if not waits:
            log.info("Another delivery has the task; this one waits.", action="lease_awaited")
        waits = True
        await happens(stopping.event, leases.look_every_s)


async def _hand_back(lease: Lease, error: Exception, leases: Leases) -> None:
    reason = error.reason if isinstance(error, MechachangError) else "deadline_exceeded"
    set_reason(reason)
    if reason == LeaseLost.reason:
        LEASES_LOST.add()
    # These are no failures to report to the user: another worker is answering, or will begin again.
    ours = not isinstance(error, (LeaseLost, WorkerStops))
    await leases.release(lease, reason if ours else None)
    log.warning(
        "The task is handed back.", action="task_handed_back", reason=reason, why=str(error)
    )


async def _end(task: Task, lease: Lease, work: LeasedWork, leases: Leases) -> None:
    if work.outcome in _FINAL and not work.comes_again:
        await leases.finish(lease)
    else:
        await leases.release(lease)
    age_s = round((datetime.now(UTC) - task.occurred_at).total_seconds(), 3)
    log.info("The task is finished.", action="task_finished", outcome=work.outcome, age_s=age_s)
