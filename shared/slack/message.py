"""A message as Slack tells it, in events and when it is read back: only what is well-formed counts.

Other apps write much of what stands in a message. What has not the form that Slack documents is
left out here, so that whoever reads on needs no doubts: neither one field nor one message may keep
others from being read.
"""

import re
from collections.abc import Mapping
from typing import Any, Final, Protocol

from shared.errors import SlackUnavailable

Message = Mapping[str, Any]


class SlackResult(Protocol):
    """Slack's answer to a call."""

    def get(self, key: str, /) -> Any:
        """What it tells under that name, if it does."""


ILL_FORMED: Final = (AttributeError, LookupError, TypeError, ValueError, OverflowError, OSError)
"""What reading something of an unknown form raises; OSError and OverflowError are those of times
that no calendar has.
"""

_TS: Final = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,9})?")
_HALVES: Final = re.compile("[\ud800-\udfff]")
_TIMES: Final = ("ts", "thread_ts", "latest_reply")
# Who wrote it, where and what: without one of these it would be read as somebody else's, or as
# something else.
_TEXTS: Final = (
    *("bot_id", "bot_team_id", "channel", "channel_type", "parent_user_id", "source_team"),
    *("streaming_state", "subtype", "team", "text", "user", "user_team", "username"),
)
_OBJECTS: Final = ("bot_profile", "edited", "message", "previous_message")
_LISTS: Final = ("attachments", "blocks", "files")


def is_ts(told: object) -> bool:
    """Whether it is one of Slack's times: seconds since the epoch, as a text."""
    return isinstance(told, str) and _TS.fullmatch(told) is not None


def message_of(told: object) -> dict[str, Any] | None:
    """The message; None for what is none, or says who wrote it, when or what in an unknown form."""
    if not isinstance(told, Mapping):
        return None
    message = {str(name): _whole(each) for name, each in told.items() if each is not None}
    if not all(is_ts(message[name]) for name in _TIMES if name in message):
        return None
    if not all(isinstance(message.get(name, ""), str) for name in _TEXTS):
        return None
    for name in _OBJECTS:
        if not isinstance(message.get(name, {}), Mapping):
            del message[name]
    for name in _LISTS:
        if name in message:
            message[name] = _objects_in(message[name])
    repliers = message.get("reply_users", [])
    if not isinstance(repliers, list) or not all(isinstance(each, str) for each in repliers):
        del message["reply_users"]
    return message


def _whole(told: Any) -> Any:
    """Half a surrogate pair, which JSON can carry and nothing else can, is replaced."""
    return _HALVES.sub("\ufffd", told) if isinstance(told, str) else told


def messages_in(page: SlackResult) -> list[dict[str, Any]]:
    """The messages of a page that have a time.

    Raises SlackUnavailable for what is no page: nothing of ours standing there would be a guess.
    """
    messages = page.get("messages")
    if not isinstance(messages, list):
        raise SlackUnavailable("Slack answered with no page of messages.")
    found = (message_of(each) for each in messages)
    return [each for each in found if each is not None and "ts" in each]


def listed_in(page: SlackResult, name: str) -> list[Any]:
    """What a page lists; nothing where it has no list of that name."""
    listed = page.get(name)
    return listed if isinstance(listed, list) else []


def cursor_in(page: SlackResult) -> str | None:
    """Where the next page begins, if there is one."""
    metadata = page.get("response_metadata")
    cursor = metadata.get("next_cursor") if isinstance(metadata, Mapping) else None
    return cursor if isinstance(cursor, str) and cursor else None


def cursor_after(cursor: str | None, page: SlackResult) -> str | None:
    """Where the page after that of ``cursor`` begins, if there is one.

    Raises SlackUnavailable where it would be the same page again, for ever.
    """
    following = cursor_in(page)
    if following is not None and following == cursor:
        raise SlackUnavailable("Slack gives the same page again.")
    return following


def _objects_in(told: object) -> list[Mapping[str, Any]]:
    return [each for each in told if isinstance(each, Mapping)] if isinstance(told, list) else []
