"""Stop: request the cancellation that the worker polls for (``resilience.cancellation``)."""

from dataclasses import dataclass

from processor_service.ports.work import Cancellations, StreamOwners, ThreadQueue
from processor_service.resilience.run_leased import Outcome
from shared.task import Task
from shared.telemetry.log import get_logger

log = get_logger(__name__)


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
    holder = await deps.queue.holder(f"{task.channel_id}:{task.thread_ts}")
    return set() if holder is None else {holder}
