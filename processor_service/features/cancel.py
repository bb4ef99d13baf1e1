"""Stop: request the cancellation that the worker polls for (``resilience.cancellation``)."""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from processor_service.ports.work import Cancellations, StreamOwners, ThreadQueue, asked_at
from processor_service.resilience.run_leased import Outcome
from shared.task import Task
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# A command's time is our clock's, a press's Slack's.
_CLOCKS_DIFFER: Final = timedelta(seconds=1)


@dataclass(frozen=True)
class CancelDeps:
    """Dependencies of ``cancel_answer``."""

    cancellations: Cancellations
    owners: StreamOwners
    queue: ThreadQueue


async def cancel_answer(task: Task, deps: CancelDeps) -> Outcome:
    """Cancel the answers that ``task.cancel`` names, in whichever process. Idempotent.

    A finished answer stays as it is.
    """
    stopped = await _meant(task, deps)
    for task_id in stopped:
        await deps.cancellations.request(task_id)
    log.info("A stop was requested.", action="stop_asked", task_ids=sorted(stopped))
    return Outcome.NOTED


async def _meant(task: Task, deps: CancelDeps) -> set[str]:
    cancel = task.cancel
    if cancel is None:
        return set()
    if cancel.task_id is not None:
        return {cancel.task_id}
    owners = [await deps.owners.owner(task.channel_id, ts) for ts in cancel.streams]
    known = {owner for owner in owners if owner is not None}
    if known or task.thread_ts is None:
        return known
    # A press may come late: Slack and Pub/Sub deliver it again while nobody takes it. Then it is
    # not about the question that has the turn by now.
    until = asked_at(task.occurred_at + _CLOCKS_DIFFER)
    holder = await deps.queue.holder(f"{task.channel_id}:{task.thread_ts}")
    return set() if holder is None or holder.asked > until else {holder.task_id}
