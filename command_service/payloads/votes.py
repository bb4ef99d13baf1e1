"""Votes on answers, and the reasons for negative ones, from Slack's payloads."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from command_service.payloads.buttons import is_from_outside, press_of, team_of
from command_service.payloads.model import NotAQuestion, RejectReason, SideTask
from command_service.payloads.well_formed import id_in, never_raising
from shared.actions import CastVote, ExplainVote
from shared.slack.message import Payload
from shared.task import (
    Feedback,
    FeedbackReason,
    Kind,
    Requester,
    Task,
    task_id_of_feedback,
)

REASONS: Final = "feedback_reasons"
"""The ``callback_id`` of the modal that asks why."""
FLAW: Final = "flaw"
COMMENT: Final = "comment"
"""The block and action id of each of its inputs."""


@dataclass(frozen=True)
class Voted:
    """A vote, and Slack's short-lived permission to open a modal."""

    side_task: SideTask
    feedback: Feedback
    trigger_id: str


@never_raising
def read_vote(body: Payload, now: datetime) -> Voted | NotAQuestion:
    """The click on one of an answer's feedback buttons: each one is a vote of its own."""
    press = press_of(body)
    button, by = CastVote.decode(press.value), press.by
    if button is None:
        return NotAQuestion(RejectReason.NOT_A_QUESTION)
    feedback = _feedback(button)
    task_id = task_id_of_feedback(
        by.team_id, by.channel_id, feedback.task_id, by.user_id, press.action_ts
    )
    task = Task.side(Kind.FEEDBACK, task_id, by, now, feedback=feedback, occurred_at=press.at)
    side_task = SideTask(task, external=press.external)
    return Voted(side_task, feedback, str(body["trigger_id"]))


def kept_for_reasons(voted: Voted) -> ExplainVote:
    """The modal's data, with which its submission names the vote it explains."""
    feedback, task = voted.feedback, voted.side_task.task
    return ExplainVote(
        task_id=feedback.task_id,
        vote=feedback.vote,
        mode=feedback.mode,
        channel_id=task.channel_id,
        thread_ts=task.thread_ts,
    )


@never_raising
def read_reasons(body: Payload, now: datetime) -> SideTask | NotAQuestion:
    """The submission of the modal; an empty one is no feedback."""
    view = body["view"]
    kept, values = ExplainVote.decode(view.get("private_metadata")), view["state"]["values"]
    flaw = (values.get(FLAW, {}).get(FLAW, {}).get("selected_option") or {}).get("value")
    comment = values.get(COMMENT, {}).get(COMMENT, {}).get("value")
    if kept is None or not (flaw or comment):
        return NotAQuestion(RejectReason.NOT_A_QUESTION)
    by = Requester(team_of(body), kept.channel_id, id_in(body["user"]["id"]), kept.thread_ts)
    why = {"flaw": FeedbackReason(flaw) if flaw else None, "comment": comment or None}
    task = Task.side(
        Kind.FEEDBACK,
        task_id_of_feedback(by.team_id, str(view["id"])),
        by,
        now,
        feedback=_feedback(kept).model_copy(update=why),
    )
    return SideTask(task, external=is_from_outside(body))


def _feedback(carried: CastVote | ExplainVote) -> Feedback:
    return Feedback(task_id=carried.task_id, vote=carried.vote, mode=carried.mode)
