"""Putting an answer into Slack exactly once.

Slack has no idempotency key for posts. What already stands in the conversation is found by its
mark and replaced in place; a post whose outcome is unknown is looked for before it is repeated.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from functools import partial

import tenacity

from processor_service.ports import Body, Conversation, Posted
from processor_service.retrying import Sleep, patiently
from shared.errors import OutcomeUnknown, SlackUnavailable
from shared.ledger import Mark
from shared.log import get_logger

log = get_logger(__name__)

Guard = Callable[[], Awaitable[None]]


@dataclass(frozen=True)
class Delivery:
    """How patient delivery is: ``attempts`` a call, waiting as Slack asks in between."""

    attempts: int
    sleep: Sleep


def is_settled(posted: Sequence[Posted]) -> bool:
    """Whether the task is decided: its answer stands there whole, or a failure notice does."""
    if any(one.mark.role == "notice" for one in posted):
        return True
    answers = [one.mark for one in posted if one.mark.role == "answer"]
    return bool(answers) and {mark.part for mark in answers} >= set(range(1, answers[0].parts + 1))


async def deliver(
    bodies: Sequence[Body],
    task_id: str,
    conversation: Conversation,
    guard: Guard,
    delivery: Delivery,
) -> None:
    """Make the conversation hold exactly ``bodies`` for this task; ``guard`` precedes each step."""
    posted = [one for one in await conversation.find(task_id) if one.mark.role == "answer"]
    standing = {one.mark.part: one for one in posted}
    for part, body in enumerate(bodies, start=1):
        mark = Mark(task_id, "answer", part, len(bodies))
        await guard()
        if part in standing:
            update = partial(conversation.update, standing[part], body, mark)
            await _patiently(delivery, update)
        else:
            await post_once(conversation, body, mark, delivery)
    for surplus in (one for one in posted if one.mark.part > len(bodies)):
        await guard()
        await _patiently(delivery, partial(conversation.remove, surplus))


async def post_once(conversation: Conversation, body: Body, mark: Mark, delivery: Delivery) -> None:
    """Post one message, once: an unknown outcome is settled by reading the conversation back."""
    unsure = False

    async def attempt() -> None:
        nonlocal unsure
        if unsure and await _stands(conversation, mark):
            log.info("A post of unknown outcome stands in Slack.", action="post_adopted")
            return
        try:
            await conversation.post(body, mark)
        except OutcomeUnknown:
            unsure = True
            raise

    await _patiently(delivery, attempt)


async def _stands(conversation: Conversation, mark: Mark) -> bool:
    found = await conversation.find(mark.task_id)
    return any((one.mark.role, one.mark.part) == (mark.role, mark.part) for one in found)


async def _patiently(delivery: Delivery, call: Callable[[], Awaitable[None]]) -> None:
    retrying = patiently(
        delivery.attempts,
        delivery.sleep,
        tenacity.retry_if_exception_type((SlackUnavailable, OutcomeUnknown)),
    )
    await retrying(call)
