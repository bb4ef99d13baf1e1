"""The use case: one task, one answer.

Deliveries of a task may repeat, overlap and follow a crash. The lease keeps workers apart; the
marks on our own messages in Slack say what is already there. Whoever takes a task over reads them
first, so losing Redis costs speed and never a second answer.
"""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum

from processor_service.caching import cache_key, may_read_cache
from processor_service.delivery import Delivery, deliver, is_settled
from processor_service.generation import Generation, generate
from processor_service.lease import held, still_held
from processor_service.notices import post_notice
from processor_service.ports import Answer, Answers, ClaimState, Conversations, Lease, Leases, Model
from processor_service.prompts import prompt_for
from processor_service.rendering import render_answer
from shared.errors import MechachangError, PermanentError, RetryableError
from shared.log import get_logger
from shared.task import Task

log = get_logger(__name__)


class Outcome(StrEnum):
    """What became of one delivery; the route maps it to a status code."""

    ANSWERED = "answered"
    ALREADY_DONE = "already_done"
    TOLD_FAILURE = "told_failure"
    DUPLICATE = "duplicate"
    HELD = "held"
    TRY_LATER = "try_later"


@dataclass(frozen=True)
class Answering:
    """What the use case works with."""

    leases: Leases
    answers: Answers
    model: Model
    conversations: Conversations
    generation: Generation
    delivery: Delivery
    deadline_s: float


async def answer(task: Task, message_id: str, using: Answering) -> Outcome:
    """Answer ``task`` unless it is done or in another worker's hands. Never raises for a task's
    own troubles; cancelled, it hands the task back first.
    """
    claim = await using.leases.claim(task.task_id, message_id)
    if claim.lease is None:
        return _not_ours(claim.state)
    try:
        async with asyncio.timeout(using.deadline_s), held(using.leases, claim.lease):
            outcome = await _answer_once(task, claim.lease, using)
    except (RetryableError, TimeoutError) as error:
        await using.leases.release(claim.lease)
        _log_hand_back(error)
        return Outcome.TRY_LATER
    except BaseException:
        await asyncio.shield(using.leases.release(claim.lease))
        raise
    await using.leases.finish(claim.lease)
    log.info("The task is finished.", action="task_finished", outcome=outcome, age_s=_age_s(task))
    return outcome


async def _answer_once(task: Task, lease: Lease, using: Answering) -> Outcome:
    try:
        conversation = await using.conversations.open(task)
        if is_settled(await conversation.find(task.task_id)):
            return Outcome.ALREADY_DONE
        found, cached = await _find_answer(task, using)
        place = conversation.place if cached else None
        bodies = render_answer(found, task.locale, conversation.capacity, regenerate_at=place)
        await deliver(bodies, task.task_id, conversation, _guard(lease, using), using.delivery)
    except PermanentError as error:
        return await _tell(task, error, lease, using)
    if not cached:
        await _keep(task, found, using)
    return Outcome.ANSWERED


async def _find_answer(task: Task, using: Answering) -> tuple[Answer, bool]:
    """The answer, and whether it comes from the cache."""
    key = cache_key(task, using.generation.model)
    if key is not None and may_read_cache(task):
        known = await using.answers.get(key)
        if known is not None:
            return known, True
    return await generate(prompt_for(task), using.model, using.generation), False


async def _keep(task: Task, found: Answer, using: Answering) -> None:
    key = cache_key(task, using.generation.model)
    if key is not None and not found.truncated and found.model == using.generation.model:
        await using.answers.put(key, found)


async def _tell(task: Task, error: PermanentError, lease: Lease, using: Answering) -> Outcome:
    log.warning("The question cannot be answered.", action="task_refused", reason=error.reason)
    await _guard(lease, using)()
    await post_notice(task, error.reason, using.conversations, using.delivery)
    return Outcome.TOLD_FAILURE


def _guard(lease: Lease, using: Answering) -> Callable[[], Awaitable[None]]:
    return lambda: still_held(using.leases, lease)


def _not_ours(state: ClaimState) -> Outcome:
    log.info("The delivery is not ours to work on.", action="task_not_ours", state=state)
    return {
        ClaimState.DONE: Outcome.ALREADY_DONE,
        ClaimState.HELD_BY_SAME_MESSAGE: Outcome.HELD,
        ClaimState.HELD_BY_OTHER_MESSAGE: Outcome.DUPLICATE,
    }[state]


def _log_hand_back(error: Exception) -> None:
    reason = error.reason if isinstance(error, MechachangError) else "deadline_exceeded"
    log.warning("The task is handed back.", action="task_handed_back", reason=reason)


def _age_s(task: Task) -> float:
    return round((datetime.now(UTC) - task.occurred_at).total_seconds(), 3)
