"""Slack's payloads read as questions: pure functions, one a kind of trigger."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

from command_service.command_line import read_request
from command_service.conversation import Conversation, Message
from command_service.question import (
    Asked,
    Click,
    Identity,
    Ignored,
    Place,
    Question,
    Reason,
    Recipient,
)
from command_service.small_talk import is_small_talk, opens_with_somebody_else
from shared.message_text import mentions, plain_text
from shared.task import (
    Mode,
    Source,
    TaskFile,
    task_id_of_action,
    task_id_of_command,
    task_id_of_message,
    task_id_of_mode,
    task_id_of_retry,
)

Payload = Mapping[str, Any]

# A message by a person that is new: alone, with files, or a thread reply also sent to the channel.
_NEW_MESSAGE = frozenset({None, "file_share", "thread_broadcast"})
_CHANNELS = frozenset({"channel", "group"})
_FILE_IS_GONE = frozenset({"tombstone", "hidden_by_limit"})


def read_mention(body: Payload, identity: Identity, redelivered: bool) -> Question | Ignored:
    """The question of an ``app_mention`` event."""
    return _read_message(body, identity, Source.MENTION, redelivered)


def read_message(body: Payload, identity: Identity, redelivered: bool) -> Question | Ignored:
    """The question of a ``message`` event: a direct message, or what may follow up in a thread."""
    event = body["event"]
    if event.get("channel_type") == "im":
        return _read_message(body, identity, Source.DM, redelivered)
    if not _may_follow_up(event, identity):
        return Ignored(Reason.NOT_FOLLOWED)
    question = _read_message(body, identity, Source.MENTION, redelivered)
    return replace(question, follow_up=True) if isinstance(question, Question) else question


def _may_follow_up(event: Payload, identity: Identity) -> bool:
    """Whether a channel's message may ask without a mention. A mention has an event of its own."""
    text = event.get("text") or ""
    return (
        event.get("channel_type") in _CHANNELS
        and event.get("thread_ts") not in {None, event.get("ts")}
        and not mentions(text, identity.bot_user_id)
        and not opens_with_somebody_else(text)
        and not is_small_talk(text)
    )


def read_back(
    message: Message, conversation: Conversation, identity: Identity
) -> Question | Ignored:
    """The question of a message that was read back: as if its event came, redelivered.

    Only events tell the team and whether a channel is shared; here the conversation does.
    """
    is_direct = conversation.kind == "im"
    if not is_direct and not mentions(message.get("text") or "", identity.bot_user_id):
        return Ignored(Reason.NOT_A_QUESTION)
    body = {
        "team_id": identity.team_id,
        "enterprise_id": identity.enterprise_id,
        "is_ext_shared_channel": conversation.external,
        "event": {**message, "channel": conversation.id},
    }
    source = Source.DM if is_direct else Source.MENTION
    return _read_message(body, identity, source, redelivered=True)


def _read_message(
    body: Payload, identity: Identity, source: Source, redelivered: bool
) -> Question | Ignored:
    event = body["event"]
    reason = _not_a_new_message(event, identity)
    if reason is not None:
        return Ignored(reason)
    team_id, channel_id, ts = str(body["team_id"]), str(event["channel"]), str(event["ts"])
    thread_ts = event.get("thread_ts")
    return Question(
        task_id=task_id_of_message(team_id, channel_id, ts),
        source=source,
        team_id=team_id,
        channel_id=channel_id,
        user_id=str(event["user"]),
        text=plain_text(event.get("text") or "", identity.bot_user_id),
        mode=Mode.CHAT,
        occurred_at=_moment(ts),
        recipient=Recipient(channel_id, str(event["user"]), thread_ts),
        thread_ts=thread_ts or ts,
        message_ts=ts,
        files=files_of(event),
        event_id=body.get("event_id"),
        external=_from_outside(body),
        redelivered=redelivered,
    )


def _not_a_new_message(event: Payload, identity: Identity) -> Reason | None:
    # An edit or a deletion names its author inside; whose message it was changes nothing.
    author = event.get("message") or event.get("previous_message") or event
    if author.get("user") == identity.bot_user_id or _is(author.get("bot_id"), identity.bot_id):
        return Reason.OWN_MESSAGE
    subtype = event.get("subtype")
    if event.get("bot_id") or subtype == "bot_message" or event.get("user") == "USLACKBOT":
        return Reason.BOT_MESSAGE
    if subtype not in _NEW_MESSAGE or event.get("edited"):
        return Reason.MESSAGE_CHANGED
    if not event.get("user") or not event.get("ts"):
        return Reason.NOT_A_QUESTION
    return None


def _is(value: str | None, expected: str | None) -> bool:
    return value is not None and value == expected


