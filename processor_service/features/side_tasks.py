"""Tasks beside the questions: nobody waits for them, so a failure is logged and acknowledged.

They are never handed back to Pub/Sub: a usage or a report that comes minutes later helps nobody,
and a dead letter is for what somebody is owed.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from processor_service.features.app_home import HomeDeps, refresh_home
from processor_service.features.doctor import ReportDeps, send_report
from shared import clock
from shared.errors import MechachangError
from shared.task import Kind, Task
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# A person who has waited longer has looked away. The queue may hold tasks for days.
STALE_AFTER_S: Final = 120.0
DEADLINE_S: Final = 20.0


@dataclass(frozen=True)
class SideTaskDeps:
    """What the tasks beside the questions are done with."""

    homekeeping: HomeDeps
    doctor: ReportDeps
    now: Callable[[], datetime] = clock.now


async def run_side_task(task: Task, message_id: str, deps: SideTaskDeps) -> None:
    """Do what ``task`` asks, within 20 s. Raises nothing that is the task's own trouble."""
    age_s = (deps.now() - task.received_at).total_seconds()
    if age_s > STALE_AFTER_S:
        log.info("An old aside was dropped.", action="aside_stale", kind=task.kind, age_s=age_s)
        return
    try:
        if task.kind is Kind.HOME:
            await refresh_home(task, deps.homekeeping, DEADLINE_S)
        else:
            await send_report(task, message_id, deps.doctor, DEADLINE_S)
    except (MechachangError, TimeoutError) as error:
        reason = getattr(error, "reason", "deadline_exceeded")
        log.warning("An aside failed.", action="aside_failed", kind=task.kind, reason=reason)
        return
    log.info("An aside is done.", action="aside_done", kind=task.kind, age_s=round(age_s, 3))
