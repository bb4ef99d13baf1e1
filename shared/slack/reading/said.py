"""The whole of one message: its author's own words, what came along with them, and the files."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from shared.slack.files import files_of
from shared.slack.message import OurBot, mappings
from shared.slack.message_text import plain_text, without_mention
from shared.slack.reading.attachments import brought_along
from shared.slack.reading.block_text import (
    TABLES,
    text_of_attachment,
    text_of_blocks,
    text_of_tables,
)
from shared.slack.reading.emails import emails_in
from shared.slack.reading.rich_text import has_chips, parts
from shared.task import QuotedMessage, TaskFile
from shared.well_formed import well_formed

# As many as Slack lets a message have (docs.slack.dev, secondary attachments).
_MOST_CARDS: Final = 100
# Slack itself, in notices of what people and it have done, and its helper.
_SLACK: Final = frozenset({"USLACK", "USLACKBOT"})


@dataclass(frozen=True)
class Said:
    """The content of a message. ``text`` is its author's words, ``quoted`` are others'."""

    text: str
    quoted: tuple[QuotedMessage, ...] = ()
    files: tuple[TaskFile, ...] = ()

    def __bool__(self) -> bool:
        return bool(self.text or self.quoted or self.files)


def said_in(message: Mapping[str, Any], our_bot: OurBot) -> Said:
    """The content of a message of any author: a person, another app, or the bot itself."""
    if our_bot.sent(message):
        return Said(_text_of_ours(message))
    if is_from_an_app(message):
        return Said(text_of_app(message), files=files_of(message))
    return said_by_person(message, our_bot)


def is_from_an_app(message: Mapping[str, Any]) -> bool:
    """Whether an app wrote the message."""
    return bool(
        message.get("bot_id")
        or message.get("subtype") == "bot_message"
        or message.get("user") in _SLACK
    )


def said_by_person(message: Mapping[str, Any], our_bot: OurBot) -> Said:
    """The content of a person's message, without mentions of us; pasted tables are their words."""
    along = brought_along(message, our_bot)
    own = (_typed(message, our_bot.user_id), text_of_tables(message), *along.tables)
    files = (*files_of(message), *along.files)
    return Said(_joined(own), tuple(along.quoted), files)


def brings_along(message: Mapping[str, Any], our_bot: OurBot) -> bool:
    """Whether a person's message holds anything besides what they typed."""
    along = brought_along(message, our_bot)
    files = files_of(message) or along.files
    return bool(files or along.quoted or along.tables or text_of_tables(message))


def text_of_app(message: Mapping[str, Any]) -> str:
    """The text of another app's message: its blocks, else its text, and its attachments. All of it
    counts as the app's words, whatever it claims to quote.
    """
    text = text_of_blocks(message, footers=True) or plain_text(_text(message), "")
    cards = map(text_of_attachment, mappings(message.get("attachments"))[:_MOST_CARDS])
    return well_formed("\n".join(filter(None, (text, *cards, *emails_in(message)))))


def _text_of_ours(message: Mapping[str, Any]) -> str:
    """Without the notes below an answer."""
    return text_of_blocks(message) or plain_text(_text(message), "")


def markup_of(message: Mapping[str, Any]) -> str:
    """The markup that a person typed, with mentions as ``<@U…>``: their own words only."""
    return _text(message) or _text_of_rich_text(message)


def _joined(texts: Iterable[str]) -> str:
    return well_formed("\n\n".join(filter(None, texts)))


def _typed(message: Mapping[str, Any], our_user_id: str) -> str:
    text, found = _text(message), ""
    # Slack sends no text where it does not find one in a person's blocks, and bare ids for chips.
    if not text.strip() or any(map(has_chips, _typed_blocks(message))):
        found = without_mention(_text_of_rich_text(message), our_user_id).strip()
    return found or plain_text(text, our_user_id)


def _typed_blocks(message: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    return [each for each in parts(message, "blocks") if each["type"] not in TABLES]


def _text_of_rich_text(message: Mapping[str, Any]) -> str:
    return text_of_blocks({"blocks": _typed_blocks(message)})


def _text(message: Mapping[str, Any]) -> str:
    text = message.get("text")
    return text if isinstance(text, str) else ""
