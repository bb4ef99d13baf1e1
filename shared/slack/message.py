"""A message from Slack, in events and when it is read back: only well-formed parts count.

Other apps control much of a message's content. Whatever differs from Slack's documented form is
left out here, so that readers need no checks: one field or message must not keep others from being
read.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Protocol

from shared.errors import SlackUnavailable
from shared.well_formed import well_formed

Message = Mapping[str, Any]
Payload = Mapping[str, Any]
"""A JSON object as Slack sends it: an event, a click, a block."""


@dataclass(frozen=True)
class MessageRef:
    """The place of a message in Slack, where it can be read again."""

    channel_id: str
    thread_ts: str
    message_ts: str

    @property
    def continues_thread(self) -> bool:
        """Whether there are messages in the thread before it."""
        return self.thread_ts != self.message_ts


def permalink(workspace_url: str, channel_id: str, ts: str, thread_ts: str | None) -> str:
    """The address of a message, for people, in the form of ``chat.getPermalink``, which answers
    members only; "" without a workspace.
    """
    if not workspace_url:
        return ""
    address = f"{workspace_url.rstrip('/')}/archives/{channel_id}/p{ts.replace('.', '')}"
    if thread_ts in {None, ts}:
        return address
    return f"{address}?thread_ts={thread_ts}&cid={channel_id}"


class SlackResult(Protocol):
    """Slack's answer to a call."""

    def get(self, key: str, /) -> Any:
        """The value under that name, if there is one."""


ILL_FORMED: Final = (AttributeError, LookupError, TypeError, ValueError, OverflowError, OSError)
"""The exceptions that reading a value of unknown form may raise; the last two come from impossible
times.
"""

_TS: Final = re.compile(r"[0-9]{1,11}(?:\.[0-9]{1,9})?")
_TIMES: Final = ("ts", "thread_ts", "latest_reply")
# Author, place and content: without one of these a message would be mistaken for another one.
_TEXTS: Final = (
    *("bot_id", "bot_team_id", "channel", "channel_type", "parent_user_id", "source_team"),
    *("streaming_state", "subtype", "team", "text", "user", "user_team", "username"),
)
_OBJECTS: Final = ("bot_profile", "edited", "message", "previous_message")
_LISTS: Final = ("attachments", "blocks", "files")


def is_ts(told: object) -> bool:
    """Whether it is one of Slack's times: seconds since the epoch, as a text."""
    return isinstance(told, str) and _TS.fullmatch(told) is not None


@dataclass(frozen=True)
class OurBot:
    """The ids of our bot, by which its messages are known."""

    user_id: str
    bot_id: str | None = None

    def sent(self, message: Message) -> bool:
        """Whether it posted the message: Slack names its bot, or no bot and its user."""
        named = message.get("bot_id")
        return named == self.bot_id if named else message.get("user") == self.user_id


def message_of(told: object) -> dict[str, Any] | None:
    """The message; None if it is none, or has an author, time or text of unknown form."""
    if not isinstance(told, Mapping):
        return None
    message = {
        str(name): well_formed(each) if isinstance(each, str) else each
        for name, each in told.items()
        if each is not None
    }
    if not all(is_ts(message[name]) for name in _TIMES if name in message):
        return None
    if not all(isinstance(message.get(name, ""), str) for name in _TEXTS):
        return None
    for name in _OBJECTS:
        if not isinstance(message.get(name, {}), Mapping):
            del message[name]
    for name in _LISTS:
        if name in message:
            message[name] = mappings(message[name])
    repliers = message.get("reply_users", [])
    if not isinstance(repliers, list) or not all(isinstance(each, str) for each in repliers):
        del message["reply_users"]
    return message


def page_of(result: SlackResult, name: str) -> list[Payload]:
    """The objects of a page. Raises SlackUnavailable for an ill-formed page: it does not prove that
    there are none.
    """
    listed = result.get(name)
    if not isinstance(listed, list):
        raise SlackUnavailable(f"Slack answered with no page of {name}.")
    return mappings(listed)


def messages_in(page: SlackResult) -> list[dict[str, Any]]:
    """The messages of a page that have a time, as ``page_of`` reads it."""
    found = map(message_of, page_of(page, "messages"))
    return [each for each in found if each is not None and "ts" in each]


def listed_in(page: SlackResult, name: str) -> list[Any]:
    """The items that a page lists; nothing if it has no list of that name."""
    listed = page.get(name)
    return listed if isinstance(listed, list) else []


def cursor_in(page: SlackResult) -> str | None:
    """The cursor of the next page, if there is one."""
    metadata = page.get("response_metadata")
    cursor = metadata.get("next_cursor") if isinstance(metadata, Mapping) else None
    return cursor if isinstance(cursor, str) and cursor else None


def cursor_after(cursor: str | None, page: SlackResult) -> str | None:
    """The cursor of the page after that of ``cursor``, if there is one.

    Raises SlackUnavailable if it would be the same page again, endlessly.
    """
    following = cursor_in(page)
    if following is not None and following == cursor:
        raise SlackUnavailable("Slack gives the same page again.")
    return following


def mappings(told: object) -> list[Payload]:
    """The objects in a list, or in a tuple as we write them; none of anything else."""
    listed = told if isinstance(told, list | tuple) else ()
    return [each for each in listed if isinstance(each, Mapping)]
