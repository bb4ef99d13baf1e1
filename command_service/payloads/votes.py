"""Votes on answers, and the reasons for negative ones, from Slack's payloads."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from command_service.payloads.buttons import (
    carried_by,
    is_from_outside,
    question_in_button,
    requester_of,
    team_of,
)
from command_service.payloads.messages import moment
from command_service.payloads.model import NotAQuestion, RejectReason, SideTask
from command_service.payloads.well_formed import id_in, never_raising
from shared.task import (
    Feedback,
    FeedbackReason,
    Kind,
    Mode,
    Requester,
    Task,
    Vote,
    task_id_of_feedback,
)

Payload = Mapping[str, Any]

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
    element = body["actions"][0]
    feedback = _feedback(carried_by(element))
    if feedback is None:
        return NotAQuestion(RejectReason.NOT_A_QUESTION)
    by, at = requester_of(body), str(element["action_ts"])
    task_id = task_id_of_feedback(by.team_id, by.channel_id, feedback.task_id, by.user_id, at)
    task = Task.side(Kind.FEEDBACK, task_id, by, now, feedback=feedback, occurred_at=moment(at))
    side_task = SideTask(task, external=is_from_outside(body))
    return Voted(side_task, feedback, str(body["trigger_id"]))


def kept_for_reasons(voted: Voted) -> str:
    """The modal's data, with which its submission names the vote it explains."""
    feedback, recipient = voted.feedback, voted.side_task.recipient
    place = {"channel_id": recipient.channel_id, "thread_ts": recipient.thread_ts}
    return json.dumps({"v": 1, **feedback.model_dump(mode="json", exclude_none=True), **place})


@never_raising
def read_reasons(body: Payload, now: datetime) -> SideTask | NotAQuestion:
    """The submission of the modal; an empty one is no feedback."""
    view = body["view"]
    kept = question_in_button(view.get("private_metadata"))
    feedback, values = _feedback(kept), view["state"]["values"]
    flaw = (values.get(FLAW, {}).get(FLAW, {}).get("selected_option") or {}).get("value")
    comment = values.get(COMMENT, {}).get(COMMENT, {}).get("value")
    if kept is None or feedback is None or not (flaw or comment):
        return NotAQuestion(RejectReason.NOT_A_QUESTION)
    by = Requester(
        team_of(body), str(kept.get("channel_id")), id_in(body["user"]["id"]), kept.get("thread_ts")
    )
    why = {"flaw": FeedbackReason(flaw) if flaw else None, "comment": comment or None}
    task = Task.side(
        Kind.FEEDBACK,
        task_id_of_feedback(by.team_id, str(view["id"])),
        by,
        now,
        feedback=feedback.model_copy(update=why),
    )
    return SideTask(task, external=is_from_outside(body))


def _feedback(value: Mapping[str, Any] | None) -> Feedback | None:
    if value is None:
        return None
    try:
        return Feedback(
            task_id=str(value["task_id"]), vote=Vote(value["vote"]), mode=Mode(value["mode"])
        )
    except (KeyError, ValueError):
        return None
