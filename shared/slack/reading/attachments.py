"""Reads a message's attachments: forwards, previews of links, cards of apps, pasted tables.

Slack documents the older form of an app's attachment (docs.slack.dev, secondary attachments); that
of a forward and of a message's preview is what Slack sends: ``is_share`` or ``is_msg_unfurl``, the
author, the channel and the time, and the message in ``text`` and in ``message_blocks``.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from shared.slack.files import files_of
from shared.slack.message import OurBot, is_ts, mappings
from shared.slack.reading.block_text import (
    fallback_of,
    text_of_attachment,
    text_of_blocks,
    text_of_tables,
    told_in,
)
from shared.slack.reading.emails import emails_in
from shared.task import QuotedMessage, TaskFile
from shared.well_formed import well_formed

_Attachment = Mapping[str, Any]

MOST_QUOTED: Final = 20
QUOTED_CHARS: Final = 60_000
"""Of all that came along with one message; a message itself has at most 40,000 characters."""
_MOST_FILES: Final = 20
# A forward of a forward of a forward.
_DEPTH: Final = 3
_LEFT_OUT: Final = " […]"
_NAME_CHARS: Final = 200
_EMAIL: Final = "email"

_MESSAGES: Final = ("is_share", "is_msg_unfurl", "is_reply_unfurl")
_ORIGINS: Final = (
    *_MESSAGES,
    *("author_id", "author_name", "bot_id", "app_id", "app_unfurl_url", "from_url"),
    *("is_app_unfurl", "original_url", "service_name"),
)
_ID: Final = re.compile(r"[A-Z][A-Z0-9]{1,30}")
_HOST: Final = re.compile(r"https?://([^/?#\s]{1,200})")
# Shown instead of a name, for a place without one.
_NAMELESS: Final = frozenset({"Direct Message", "directmessage", "privategroup"})


@dataclass
class BroughtAlong:
    """The content of a person's attachments: ``tables`` they pasted, others' words, and files."""

    tables: list[str] = field(default_factory=list)
    quoted: list[QuotedMessage] = field(default_factory=list)
    files: list[TaskFile] = field(default_factory=list)


def brought_along(message: Mapping[str, Any], our_bot: OurBot) -> BroughtAlong:
    """The content of the attachments of a person's message. Never call it for an app's message: an
    app can write anything into its attachments, and so pass its words off as anybody's.
    """
    gathering = _Gathering(our_bot)
    for attachment in _attachments(message):
        if pasted := "" if _has_origin(attachment) else text_of_tables(attachment):
            gathering.found.tables.append(pasted)
        else:
            gathering.add(attachment)
    for email in emails_in(message):
        gathering.quote(email, _EMAIL)
    return gathering.found


class _Gathering:
    """Adds quotes to ``found`` as long as there is room for them."""

    def __init__(self, our_bot: OurBot) -> None:
        self._our_bot = our_bot
        self._chars = QUOTED_CHARS
        self.found = BroughtAlong()

    def add(self, attachment: _Attachment, depth: int = _DEPTH, app: str | None = None) -> None:
        """Add what the attachment shows, and what is in it: all of an ``app``'s message is its own,
        since it may have written any author there.
        """
        found, files = self.found, _files_in(attachment)
        text = self._fitting(_text_in(attachment))
        if len(found.quoted) < MOST_QUOTED and (text or files):
            quoted = _quote(attachment, text, files, self._our_bot)
            if app is not None:
                names = quoted.file_names
                quoted = QuotedMessage(text=text, by=app, by_app=True, file_names=names)
            found.quoted.append(quoted)
            found.files.extend(files[: _MOST_FILES - len(found.files)])
            app = quoted.by if quoted.by_app else None
        for each in _nested(attachment) if depth > 1 else ():
            self.add(each, depth - 1, app)

    def quote(self, text: str, by: str) -> None:
        """Add what no message shows, as an app's words."""
        quoted = self.found.quoted
        if len(quoted) < MOST_QUOTED and (fitting := self._fitting(text)):
            quoted.append(QuotedMessage(text=fitting, by=by, by_app=True))

    def _fitting(self, text: str) -> str:
        text = well_formed(text)
        if len(text) > self._chars:
            text = text[: max(0, self._chars - len(_LEFT_OUT))] + _LEFT_OUT if self._chars else ""
        self._chars = max(0, self._chars - len(text))
        return text


