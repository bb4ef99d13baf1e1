"""Mails that people forward to Slack: a file whose description has the sender and the words.

The download is the body alone, as a page (github.com/korotovsky/slack-mcp-server/issues/191).
"""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from shared.slack.message import mappings
from shared.well_formed import well_formed

_BODY_CHARS: Final = 2_000
_HEAD_CHARS: Final = 500
_MOST_PEOPLE: Final = 10
_HEAD: Final = (("From", "from"), ("To", "to"), ("Cc", "cc"))
_LEFT_OUT: Final = " […]"


def emails_in(message: Mapping[str, Any]) -> Iterator[str]:
    """Each mail among a message's files: sender, receivers, subject, and how its text begins."""
    for file in mappings(message.get("files")):
        if file.get("filetype") == "email" and file.get("mode") != "tombstone":
            head, body = [*_head(file)], _body(file)
            if head or body:
                subject = f"Subject: {_line(file.get('subject') or file.get('title'))}"
                yield "\n".join([*head, subject, body]).rstrip()


def _head(file: Mapping[str, Any]) -> Iterator[str]:
    for title, name in _HEAD:
        if people := [each for each in map(_person, mappings(file.get(name))) if each]:
            yield f"{title}: {', '.join(people[:_MOST_PEOPLE])}"[:_HEAD_CHARS]


def _body(file: Mapping[str, Any]) -> str:
    told = file.get("plain_text")
    body = well_formed(told).replace("\r\n", "\n").strip() if isinstance(told, str) else ""
    return body if len(body) <= _BODY_CHARS else body[:_BODY_CHARS] + _LEFT_OUT


def _person(told: Mapping[str, Any]) -> str:
    name, address = _line(told.get("name")), _line(told.get("address"))
    both = f"{name} <{address}>" if name and address and name != address else name or address
    return both or _line(told.get("original"))


def _line(told: Any) -> str:
    return " ".join(well_formed(told).split())[:_HEAD_CHARS] if isinstance(told, str) else ""
