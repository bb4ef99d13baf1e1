"""A question that its author deletes while it is answered: that is a stop."""

from typing import Final

from command_service.payloads.messages import as_if_new, read_message_or_mention
from command_service.payloads.model import Identity, NotAQuestion, Question, RejectReason, SideTask
from command_service.payloads.well_formed import message_in, never_raising, with_event
from command_service.use_cases.follow_ups import FollowUpDeps, why_not_follow_up
from command_service.use_cases.policy import admit
from command_service.use_cases.side_tasks import enqueue
from command_service.use_cases.submit import HandedBack, SubmitOutcome, count, submit
from shared.slack.message import Payload, message_of
from shared.task import Cancel, Kind, Requester, Task, task_id_of_cancel

DELETED_WITHIN_S: Final = 3_600.0
"""An older question has its answer, or its notice."""


def leaves_a_tombstone(body: Payload) -> bool:
    """Whether a ``message_changed`` event is a deletion: a message with replies stays as an empty
    one of Slack's own (seen in Slack's events; its documents do not tell).
    """
    event = message_of(body.get("event")) or {}
    message = message_of(event.get("message"))
    return message is not None and message.get("subtype") == "tombstone"


@never_raising
def read_deletion(body: Payload, identity: Identity) -> Question | NotAQuestion:
    """The question that a ``message_deleted`` event, or one with a tombstone, takes back."""
    event = with_event(body)["event"]
    before = message_in(event["previous_message"])
    if float(event["event_ts"]) - float(before["ts"]) > DELETED_WITHIN_S:
        return NotAQuestion(RejectReason.MESSAGE_CHANGED)
    place = {"channel": event["channel"], "channel_type": event.get("channel_type")}
    return read_message_or_mention({**body, "event": {**as_if_new(before), **place}}, identity)


async def take_back(deleted: Question | NotAQuestion, deps: FollowUpDeps) -> SubmitOutcome:
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