def _quote(
    attachment: _Attachment, text: str, files: tuple[TaskFile, ...], our_bot: OurBot
) -> QuotedMessage:
    if not _is_message(attachment):
        return _card(attachment, text)
    name = _line(attachment, "author_name") or _line(attachment, "author_subname")
    by = _id(attachment, "author_id")
    place: dict[str, Any] = {
        "preview": not attachment.get("is_share"),
        "channel_id": _id(attachment, "channel_id"),
        "channel_name": _channel_name(attachment),
        "ts": str(attachment["ts"]) if is_ts(attachment.get("ts")) else "",
        "file_names": tuple(each.name or each.id for each in files[:_MOST_FILES]),
    }
    if _shows_ours(attachment, our_bot):
        return QuotedMessage(text=text, by=name or "Mechachang", by_app=True, **place)
    if by.startswith("B") or attachment.get("bot_id"):
        return QuotedMessage(text=text, by=name, by_app=True, **place)
    return QuotedMessage(text=text, by=by, name=name, **place)


def _shows_ours(attachment: _Attachment, our_bot: OurBot) -> bool:
    """Whether the previewed message is our bot's."""
    if attachment.get("author_id") == our_bot.user_id:
        return True
    return our_bot.bot_id is not None and any(
        each.get("bot_id") == our_bot.bot_id for each in (attachment, *_originals(attachment))
    )


def _card(attachment: _Attachment, text: str) -> QuotedMessage:
    """The quote of a page, as an app or Slack itself shows it."""
    source = _page(attachment)
    by = _line(attachment, "service_name") or _host(source) or _line(attachment, "author_name")
    return QuotedMessage(text=text, by=by, by_app=True, source=source)


def _is_message(attachment: _Attachment) -> bool:
    """Whether Slack itself made it of a message; an app's card could only claim to be one."""
    return any(attachment.get(each) is True for each in _MESSAGES) and not _is_card(attachment)


def _is_card(attachment: _Attachment) -> bool:
    return bool(attachment.get("is_app_unfurl") or attachment.get("app_unfurl_url"))


def _has_origin(attachment: _Attachment) -> bool:
    """Whether Slack or an app made it of something else: pasted parts have no origin."""
    return any(attachment.get(name) for name in _ORIGINS)


def _text_in(attachment: _Attachment) -> str:
    if not _is_message(attachment):
        return text_of_attachment(attachment)
    original = "\n\n".join(filter(None, map(_words_of, _originals(attachment))))
    if original:
        return original
    text = told_in(attachment, "text")
    if not text:
        return text_of_blocks(attachment, footers=True) or _fallback(attachment)
    return "\n\n".join(filter(None, (text, text_of_tables(attachment))))


def _words_of(original: Mapping[str, Any]) -> str:
    own = (text_of_tables(each) for each in _attachments(original) if not _has_origin(each))
    return "\n\n".join(filter(None, (text_of_blocks(original, footers=True), *own)))


def _fallback(attachment: _Attachment) -> str:
    if _files_in(attachment) or any(True for _ in _nested(attachment)):
        return ""
    return fallback_of(attachment)


def _originals(attachment: _Attachment) -> list[Mapping[str, Any]]:
    """The messages that it shows, as ``message_blocks`` hold them."""
    found = (each.get("message") for each in mappings(attachment.get("message_blocks")))
    return [each for each in found if isinstance(each, Mapping)]


def _nested(attachment: _Attachment) -> Iterator[_Attachment]:
    for each in (attachment, *_originals(attachment)):
        for nested in _attachments(each):
            if each is attachment or _has_origin(nested):
                yield nested


def _attachments(message: Mapping[str, Any]) -> list[_Attachment]:
    return mappings(message.get("attachments"))[:MOST_QUOTED]


def _files_in(attachment: _Attachment) -> tuple[TaskFile, ...]:
    """The files of a forwarded or previewed message; an app's card may name any file."""
    if not _is_message(attachment):
        return ()
    return tuple(each.model_copy(update={"forwarded": True}) for each in files_of(attachment))


def _channel_name(attachment: _Attachment) -> str:
    name = _line(attachment, "channel_name").removeprefix("#")
    return "" if name in _NAMELESS or name.startswith("mpdm-") else name


def _page(attachment: _Attachment) -> str:
    links = (attachment.get(name) for name in ("original_url", "from_url", "title_link"))
    return next((each for each in links if isinstance(each, str) and _HOST.match(each)), "")[:2_000]


def _host(url: str) -> str:
    found = _HOST.match(url)
    return found[1] if found else ""


def _line(attachment: _Attachment, name: str) -> str:
    told = attachment.get(name)
    return " ".join(well_formed(told[:_NAME_CHARS]).split()) if isinstance(told, str) else ""


def _id(attachment: _Attachment, name: str) -> str:
    told = attachment.get(name)
    return told if isinstance(told, str) and _ID.fullmatch(told) else ""
