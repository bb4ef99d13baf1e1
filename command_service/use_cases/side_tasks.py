"""Queue a task that needs no answer: a stop, feedback, or a share."""

from collections.abc import Callable

from command_service.payloads.model import NotAQuestion, RejectReason, SideTask
from command_service.texts.replies import TOLD
from command_service.use_cases.policy import Presence, Rejected, turned_away
from command_service.use_cases.submit import (
    Accepted,
    HandedBack,
    SubmitDeps,
    SubmitOutcome,
    count,
    publish,
    say_refusal,
    submit,
)
from shared.channel_ids import is_direct
from shared.errors import QueueUnavailable
from shared.telemetry.log import bound_task, get_logger

log = get_logger(__name__)

OnceAdmitted = Callable[[], None] | None


async def enqueue(
    pressed: SideTask | NotAQuestion, deps: SubmitDeps, once_admitted: OnceAdmitted = None
) -> SubmitOutcome:
    """Publish a side task. Equal triggers give equal tasks, so sending one twice is harmless.

    A user who may not request it is told so; ``once_admitted`` is called before it is published.
    """
    outcome = await _sent(pressed, deps, once_admitted)
    count(pressed if isinstance(pressed, NotAQuestion) else pressed.task, outcome)
    return outcome


async def _sent(
    side_task: SideTask | NotAQuestion, deps: SubmitDeps, once_admitted: OnceAdmitted
) -> SubmitOutcome:
    if isinstance(side_task, NotAQuestion):
        return await submit(side_task, deps)
    task = side_task.task
    with bound_task(task.task_id):
        reason = await _not_to_be_shared(side_task, deps) or _forbidden(side_task, deps)
        if reason is not None:
            return _refused(side_task, reason, deps)
        if once_admitted is not None:
            once_admitted()
        try:
            await publish(task, deps)
        except QueueUnavailable as error:
            log.warning(
                "A side task could not be taken now.",
                action="side_task_handed_back",
                kind=task.kind,
                reason=error.reason,
                why=str(error),
            )
            return HandedBack(error)
        log.info("A side task was accepted.", action="side_task_accepted", kind=task.kind)
        return Accepted(task)


async def enqueue_click(
    pressed: SideTask | NotAQuestion, deps: SubmitDeps, once_admitted: OnceAdmitted = None
) -> SubmitOutcome:
    """``enqueue`` for clicks, which Slack never redelivers: the user is told about a failure."""
    outcome = await enqueue(pressed, deps, once_admitted)
    if isinstance(pressed, SideTask) and isinstance(outcome, HandedBack):
        say_refusal(RejectReason.PRESS_LOST, pressed.recipient, pressed.task.task_id, deps)
    return outcome


async def _not_to_be_shared(pressed: SideTask, deps: SubmitDeps) -> RejectReason | None:
    """The rules of the channel that an answer shall be shared to. Slack is asked whether others
    read there; an unknown answer counts as a no.
    """
    task, policy = pressed.task, deps.policy
    if task.share is None:
        return None
    channel_id = task.share.channel_id
    who = Presence(task.team_id, task.user_id, channel_id, pressed.external)
    if (reason := turned_away(who, policy)) is not None or policy.external_channels:
        return reason
    external = await deps.channel_facts.is_external(channel_id)
    unknown = RejectReason.PRESS_LOST if external is None else None
    return RejectReason.EXTERNAL_CHANNEL if external else unknown


def _forbidden(side_task: SideTask, deps: SubmitDeps) -> RejectReason | None:
    """A user who may not ask may not press either, and presses are throttled."""
    task = side_task.task
    if side_task.only_for not in {None, task.user_id}:
        return RejectReason.NOT_THE_ASKER
    # Answers to shortcuts are in direct messages, whichever channels may ask.
    where = None if is_direct(task.channel_id) else task.channel_id
    who = Presence(task.team_id, task.user_id, where, side_task.external)
    if (reason := turned_away(who, deps.policy)) is not None:
        return reason
    return None if deps.presses.try_acquire(task.user_id, task.task_id) else RejectReason.TOO_SOON


def _refused(side_task: SideTask, reason: RejectReason, deps: SubmitDeps) -> Rejected:
    log.info(
        "A side task was refused.",
        action="side_task_refused",
        kind=side_task.task.kind,
        reason=reason,
    )
    if reason in TOLD:
        say_refusal(reason, side_task.recipient, side_task.task.task_id, deps)
    return Rejected(reason)
