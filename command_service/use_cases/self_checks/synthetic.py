"""Ask a synthetic question: even while nobody asks, it shows operators whether users would get an
answer from the service.
"""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from command_service.payloads.model import Identity
from command_service.ports import Access, FindSocketState, TaskQueue
from command_service.use_cases.submit import PUBLISH_WITHIN_S
from shared import clock
from shared.errors import QueueUnavailable
from shared.task import Kind, Requester, Task, task_id_of_synthetic
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import SYNTHETIC_QUESTIONS

log = get_logger(__name__)


@dataclass(frozen=True)
class SyntheticDeps:
    """Dependencies of ``ask_synthetic``. In HTTP mode there is no socket, and Slack is heard as
    long as the port is open.
    """

    queue: TaskQueue
    access: Access
    identity: Identity
    socket_state: FindSocketState
    now: Callable[[], datetime] = clock.now


async def keep_asking(deps: SyntheticDeps, every_s: float) -> None:
    """Ask one every ``every_s`` seconds, the first after so many, until cancelled."""
    while True:
        await asyncio.sleep(every_s)
        await ask_synthetic(deps)


async def ask_synthetic(deps: SyntheticDeps) -> None:
    """Queue one for the processor, where a user's would be accepted now. Never raises.

    While Slack is not heard or denies our token no user could ask, which has alerts of its own.
    It is counted apart: no other metric, no limit and no ledger knows of it.
    """
    socket = await deps.socket_state()
    if deps.access.denied is not None or (socket is not None and not socket.connected):
        return
    task = _task(deps)
    try:
        async with asyncio.timeout(PUBLISH_WITHIN_S):
            await deps.queue.publish(task, task.attributes({}))
    except (QueueUnavailable, TimeoutError) as error:
        SYNTHETIC_QUESTIONS.add(outcome="not_queued")
        log.warning(
            "A synthetic question was not queued.",
            action="synthetic_not_queued",
            why=str(error) or type(error).__name__,
        )
    else:
        SYNTHETIC_QUESTIONS.add(outcome="queued")


def _task(deps: SyntheticDeps) -> Task:
    team_id, asked_at = deps.identity.team_id, deps.now()
    by = Requester(team_id, "", deps.identity.bot_user_id)
    return Task.side(Kind.SYNTHETIC, task_id_of_synthetic(team_id, asked_at), by, asked_at)
