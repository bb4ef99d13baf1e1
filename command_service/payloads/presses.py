"""Presses that ask no question: Stop, ours and Slack's own, and the sharing of a private answer."""

from datetime import datetime

from command_service.payloads.buttons import press_of
from command_service.payloads.messages import moment
from command_service.payloads.model import NotAQuestion, RejectReason, SideTask
from command_service.payloads.well_formed import id_in, never_raising, text_or_none
from shared.actions import ShareAnswer, StopAnswer
from shared.slack.message import Payload, is_ts
from shared.task import Cancel, Kind, Requester, Share, Task, task_id_of_cancel, task_id_of_share


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
def read_share(body: Payload, now: datetime) -> SideTask | NotAQuestion:
    """The click on an answer's Share button: all of them together share it once."""
    press = press_of(body)
    button, by = ShareAnswer.decode(press.value), press.by
    if button is None or not all(map(is_ts, (press.message_ts, by.thread_ts))):
        return NotAQuestion(RejectReason.NOT_A_QUESTION)
    task = Task.side(
        Kind.SHARE,
        task_id_of_share(by.team_id, button.channel_id, button.task_id),
        by,
        now,
        share=Share(task_id=button.task_id, channel_id=button.channel_id, mode=button.mode),
        message_ts=press.message_ts,
        response_url=text_or_none(body.get("response_url")),
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
