"""A question that its author deletes while it is answered: that is a stop."""

from command_service.payloads.model import NotAQuestion, Question, RejectReason, SideTask
from command_service.use_cases.follow_ups import FollowUpDeps, why_not_follow_up
from command_service.use_cases.policy import admit
from command_service.use_cases.side_tasks import enqueue
from command_service.use_cases.submit import HandedBack, SubmitOutcome, count, submit
from shared.task import Cancel, Kind, Requester, Task, task_id_of_cancel


async def stop_deleted(deleted: Question | NotAQuestion, deps: FollowUpDeps) -> SubmitOutcome:
    """Stop the answer to a deleted question. A finished answer stays, and a message that was no
    question to us is ignored silently.
    """
    asked = await _asked(deleted, deps)
    if isinstance(asked, Question):
        deps.submit_deps.kept.drop(asked.task_id)
        return await enqueue(_stop_of(asked, deps), deps.submit_deps)
    outcome = asked if isinstance(asked, HandedBack) else await submit(asked, deps.submit_deps)
    count(deleted, outcome)
    return outcome


async def _asked(
    deleted: Question | NotAQuestion, deps: FollowUpDeps
) -> Question | NotAQuestion | HandedBack:
    if isinstance(deleted, NotAQuestion):
        return deleted
    if admit(deleted, deps.submit_deps.policy) is not None:
        return NotAQuestion(RejectReason.MESSAGE_CHANGED)
    not_ours = await why_not_follow_up(deleted, deps) if deleted.follow_up else None
    return deleted if not_ours is None else not_ours


def _stop_of(deleted: Question, deps: FollowUpDeps) -> SideTask:
    by = Requester(deleted.team_id, deleted.channel_id, deleted.user_id, deleted.thread_ts)
    task = Task.side(
        Kind.CANCEL,
        task_id_of_cancel(by.team_id, by.channel_id, deleted.task_id),
        by,
        deps.submit_deps.now(),
        cancel=Cancel(task_id=deleted.task_id),
        event_id=deleted.event_id,
    )
    return SideTask(task, external=deleted.external)
