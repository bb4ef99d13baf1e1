"""The use case of what asks nothing: a wish to stop an answer, or a vote on one, is queued."""

from collections.abc import Callable

from command_service.payloads.model import NotAQuestion, RejectReason, SideTask
from command_service.use_cases.outcome_metrics import count
from command_service.use_cases.policy import TOLD, Presence, Rejected, turned_away
from command_service.use_cases.submit import (
    Accepted,
    HandedBack,
    SubmitDeps,
    SubmitOutcome,
    publish,
    refusal_text,
    submit,
)
from shared.errors import QueueUnavailable
from shared.telemetry.log import bound_task, get_logger

log = get_logger(__name__)


def _nothing() -> None:
    return


async def enqueue(
    errand: SideTask | NotAQuestion, deps: SubmitDeps, once_admitted: Callable[[], None] = _nothing
) -> SubmitOutcome:
    """Publish an errand. Equal triggers give equal tasks, so sending one twice is harmless.

    Whoever may not ask for it is told so; ``once_admitted`` is called before it is published.
    """
    outcome = await _sent(errand, deps, once_admitted)
    count(errand if isinstance(errand, NotAQuestion) else errand.task, outcome)
    return outcome


async def _sent(
    errand: SideTask | NotAQuestion, deps: SubmitDeps, once_admitted: Callable[[], None]
) -> SubmitOutcome:
    if isinstance(errand, NotAQuestion):
        return await submit(errand, deps)
    task = errand.task
    with bound_task(task.task_id):
        if (reason := _forbidden(errand, deps)) is not None:
            return _refused(errand, reason, deps)
        once_admitted()
        try:
            await publish(task, deps)
        except QueueUnavailable as error:
            log.warning(
                "An errand could not be taken now.",
                action="errand_handed_back",
                kind=task.kind,
                reason=error.reason,
                why=str(error),
            )
            return HandedBack(error)
        log.info("An errand was accepted.", action="errand_accepted", kind=task.kind)
        return Accepted(task)


async def enqueue_click(
    errand: SideTask | NotAQuestion, deps: SubmitDeps, once_admitted: Callable[[], None] = _nothing
) -> SubmitOutcome:
    """``enqueue`` for what Slack never redelivers: the person is told if it could not be taken."""
    outcome = await enqueue(errand, deps, once_admitted)
    if isinstance(errand, SideTask) and isinstance(outcome, HandedBack):
        _tell(errand, RejectReason.PRESS_LOST, deps)
    return outcome


def _forbidden(errand: SideTask, deps: SubmitDeps) -> RejectReason | None:
    """Whoever may not ask presses nothing either, and nobody presses without an end."""
    task = errand.task
    if errand.only_for not in {None, task.user_id}:
        return RejectReason.NOT_THE_ASKER
    # Answers to shortcuts stand in direct messages, whichever channels may ask.
    where = None if task.channel_id.startswith("D") else task.channel_id
    who = Presence(task.team_id, task.user_id, where, errand.external)
    if (reason := turned_away(who, deps.policy)) is not None:
        return reason
    return None if deps.presses.try_acquire(task.user_id, task.task_id) else RejectReason.TOO_SOON


def _refused(errand: SideTask, reason: RejectReason, deps: SubmitDeps) -> Rejected:
    log.info(
        "An errand was refused.", action="errand_refused", kind=errand.task.kind, reason=reason
    )
    if reason in TOLD:
        _tell(errand, reason, deps)
    return Rejected(reason)


def _tell(errand: SideTask, reason: RejectReason, deps: SubmitDeps) -> None:
    text = refusal_text(reason, errand.task.user_id, deps)
    told = deps.replies.tell(errand.recipient, text)
    deps.background.start(told, f"refusal:{errand.task.task_id}")
