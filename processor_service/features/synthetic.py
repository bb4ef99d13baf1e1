"""Answer a synthetic question, which shows operators that a user's would be answered."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final

from shared.errors import MechachangError
from shared.task import Task
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import SYNTHETIC_DURATION, SYNTHETIC_QUESTIONS

log = get_logger(__name__)

LATE_AFTER_S: Final = 120.0
"""It waited for a processor that was away: an answer to it would hide that."""
_WITHIN_S: Final = 20.0


async def answer_synthetic(
    task: Task, ask_slack: Callable[[], Awaitable[None]], now: datetime
) -> None:
    """Ask Slack whether an answer could be shown, show none, and count the outcome. Never raises.

    No model is asked, since that costs money, and Redis is not: answers go on without it.
    """
    age_s = (now - task.received_at).total_seconds()
    if age_s > LATE_AFTER_S:
        _count("late", age_s)
        return
    try:
        async with asyncio.timeout(_WITHIN_S):
            await ask_slack()
    except (MechachangError, TimeoutError) as error:
        _count(getattr(error, "reason", "deadline_exceeded"), age_s)
    else:
        SYNTHETIC_QUESTIONS.add(outcome="answered")
        SYNTHETIC_DURATION.record(age_s)
        log.info(
            "A synthetic question was answered.",
            action="synthetic_answered",
            age_s=round(age_s, 3),
        )


def _count(outcome: str, age_s: float) -> None:
    SYNTHETIC_QUESTIONS.add(outcome=outcome)
    log.warning(
        "A synthetic question was not answered.",
        action="synthetic_failed",
        reason=outcome,
        age_s=round(age_s, 3),
    )