def _from_outside(body: Payload) -> bool:
    """Slack Connect: the channel is shared, or the author belongs to another organisation."""
    event = body["event"]
    home = {body.get("team_id"), body.get("enterprise_id")}
    authors = {event.get("user_team"), event.get("source_team")} - {None}
    return bool(body.get("is_ext_shared_channel")) or bool(authors - home)


def files_of(message: Payload) -> tuple[TaskFile, ...]:
    """The files of a message that Slack still has."""
    return tuple(
        TaskFile(
            id=str(file["id"]),
            name=file.get("name") or "",
            mimetype=file.get("mimetype") or "",
            size=file.get("size") or 0,
            url=file.get("url_private_download") or file.get("url_private") or "",
        )
        for file in message.get("files") or ()
        if file.get("mode") not in _FILE_IS_GONE
    )


def read_command(body: Payload, identity: Identity, now: datetime) -> Question | Ignored:
    """The question of a slash command. Slack does not say when it was typed: that is ``now``."""
    request = read_request(plain_text(body.get("text") or "", identity.bot_user_id))
    if isinstance(request, Reason):
        return Ignored(request)
    team_id, channel_id, user_id = str(body["team_id"]), str(body["channel_id"]), body["user_id"]
    return Question(
        task_id=task_id_of_command(team_id, str(body["trigger_id"])),
        source=Source.SLASH_COMMAND,
        team_id=team_id,
        channel_id=channel_id,
        user_id=user_id,
        text=request.text,
        mode=request.mode,
        occurred_at=now,
        recipient=Recipient(channel_id, user_id),
        response_url=body.get("response_url"),
        private=request.private,
    )


@dataclass(frozen=True)
class _Button:
    """A pressed button: the message it stands on, when it was pressed, and what it asks again."""

    team_id: str
    channel_id: str
    message_ts: str
    action_ts: str
    place: Place
    mode: Mode | None


def read_regenerate(body: Payload) -> Click | Ignored:
    """The click on an answer's Regenerate button: each one is a question of its own."""
    return _read_click(
        body,
        Source.BUTTON,
        lambda at: task_id_of_action(at.team_id, at.channel_id, at.message_ts, at.action_ts),
    )


def read_retry(body: Payload) -> Click | Ignored:
    """The click on a notice's Retry button: all of them together are one question."""
    return _read_click(
        body,
        Source.RETRY,
        lambda at: task_id_of_retry(at.team_id, at.channel_id, at.message_ts),
    )


def read_mode(body: Payload) -> Click | Ignored:
    """The click on one of an answer's mode buttons: all on the same one are one question."""
    return _read_click(
        body,
        Source.BUTTON,
        lambda at: task_id_of_mode(at.team_id, at.channel_id, at.message_ts, at.mode or Mode.AUTO),
    )


def _read_click(
    body: Payload, source: Source, identify: Callable[[_Button], str]
) -> Click | Ignored:
    """A button of an unknown version, or outside of a message, is no question."""
    button = _button(body)
    if button is None:
        return Ignored(Reason.NOT_A_QUESTION)
    user, thread_ts = body["user"], body["container"].get("thread_ts")
    return Click(
        task_id=identify(button),
        source=source,
        team_id=button.team_id,
        user_id=str(user["id"]),
        place=button.place,
        occurred_at=_moment(button.action_ts),
        recipient=Recipient(button.channel_id, str(user["id"]), thread_ts),
        mode=button.mode,
        external=user.get("team_id") not in {None, button.team_id},
    )


def _button(body: Payload) -> _Button | None:
    action, container = body["actions"][0], body.get("container") or {}
    try:
        value = json.loads(action.get("value") or "")
        if value["v"] != 1:
            return None
        place = Place(value["channel_id"], value["thread_ts"], value["message_ts"])
        mode = Mode(value["mode"]) if "mode" in value else None
    except (ValueError, KeyError, TypeError):
        return None
    if not container.get("message_ts"):
        return None
    return _Button(
        team_id=str(body["team"]["id"]),
        channel_id=str(container.get("channel_id") or place.channel_id),
        message_ts=container["message_ts"],
        action_ts=str(action["action_ts"]),
        place=place,
        mode=mode,
    )


def question_again(click: Click, asked: Asked) -> Question:
    """The question a click asks again, as it was found."""
    return Question(
        task_id=click.task_id,
        source=click.source,
        team_id=click.team_id,
        channel_id=click.place.channel_id,
        user_id=click.user_id,
        text=asked.text,
        mode=click.mode or asked.mode,
        occurred_at=click.occurred_at,
        recipient=click.recipient,
        thread_ts=click.place.thread_ts,
        message_ts=click.place.message_ts,
        files=asked.files,
        external=click.external,
    )


def _moment(ts: str) -> datetime:
    """The time in a Slack ts (``seconds.microseconds``)."""
    return datetime.fromtimestamp(float(ts), UTC)
