"""Presses of Stop: our button below a growing answer, and Slack's own beside a stream."""

from datetime import datetime

from command_service.payloads.buttons import press_of
from command_service.payloads.messages import moment
from command_service.payloads.model import NotAQuestion, RejectReason, SideTask
from command_service.payloads.well_formed import id_in, never_raising
from shared.actions import StopAnswer
from shared.slack.message import Payload
from shared.task import Cancel, Kind, Requester, Task, task_id_of_cancel


@never_raising
def read_stop(body: Payload, now: datetime) -> SideTask | NotAQuestion:
    """The click on our Stop button, which only the question's own user may press."""
    press = press_of(body)
    button, by = StopAnswer.decode(press.value), press.by
    if button is None:
        return NotAQuestion(RejectReason.NOT_A_QUESTION)
    task = Task.side(
        Kind.CANCEL,
        task_id_of_cancel(by.team_id, by.channel_id, button.task_id),
        by,
        now,
        cancel=Cancel(task_id=button.task_id),
        occurred_at=press.at,
    )
    return SideTask(task, only_for=button.user_id, external=press.external)


@never_raising
def read_stopped_session(body: Payload, now: datetime) -> SideTask | NotAQuestion:
    """The ``agent_session_stopped`` event. Slack decides which users see its own Stop: when the
    event arrives, the stream has ended already (docs.slack.dev, agent_session_stopped).
    """
    event, event_ts = body["event"], str(body["event"]["event_ts"])
    by = Requester(
        str(body["team_id"]), id_in(event["channel"]), id_in(event["user"]), str(event["thread_ts"])
    )
    streams = tuple(map(str, event.get("streaming_message_ts") or ()))
    # Without a stream it means the thread's current answer, so each press counts separately.
    meant = streams or (event_ts,)
    task = Task.side(
        Kind.CANCEL,
        task_id_of_cancel(by.team_id, by.channel_id, str(by.thread_ts), *meant),
        by,
        now,
        cancel=Cancel(streams=streams),
        event_id=body.get("event_id"),
        occurred_at=moment(event_ts),
    )
    return SideTask(task)
