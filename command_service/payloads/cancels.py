"""Presses of Stop: our button below an answer that grows, and Slack's own beside a stream."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from command_service.payloads.buttons import carried_by, is_from_outside, team_of
from command_service.payloads.messages import moment
from command_service.payloads.model import EphemeralTarget, NotAQuestion, RejectReason, SideTask
from command_service.payloads.well_formed import id_in, never_raising
from shared.task import Cancel, Kind, Source, Task, task_id_of_cancel

Payload = Mapping[str, Any]


@never_raising
def read_stop(body: Payload, now: datetime) -> SideTask | NotAQuestion:
    """The click on our Stop button: for the person whose question is being answered."""
    action, container = body["actions"][0], body.get("container") or {}
    value = carried_by(action)
    if value is None or not {"task_id", "user_id"} <= value.keys():
        return NotAQuestion(RejectReason.NOT_A_QUESTION)
    team_id, channel_id = team_of(body), str(container.get("channel_id"))
    target, thread_ts = str(value["task_id"]), container.get("thread_ts")
    task = Task(
        task_id=task_id_of_cancel(team_id, channel_id, target),
        kind=Kind.CANCEL,
        source=Source.BUTTON,
        team_id=team_id,
        channel_id=channel_id,
        user_id=id_in(body["user"]["id"]),
        thread_ts=thread_ts,
        text="",
        cancel=Cancel(task_id=target),
        occurred_at=moment(str(action["action_ts"])),
        received_at=now,
    )
    recipient = EphemeralTarget(channel_id, task.user_id, thread_ts)
    external = is_from_outside(body)
    return SideTask(task, recipient, only_for=str(value["user_id"]), external=external)


@never_raising
def read_stopped_session(body: Payload, now: datetime) -> SideTask | NotAQuestion:
    """The ``agent_session_stopped`` event. To whom Slack offers its own Stop is Slack's to decide:
    when we hear of it, the stream has ended already (docs.slack.dev, agent_session_stopped).
    """
    event = body["event"]
    team_id, channel_id, thread_ts = (
        str(body["team_id"]),
        id_in(event["channel"]),
        event["thread_ts"],
    )
    streams = tuple(map(str, event.get("streaming_message_ts") or ()))
    # Without a stream it means what is under way in the thread just then, so each press is its own.
    meant = streams or (str(event["event_ts"]),)
    task = Task(
        task_id=task_id_of_cancel(team_id, channel_id, str(thread_ts), *meant),
        kind=Kind.CANCEL,
        source=Source.BUTTON,
        team_id=team_id,
        channel_id=channel_id,
        user_id=id_in(event["user"]),
        thread_ts=str(thread_ts),
        text="",
        cancel=Cancel(streams=streams),
        event_id=body.get("event_id"),
        occurred_at=moment(str(event["event_ts"])),
        received_at=now,
    )
    return SideTask(task, EphemeralTarget(channel_id, task.user_id, str(thread_ts)))
