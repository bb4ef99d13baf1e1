"""Verification: Slack's copy of an answer is compared with the rendered one."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum

from processor_service.delivery.context import AnswerContext
from processor_service.ports.conversations import Body, Posted
from processor_service.ports.limits import READ, RateBudget
from processor_service.rendering.shown_letters import letters_of
from processor_service.resilience.lease import LeaseLost
from shared.errors import MechachangError
from shared.telemetry.log import get_logger

log = get_logger(__name__)


class Verification(StrEnum):
    """How we know that the answer is whole."""

    RESPONSE = "response"
    READ = "read"
    MENDED = "mended"
    NONE = "none"
    BROKEN = "broken"


async def verify(
    ctx: AnswerContext,
    bodies: Sequence[Body],
    parts: Sequence[Posted],
    budget: RateBudget,
    *,
    grew: bool,
) -> Verification:
    """Whether Slack shows ``bodies`` in ``parts``; edits in what is missing, once.

    Slack's response to a post has its content. Streamed parts, and parts not posted here, are read
    back with one call, unless Slack limits us. An error here does not question a posted answer:
    only LeaseLost is raised.
    """
    edits = ctx.conversation.edits
    if not parts or edits is None:
        return Verification.NONE
    if not grew and all(map(_shows, parts, bodies)):
        return Verification.RESPONSE
    try:
        if await budget.try_acquire(READ):
            return await _read_back(ctx, bodies, parts, await edits.contents(parts))
        reason = "no_budget"
    except LeaseLost:
        raise
    except MechachangError as error:
        reason = error.reason
    log.info("The answer was not read back.", action="read_back_skipped", reason=reason)
    return Verification.NONE


async def _read_back(
    ctx: AnswerContext, bodies: Sequence[Body], parts: Sequence[Posted], held: Mapping[str, Body]
) -> Verification:
    read = [replace(part, shown=held.get(part.ts)) for part in parts]
    broken = [
        (part, body) for part, body in zip(read, bodies, strict=True) if not _shows(part, body)
    ]
    if not broken:
        return Verification.READ
    log.warning(
        "Slack does not show the answer whole; it is repaired.",
        action="answer_mended",
        parts=[part.mark.part for part, _ in broken],
    )
    repaired = [await _repair(ctx, part, body) for part, body in broken]
    if all(repaired):
        return Verification.MENDED
    log.error("Slack does not show the answer whole.", action="answer_not_whole")
    return Verification.BROKEN


async def _repair(ctx: AnswerContext, part: Posted, body: Body) -> bool:
    try:
        return _shows(await ctx.writer.update(part, body, part.mark), body)
    except LeaseLost:
        raise
    except MechachangError as error:
        log.warning("A part could not be repaired.", action="part_not_mended", reason=error.reason)
        return False


def _shows(part: Posted, body: Body) -> bool:
    return part.shown is not None and letters_of(part.shown) == letters_of(body)
