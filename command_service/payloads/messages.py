"""Slack's payloads read as questions: pure functions, one per kind of trigger."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from command_service.payloads.beside import subject_beside
from command_service.payloads.model import (
    EphemeralTarget,
    Identity,
    JoinedConversation,
    NotAQuestion,
    Question,
    RejectReason,
    Typed,
)
from command_service.payloads.slash_command import CatchUpRequest, read_catch_up, read_request
from command_service.payloads.small_talk import has_words, is_small_talk, opens_with_somebody_else
from command_service.payloads.well_formed import (
    id_in,
    never_raising,
    text_or_none,
    with_event,
    words_in,
)
from shared.slack.message import Message, Payload
from shared.slack.message_text import LONGEST_MARKUP, mentions, plain_text, without_mention
from shared.slack.reading.said import brings_along, is_from_an_app, markup_of, said_by_person
from shared.task import (
    Mode,
    Purpose,
    Source,
    Subject,
    task_id_of_command,
    task_id_of_message,
)

EDITED_WITHIN_S: Final = 300.0
"""An author who edits an older message is tidying up, not asking."""
# A person's new message: alone, with files, or a thread reply also sent to the channel.
_NEW_MESSAGE = frozenset({None, "file_share", "thread_broadcast"})
# Only in commands does Slack send a name with each id (docs.slack.dev, slash commands).
_NAMED_PERSON = re.compile(r"<@[A-Z0-9]+\|([^<>\n]+)>")
# A group direct message is a conversation between people first, as a channel is.
_CHANNELS = frozenset({"channel", "group", "mpim"})


@never_raising
def read_mention(body: Payload, identity: Identity, redelivered: bool) -> Question | NotAQuestion:
    """The question of an ``app_mention`` event."""
    return _read_message(with_event(body), identity, Source.MENTION, redelivered)


@never_raising
def read_message(body: Payload, identity: Identity, redelivered: bool) -> Question | NotAQuestion:
    """The question of a ``message`` event: a direct message, a mention in a group's, or a possible
    follow-up.
    """
    body = with_event(body)
    event = body["event"]
    if event.get("channel_type") == "im":
        return _read_message(body, identity, Source.DM, redelivered)
    if _mentions_in_group(event, identity):
        return _read_message(body, identity, Source.MENTION, redelivered)
    if not may_follow_up(event, identity):
        return NotAQuestion(RejectReason.NOT_FOLLOWED)
    question = _read_message(body, identity, Source.MENTION, redelivered)
    if isinstance(question, NotAQuestion):
        return question
    return replace(question, follow_up=True, thread_by=event.get("parent_user_id"))


def read_message_or_mention(body: Payload, identity: Identity) -> Question | NotAQuestion:
    """The question of a message from either event, as if redelivered. Raises if it asks nothing."""
    event = with_event(body)["event"]
    is_mention = mentions(markup_of(event), identity.bot_user_id)
    if is_mention and event.get("channel_type") != "im":
        return read_mention(body, identity, redelivered=True)
    return read_message(body, identity, redelivered=True)


def _mentions_in_group(event: Payload, identity: Identity) -> bool:
    """Whether a group direct message mentions us. Some apps report that Slack sends only this
    event, others that ``app_mention`` comes too; both events give the same task.
    """
    is_group = event.get("channel_type") == "mpim"
    return is_group and mentions(markup_of(event), identity.bot_user_id)


def may_follow_up(event: Payload, identity: Identity) -> bool:
    """Whether a channel's message may ask without a mention. A mention has an event of its own."""
    markup = markup_of(event)
    return (
        event.get("channel_type") in _CHANNELS
        and event.get("thread_ts") not in {None, event.get("ts")}
        and not mentions(markup, identity.bot_user_id)
        and not opens_with_somebody_else(markup)
        and not _chats(event, markup, identity)
    )


def _chats(event: Payload, markup: str, identity: Identity) -> bool:
    """Whether it only thanks or greets; a file, a table or a forward without any words asks."""
    if not is_small_talk(markup):
        return False
    return has_words(markup) or not brings_along(event, identity.our_bot)


@never_raising
def read_back(
    message: Message, conversation: JoinedConversation, identity: Identity
) -> Question | NotAQuestion:
    """The question of a message that was read back, as if its event was redelivered.

    Only events name the team and say whether a channel is shared; here the conversation does.
    """
    is_direct = conversation.kind == "im"
    if not is_direct and not mentions(markup_of(message), identity.bot_user_id):
        return NotAQuestion(RejectReason.NOT_A_QUESTION)
    event = as_if_new(message) if edited_in_time(message) else message
    body = {
        "team_id": identity.team_id,
        "enterprise_id": identity.enterprise_id,
        "is_ext_shared_channel": conversation.external,
        "event": {**event, "channel": conversation.id},
    }
    source = Source.DM if is_direct else Source.MENTION
    return _read_message(body, identity, source, redelivered=True)


def edited_in_time(message: Message) -> bool:
    """Whether the message was edited so soon that its author meant to ask in the new words."""
    edited_ts = str((message.get("edited") or {}).get("ts") or "")
    return bool(edited_ts) and float(edited_ts) - float(message["ts"]) <= EDITED_WITHIN_S


