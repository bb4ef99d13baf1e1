"""The messages in a Slack thread before a question."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import TypeGuard

from processor_service.ports.conversations import Posted, ThreadMessage
from processor_service.rendering.markdown.characters import ZERO_WIDTH_SPACE
from processor_service.slack.client import BotIdentity
from processor_service.slack.shown_body import without_cards
from shared.ledger import TELLS_ONLY, Ledger
from shared.slack.files import files_of
from shared.slack.message import Message, MessageRef, permalink
from shared.slack.message_text import plain_text
from shared.slack.reading.block_text import text_of_blocks
from shared.slack.reading.said import is_from_an_app, said_by_person, text_of_app
from shared.task import Purpose, QuotedMessage, Subject, TaskFile, task_id_of_message

# A person's message: alone, with files, of their own doing, or also sent to the channel.
_SAID_BY_PEOPLE = frozenset({None, "file_share", "me_message", "thread_broadcast"})

# Slack's own helper has an id like a person's (docs.slack.dev, USLACKBOT), and no other name.
_SLACKBOT = "Slackbot"


def said_before(
    asked: MessageRef, messages: Sequence[Message], ourselves: BotIdentity
) -> tuple[ThreadMessage, ...]:
    """The thread's ``messages`` before the question, the oldest first.

    They include our answers to earlier questions, even those finished only after this question was
    asked, but no notices and no unfinished answers.
    """
    before = [one for one in messages if float(one["ts"]) < float(asked.message_ts)]
    after = [one for one in messages if float(one["ts"]) > float(asked.message_ts)]
    ledger, channel_id = ourselves.ledger, asked.channel_id
    earlier = _asked_in(before, channel_id, ourselves)
    late = [one for one in after if _answers_one_of(earlier, one, channel_id, ledger)]
    said = (_said(one, channel_id, ledger) for one in (*before, *late))
    return tuple(one for one in said if _has_words(one))


def sent_along(
    asked: MessageRef, messages: Sequence[Message], ourselves: BotIdentity
) -> tuple[tuple[QuotedMessage, ...], str]:
    """The messages that a person's question among these brings along, and the person. Slack adds
    previews of links only after it has told us of the message.
    """
    our_bot = ourselves.ledger.our_bot
    found = (one for one in messages if one["ts"] == asked.message_ts and not our_bot.sent(one))
    asks = next((one for one in found if not is_from_an_app(one)), None)
    if asks is None:
        return (), ""
    return said_by_person(asks, our_bot).quoted, str(asks.get("user") or "")


def said_about(
    subject: Subject, messages: Sequence[Message], ourselves: BotIdentity
) -> tuple[ThreadMessage, ...]:
    """The messages of a thread that a shortcut is about, as ``ports.ThreadReader`` defines them."""
    until = float("inf") if subject.purpose is Purpose.SUMMARISE else float(subject.message_ts)
    told = [one for one in messages if float(one["ts"]) <= until]
    said = [(one["ts"], _said(one, subject.channel_id, ourselves.ledger)) for one in told]
    found = [(ts, one) for ts, one in said if _has_words(one)]
    if subject.purpose is not Purpose.SUMMARISE and (
        not found or found[-1][0] != subject.message_ts
    ):
        return ()
    alone = found[-1:] if subject.purpose is Purpose.TRANSLATE else found
    return tuple(one for _, one in alone)


def said_in_channel(
    messages: Iterable[Message], channel_id: str, ourselves: BotIdentity
) -> tuple[ThreadMessage, ...]:
    """Messages of a channel with their addresses; their files are named, not brought along."""
    said = ((one, _said(one, channel_id, ourselves.ledger)) for one in messages)
    return tuple(
        replace(
            found,
            files=(),
            ts=str(one["ts"]),
            link=permalink(ourselves.url, channel_id, str(one["ts"]), one.get("thread_ts")),
            replies=_replies_to(one),
        )
        for one, found in said
        if _has_words(found)
    )


def _replies_to(message: Message) -> int:
    told = message.get("reply_count")
    return told if isinstance(told, int) and told > 0 else 0


def answer_in(
    messages: Sequence[Message], last_ts: str, channel_id: str, ourselves: BotIdentity
) -> str:
    """The whole answer of ours that ends with the message at ``last_ts``; "" if there is none."""
    by_ts = {str(one["ts"]): one for one in messages}
    parts = parts_of(messages, last_ts, channel_id, ourselves)
    return "\n\n".join(_text_of_ours(by_ts[part.ts]) for part in parts)


def parts_of(
    messages: Sequence[Message], last_ts: str, channel_id: str, ourselves: BotIdentity
) -> list[Posted]:
    """The messages of that answer, in order."""
    marked = [(one, ourselves.ledger.mark_of(one, channel_id)) for one in messages]
    last = next((mark for one, mark in marked if one["ts"] == last_ts), None)
    if last is None or last.role != "answer" or not last.parts:
        return []
    parts = {
        mark.part: Posted(str(one["ts"]), mark)
        for one, mark in marked
        if mark and (mark.task_id, mark.role, mark.digest) == (last.task_id, "answer", last.digest)
    }
    return [parts[number] for number in sorted(parts)]


def _has_words(said: ThreadMessage | None) -> TypeGuard[ThreadMessage]:
    return said is not None and bool(said.text or said.quoted)


def _asked_in(
    messages: Iterable[Message], channel_id: str, ourselves: BotIdentity
) -> frozenset[str]:
    """The ids of the tasks that these messages may have triggered."""
    marks = (ourselves.ledger.mark_of(one, channel_id) for one in messages)
    shown = {mark.task_id for mark in marks if mark is not None}
    asked = {task_id_of_message(ourselves.team_id, channel_id, one["ts"]) for one in messages}
    return frozenset(shown | asked)


def _answers_one_of(
    task_ids: frozenset[str], message: Message, channel_id: str, ledger: Ledger
) -> bool:
    mark = ledger.mark_of(message, channel_id)
    return mark is not None and mark.role == "answer" and mark.task_id in task_ids


def _said(message: Message, channel_id: str, ledger: Ledger) -> ThreadMessage | None:
    if ledger.our_bot.sent(message):
        return _said_by_us(message, channel_id, ledger)
    if is_from_an_app(message) and message.get("subtype") != "tombstone":
        files = files_of(message)
        text = _with_names(text_of_app(message), files)
        return ThreadMessage("app", _name_of_app(message), text, files)
    if message.get("subtype") in _SAID_BY_PEOPLE and message.get("user"):
        found = said_by_person(message, ledger.our_bot)
        text = _with_names(found.text, [one for one in found.files if not one.forwarded])
        return ThreadMessage("person", str(message["user"]), text, found.files, found.quoted)
    return None


def _said_by_us(message: Message, channel_id: str, ledger: Ledger) -> ThreadMessage | None:
    mark = ledger.mark_of(message, channel_id)
    if mark is None or mark.role in TELLS_ONLY:
        return None
    if mark.role == "question":
        text = text_of_blocks(message) or plain_text(message.get("text") or "", "")
        return ThreadMessage("app", _name_of_app(message), text)
    # Without a number of parts, its worker ended while writing it.
    return ThreadMessage("us", "", _text_of_ours(message)) if mark.parts else None


def _text_of_ours(message: Message) -> str:
    """The model's words, without the characters that rendering for Slack has added."""
    shown = text_of_blocks(without_cards(message))
    words = shown or plain_text(str(message.get("text") or ""), "")
    return words.replace(ZERO_WIDTH_SPACE, "")


def _name_of_app(message: Message) -> str:
    profile = message.get("bot_profile") or {}
    told = (message.get("username"), profile.get("name"), message.get("bot_id"))
    return next((str(name) for name in told if name), _SLACKBOT)


def _with_names(text: str, files: Iterable[TaskFile]) -> str:
    names = [f"[file: {file.name or file.id}]" for file in files]
    return "\n".join([*([text] if text else []), *names])
