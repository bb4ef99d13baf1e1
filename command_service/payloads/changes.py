"""Messages that their author edits or deletes: the event has the old message, and the new one."""

from dataclasses import dataclass, replace
from typing import Final

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
from shared.slack.message import Message, Payload, message_of
from shared.slack.message_text import mentions, plain_text
from shared.slack.reading.said import is_from_an_app, markup_of

DELETED_WITHIN_S: Final = 3_600.0
"""An older question has its answer, or its notice."""


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
