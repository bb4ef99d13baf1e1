"""Text as Slack's clients write it and as Slack counts it."""

import re
from collections.abc import Iterable, Mapping

from simulators.slack.state.model import JSON

_CONTROL = r"<(?:[@#!][^<>]*|(?:https?|mailto|tel):[^<>]*)>"
_CONTROL_SEQUENCE = re.compile(_CONTROL)
_BARE_AMPERSAND = re.compile(r"&(?!(?:amp|lt|gt);)")
_URL = re.compile(r"https?://[^\s<>]+")
_PIECES = re.compile(rf"({_CONTROL})")


def escape(text: str) -> str:
    """Escape the three characters Slack's markup reserves."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def unescape(text: str) -> str:
    """Undo ``escape``."""
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&")


def stored(text: str) -> str:
    """An app's text once Slack has escaped what the app left bare."""
    return "".join(map(_stored_piece, _PIECES.split(text)))


def _stored_piece(piece: str) -> str:
    if _CONTROL_SEQUENCE.fullmatch(piece):
        return piece
    piece = _BARE_AMPERSAND.sub("&amp;", piece)
    return piece.replace("<", "&lt;").replace(">", "&gt;")


def stored_length(text: str) -> int:
    """The UTF-8 bytes of an app's text as Slack stores it."""
    return len(stored(text).encode())


def as_typed(
    text: str, users: Mapping[str, str], channels: Mapping[str, str], *, labelled: bool = False
) -> str:
    """What Slack's client sends for typed text: escaped, names turned into ids, URLs marked.

    ``users`` and ``channels`` map a name as people type it to an id; longer names win. In commands
    the names stand beside their ids (docs.slack.dev, slash commands): ``labelled``.
    """
    named = [("@", users), ("#", channels)]
    marks = [
        (f"{sign}{name}", f"<{sign}{id_}|{escape(name)}>" if labelled else f"<{sign}{id_}>")
        for sign, ids in named
        for name, id_ in ids.items()
    ]
    replacements = {escape(typed): mark for typed, mark in marks}
    text = escape(text)
    if replacements:
        names = sorted(replacements, key=len, reverse=True)
        # A name ends where no letter or digit of its own script follows it.
        pattern = "|".join(
            re.escape(name) + (r"(?![A-Za-z0-9_.-])" if name[-1].isascii() else "")
            for name in names
        )
        text = re.sub(
            rf"(?<![A-Za-z0-9_.@#])(?:{pattern})", lambda match: replacements[match[0]], text
        )
    return _URL.sub(lambda match: f"<{match[0]}>", text)


def mentions(text: str, user: str) -> bool:
    """Whether ``text`` mentions the user."""
    return re.search(rf"<@{re.escape(user)}(?:\|[^>]*)?>", text) is not None


def rich_text(text: str, block_id: str) -> list[JSON]:
    """The rich text block Slack adds to what people write."""
    elements = [_element(piece) for piece in _PIECES.split(text) if piece]
    section = {"type": "rich_text_section", "elements": elements}
    return [{"type": "rich_text", "block_id": block_id, "elements": [section]}]


def _element(piece: str) -> JSON:
    if not _CONTROL_SEQUENCE.fullmatch(piece):
        return {"type": "text", "text": unescape(piece)}
    target = piece[1:-1].split("|", maxsplit=1)[0]
    if target.startswith("@"):
        return {"type": "user", "user_id": target[1:]}
    if target.startswith("#"):
        return {"type": "channel", "channel_id": target[1:]}
    if target.startswith("!"):
        return {"type": "broadcast", "range": target[1:]}
    return {"type": "link", "url": unescape(target)}


def joined(lines: Iterable[str]) -> str:
    """Lines as one text, empty ones left out."""
    return "\n".join(line for line in lines if line)