def as_if_new(message: Message) -> dict[str, Any]:
    """An edited message as its author would have written it at once."""
    return {name: value for name, value in message.items() if name != "edited"}


def _read_message(
    body: Payload, identity: Identity, source: Source, redelivered: bool
) -> Question | NotAQuestion:
    event = body["event"]
    reason = _not_a_new_message(event, identity)
    if reason is not None:
        return NotAQuestion(reason)
    team_id, channel_id, ts = str(body["team_id"]), id_in(event["channel"]), str(event["ts"])
    thread_ts = event.get("thread_ts")
    said = said_by_person(event, identity.our_bot)
    return Question(
        # With our own team: in shared channels an event may name its author's, and a message that
        # was read back names none.
        task_id=task_id_of_message(identity.team_id, channel_id, ts),
        source=source,
        team_id=team_id,
        channel_id=channel_id,
        user_id=id_in(event["user"]),
        text=said.text,
        mode=Mode.CHAT,
        occurred_at=moment(ts),
        recipient=EphemeralTarget(channel_id, id_in(event["user"]), thread_ts),
        thread_ts=thread_ts or ts,
        message_ts=ts,
        quoted=said.quoted,
        files=said.files,
        event_id=text_or_none(body.get("event_id")),
        external=_from_outside(body, identity),
        redelivered=redelivered,
        # What is open beside the agent view, which only direct messages are written in.
        subject=subject_beside(said, event) if source is Source.DM else None,
    )


def _not_a_new_message(event: Payload, identity: Identity) -> RejectReason | None:
    # An edit or a deletion names the author of its message inside.
    author = event.get("message") or event.get("previous_message") or event
    ours = {identity.bot_user_id, identity.bot_id} - {None}
    if ours & {author.get("user"), author.get("bot_id")}:
        return RejectReason.OWN_MESSAGE
    if is_from_an_app(event):
        return RejectReason.BOT_MESSAGE
    if event.get("subtype") not in _NEW_MESSAGE or event.get("edited"):
        return RejectReason.MESSAGE_CHANGED
    if not event.get("user") or not event.get("ts"):
        return RejectReason.NOT_A_QUESTION
    return None


def _from_outside(body: Payload, identity: Identity) -> bool:
    """Slack Connect: the channel is shared, or the author belongs to another organisation."""
    event = body["event"]
    # Not the event's own team: that may be its author's.
    home = {identity.team_id, identity.enterprise_id}
    authors = {event.get("user_team"), event.get("source_team")} - {None}
    return bool(body.get("is_ext_shared_channel")) or bool(authors - home)


@never_raising
def read_command(body: Payload, identity: Identity, now: datetime) -> Question | NotAQuestion:
    """The question of a slash command. Slack does not say when it was typed: that is ``now``."""
    markup = words_in(body.get("text"))
    wanted = read_catch_up(markup)
    request = wanted if isinstance(wanted, NotAQuestion) else read_request(_typed(markup, identity))
    if isinstance(request, NotAQuestion):
        return request
    team_id, channel_id = str(body["team_id"]), id_in(body["channel_id"])
    user_id = id_in(body["user_id"])
    question = Question(
        task_id=task_id_of_command(team_id, str(body["trigger_id"])),
        source=Source.SLASH_COMMAND,
        team_id=team_id,
        channel_id=channel_id,
        user_id=user_id,
        text=request.text,
        mode=request.mode,
        occurred_at=now,
        recipient=EphemeralTarget(channel_id, user_id),
        response_url=text_or_none(body.get("response_url")),
        private=request.private,
    )
    return _to_catch_up(question, wanted) if isinstance(wanted, CatchUpRequest) else question


def _to_catch_up(question: Question, wanted: CatchUpRequest) -> Question:
    """The question that is about a channel, and answered like a shortcut: to its user alone."""
    now = question.occurred_at
    subject = Subject(
        purpose=Purpose.CATCH_UP,
        channel_id=wanted.channel_id or question.channel_id,
        message_ts=f"{now.timestamp():.6f}",
        since=f"{(now - wanted.period).timestamp():.6f}",
    )
    return replace(question, text="", mode=Mode.CHAT, private=True, subject=subject)


def _typed(markup: str, identity: Identity) -> str:
    """A command's text as it was typed: where Slack sends ids with names, the names alone."""
    if len(markup) <= LONGEST_MARKUP:
        markup = _NAMED_PERSON.sub(r"@\1", without_mention(markup, identity.bot_user_id))
    return plain_text(markup, identity.bot_user_id)


def read_typed(body: Payload, identity: Identity) -> Typed:
    """A slash command, to be given back to its user. Never raises."""
    text = _typed(words_in(body.get("text")), identity)
    command = words_in(body.get("command"))
    return Typed(words_in(body.get("user_id")), f"{command} {text}".strip())


def moment(ts: str) -> datetime:
    """The time in a Slack ts (``seconds.microseconds``)."""
    return datetime.fromtimestamp(float(ts), UTC)
