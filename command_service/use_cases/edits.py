"""A question that its author edits: it may be asked again in its new words.

Nothing is kept for this: the event has the old words and the new ones, and the note's button names
the message to read again.
"""

from dataclasses import dataclass, replace
from typing import Final

from command_service.payloads.messages import is_from_an_app, read_message_or_mention
from command_service.payloads.model import Identity, NotAQuestion, Question, RejectReason
from command_service.payloads.well_formed import never_raising, with_event
from command_service.texts.replies import EDITED, EDITED_BUTTON
from command_service.use_cases.follow_ups import FollowUpDeps, why_not_follow_up
from command_service.use_cases.policy import Rejected, admit
from command_service.use_cases.submit import locale_to_tell, submit
from shared.actions import ActionId, AskAgain
from shared.slack.blocks import Block, actions, button, section
from shared.slack.message import Payload, message_of
from shared.slack.message_text import plain_text
from shared.telemetry.log import bound_task, get_logger

log = get_logger(__name__)


EDITED_WITHIN_S: Final = 300.0
"""An author who edits an older message is tidying up, not asking."""


@dataclass(frozen=True)
class Edited:
    """An edited question in its new words; ``edited_ts`` identifies the edit."""

    question: Question
    edited_ts: str


@never_raising
def read_edit(body: Payload, identity: Identity, redelivered: bool) -> Edited | NotAQuestion:
    """The edit in a ``message_changed`` event.

    Slack sends that event for each new link preview, too: only a change of the words counts.
    """
    event = with_event(body)["event"]
    message, before = message_of(event["message"]), message_of(event["previous_message"])
    if message is None or before is None:
        return NotAQuestion(RejectReason.ILL_FORMED)
    if message.get("user") == identity.bot_user_id:
        return NotAQuestion(RejectReason.OWN_MESSAGE)
    if is_from_an_app(message):
        return NotAQuestion(RejectReason.BOT_MESSAGE)
    text = plain_text(message.get("text") or "", identity.bot_user_id)
    edited_ts = str((message.get("edited") or {}).get("ts") or "")
    unchanged = text == plain_text(before.get("text") or "", identity.bot_user_id)
    if redelivered or unchanged or not text or not _in_time(message, edited_ts):
        return NotAQuestion(RejectReason.MESSAGE_CHANGED)
    asked = {name: value for name, value in before.items() if name != "edited"}
    whole = {**asked, "channel": event["channel"], "channel_type": event.get("channel_type")}
    question = read_message_or_mention({**body, "event": whole}, identity)
    if isinstance(question, NotAQuestion):
        return question
    return Edited(replace(question, text=text), edited_ts)


def _in_time(message: Payload, edited_ts: str) -> bool:
    return bool(edited_ts) and float(edited_ts) - float(message["ts"]) <= EDITED_WITHIN_S


async def offer(edited: Edited | NotAQuestion, deps: FollowUpDeps) -> None:
    """Offer the author alone to ask the changed question; once per edit."""
    if isinstance(edited, NotAQuestion):
        await submit(edited, deps.submit_deps)
        return
    offering = _offer(edited, deps)
    deps.submit_deps.background.start(offering, f"edit:{edited.question.task_id}")


async def _offer(edited: Edited, deps: FollowUpDeps) -> None:
    question, submit_deps = edited.question, deps.submit_deps
    with bound_task(question.task_id):
        if isinstance(admit(question, submit_deps.policy), Rejected):
            return
        if question.follow_up and await why_not_follow_up(question, deps) is not None:
            return
        offered = f"{question.task_id}:{edited.edited_ts}"
        if not submit_deps.throttle.try_acquire(question.user_id, offered):
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
