"""A message that its author edits: it may be a question only now, or be asked in new words.

Nothing is kept for this: the event has the old words and the new ones, and the note's button names
the message to read again.
"""

from dataclasses import dataclass, replace

from command_service.payloads.messages import (
    as_if_new,
    edited_in_time,
    may_follow_up,
    moment,
    read_mention,
    read_message_or_mention,
)
from command_service.payloads.model import Identity, NotAQuestion, Question, RejectReason
from command_service.payloads.well_formed import message_in, never_raising, with_event
from command_service.texts.replies import EDITED, EDITED_BUTTON
from command_service.use_cases.follow_ups import FollowUpDeps, was_followed
from command_service.use_cases.policy import admit
from command_service.use_cases.submit import SubmitOutcome, locale_to_tell, submit
from shared.actions import ActionId, AskAgain
from shared.slack.blocks import Block, actions, button, section
from shared.slack.message import Message, Payload
from shared.slack.message_text import mentions, plain_text
from shared.slack.reading.said import is_from_an_app, markup_of
from shared.telemetry.log import bound_task, get_logger

log = get_logger(__name__)


@dataclass(frozen=True)
class Edited:
    """A question in the words that an edit gave it; ``edited_ts`` identifies the edit.

    ``addressed``: the edit has added the mention, so it is asked only now, unless it was a question
    before as a follow-up (``question.follow_up``: it may have been). ``reworded``: it has other
    words than before.
    """

    question: Question
    edited_ts: str
    addressed: bool = False
    reworded: bool = True


@never_raising
def read_edit(body: Payload, identity: Identity, redelivered: bool) -> Edited | NotAQuestion:
    """The edit in a ``message_changed`` event.

    Slack sends that event for each new link preview, too, some seconds after the message: only a
    new time of editing and other words count.
    """
    event = with_event(body)["event"]
    message, before = message_in(event["message"]), message_in(event["previous_message"])
    if (reason := _no_edit_of_a_person(message, before, identity)) is not None:
        return NotAQuestion(reason)
    place = {"channel": event["channel"], "channel_type": event.get("channel_type")}
    now, then = ({**as_if_new(one), **place} for one in (message, before))
    text, before_it = (plain_text(markup_of(one), identity.bot_user_id) for one in (now, then))
    edited_ts, reworded = str(message["edited"]["ts"]), text != before_it
    if _addresses_us(now, then, identity):
        question = read_mention({**body, "event": now}, identity, redelivered)
        if isinstance(question, NotAQuestion):
            return question
        followed = may_follow_up(then, identity)
        asked = replace(question, occurred_at=moment(edited_ts), follow_up=followed)
        return Edited(asked, edited_ts, addressed=True, reworded=reworded)
    if not reworded or not text:
        return NotAQuestion(RejectReason.MESSAGE_CHANGED)
    question = read_message_or_mention({**body, "event": then}, identity)
    if isinstance(question, NotAQuestion):
        return question
    return Edited(replace(question, text=text), edited_ts)


def _no_edit_of_a_person(
    message: Message, before: Message, identity: Identity
) -> RejectReason | None:
    if message.get("user") == identity.bot_user_id:
        return RejectReason.OWN_MESSAGE
    if is_from_an_app(message):
        return RejectReason.BOT_MESSAGE
    # With a preview Slack may give a link its title: other words without another edit.
    same_edit = message.get("edited") == before.get("edited")
    edited = not same_edit and edited_in_time(message)
    return None if edited else RejectReason.MESSAGE_CHANGED


def _addresses_us(now: Message, then: Message, identity: Identity) -> bool:
    """Whether the edit has added our mention, which a direct message does not need."""
    mentioned = [mentions(markup_of(one), identity.bot_user_id) for one in (now, then)]
    return mentioned == [True, False] and now.get("channel_type") != "im"


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
