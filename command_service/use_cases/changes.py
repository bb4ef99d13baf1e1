"""A message that its author edits or deletes.

An edited one may be a question only now, or be asked in new words; nothing is kept for this: the
note's button names the message to read again. Deleting a question while it is answered is a stop.
"""

from dataclasses import replace

from command_service.payloads.changes import Edited
from command_service.payloads.model import NotAQuestion, Question, RejectReason, SideTask
from command_service.texts.replies import EDITED, EDITED_BUTTON
from command_service.use_cases.follow_ups import FollowUpDeps, was_followed, why_not_follow_up
from command_service.use_cases.policy import admit
from command_service.use_cases.side_tasks import enqueue
from command_service.use_cases.submit import (
    HandedBack,
    SubmitOutcome,
    count,
    locale_to_tell,
    submit,
)
from shared.actions import ActionId, AskAgain
from shared.slack.blocks import Block, actions, button, section
from shared.task import Cancel, Kind, Requester, Task, task_id_of_cancel
from shared.telemetry.log import bound_task, get_logger

log = get_logger(__name__)


async def take_edit(edited: Edited | NotAQuestion, deps: FollowUpDeps) -> SubmitOutcome:
    """Accept the question of a message that mentions us since an edit, once; for a question in
    other words, offer its author alone to ask it, once per edit. Any other edit is ignored.
    """
    if isinstance(edited, NotAQuestion):
        return await submit(edited, deps.submit_deps)
    question = edited.question
    if edited.addressed and not (question.follow_up and await was_followed(question, deps)):
        return await submit(replace(question, follow_up=False), deps.submit_deps)
    if edited.reworded:
        offering = _offer(edited, deps)
        deps.submit_deps.background.start(offering, f"edit:{question.task_id}")
    return await submit(NotAQuestion(RejectReason.MESSAGE_CHANGED), deps.submit_deps)


async def _offer(edited: Edited, deps: FollowUpDeps) -> None:
    question, submit_deps = edited.question, deps.submit_deps
    with bound_task(question.task_id):
        if admit(question, submit_deps.policy) is not None:
            return
        if question.follow_up and not await was_followed(question, deps):
            return
        offered = f"{question.task_id}:{edited.edited_ts}"
        if not submit_deps.throttle.try_acquire(question.user_id, offered):
            return
        # Slack delivers an event again that was not acked, whether or not it was handled.
        if not deps.offered.take(offered):
            return
        locale = await locale_to_tell(question.user_id, submit_deps)
        text = EDITED[locale]
        blocks = [section(text), actions(_button(edited, EDITED_BUTTON[locale]))]
        await submit_deps.replies.tell(question.recipient, text, blocks)
        log.info("A changed question may be asked again.", action="edit_offered")


def _button(edited: Edited, text: str) -> Block:
    question = edited.question
    again = AskAgain(
        thread_ts=str(question.thread_ts),
        message_ts=str(question.message_ts),
        edited_ts=edited.edited_ts,
    )
    return button(ActionId.ASK_EDITED, text, again.encode())


async def stop_deleted(deleted: Question | NotAQuestion, deps: FollowUpDeps) -> SubmitOutcome:
    """Stop the answer to a deleted question, or do not ask it at all if it still waits. A finished
    answer stays, and a message that was no question to us is ignored silently.
    """
    if isinstance(deleted, Question):
        deps.later.drop(deleted.task_id)
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
