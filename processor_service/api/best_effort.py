"""Best-effort tasks: App Home and the doctor's report."""

from collections.abc import Awaitable, Callable
from typing import Final

from processor_service.api.dependencies import Dependencies
from processor_service.api.push_request import PushRequest
from processor_service.resilience.run_leased import Outcome
from shared.errors import MechachangError
from shared.task import Task
from shared.telemetry.log import get_logger

log = get_logger(__name__)

Handler = Callable[[Task, PushRequest, Dependencies], Awaitable[Outcome]]

# After this long the user has looked away. The queue may hold tasks for days.
STALE_AFTER_S: Final = 120.0
DEADLINE_S: Final = 20.0


def best_effort(work: Callable[[Task, PushRequest, Dependencies], Awaitable[None]]) -> Handler:
    """A handler that acknowledges its task however ``work`` ends, even after a bug of ours.

    Usage figures or a report some minutes late help nobody, so nothing is handed back to Pub/Sub. A
    dead letter is for an answer that a user is owed.
    """

    async def run(task: Task, pushed: PushRequest, deps: Dependencies) -> Outcome:
        age_s, kind = (deps.now() - task.received_at).total_seconds(), task.kind
        if age_s > STALE_AFTER_S:
            log.info("Dropped an old side task.", action="side_task_stale", kind=kind, age_s=age_s)
            return Outcome.NOTED
        try:
            await work(task, pushed, deps)
        except (MechachangError, TimeoutError) as error:
            reason = getattr(error, "reason", "deadline_exceeded")
            log.warning("A side task failed.", action="side_task_failed", kind=kind, reason=reason)
        except Exception as error:
            log.error("A side task broke.", action="side_task_broke", kind=kind, exc_info=error)
        else:
            age_s = round(age_s, 3)
            log.info("Did a side task.", action="side_task_done", kind=kind, age_s=age_s)
        return Outcome.NOTED

    return run
