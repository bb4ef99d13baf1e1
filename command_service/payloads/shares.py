"""The press of the button that shares a private answer to the channel it was asked in."""

from datetime import datetime

from command_service.payloads.buttons import press_of
from command_service.payloads.model import NotAQuestion, RejectReason, SideTask
from command_service.payloads.well_formed import never_raising, text_or_none
from shared.actions import ShareAnswer
from shared.slack.message import Payload, is_ts
from shared.task import Kind, Share, Task, task_id_of_share


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
