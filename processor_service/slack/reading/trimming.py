"""The part of a thread that is kept while it is read: what a prompt may quote.

Slack sends a text twice (as such and as blocks), with previews of files and much else: nine hundred
messages of 39,000 characters are some 70 MB.
"""

from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any, Final

from processor_service.rendering.button_row import has_row
from shared.slack.message import Message
from shared.slack.reading.block_text import TABLES
from shared.slack.reading.rich_text import has_chips

PRESSABLE: Final = 3
"""Of the messages with something to press, so many are kept as they are: usually there is one."""
KEPT_CHARS: Final = 512_000
"""Twice the longest context of a question (``shortcut_request.py``): older text is never quoted."""

_FIELDS: Final = (
    *("ts", "thread_ts", "user", "bot_id", "subtype", "text", "metadata", "streaming_state"),
    *("username", "bot_profile", "blocks", "attachments", "files", "reply_count"),
)
_FILE_FIELDS: Final = (
    *("id", "name", "title", "mimetype", "filetype", "subtype", "size", "mode", "file_access"),
    *("url_private", "url_private_download", "subject", "from", "to", "cc", "plain_text"),
)
# What ``shared.slack.reading`` reads of an attachment: nothing of its pictures and its layout.
_CARD_FIELDS: Final = (
    *("pretext", "title", "title_link", "text", "fields", "fallback", "blocks", "message_blocks"),
    *("author_id", "author_name", "author_subname", "bot_id", "app_id", "service_name", "ts"),
    "footer",
    *("channel_id", "channel_name", "from_url", "original_url", "app_unfurl_url", "files"),
    *("is_share", "is_msg_unfurl", "is_reply_unfurl", "is_app_unfurl", "attachments"),
)
_LEFT_OUT: Final = "…"


class TrimmedMessages:
    """The messages of one reading in order. Of those until ``until``, the first one and the newest
    ``KEPT_CHARS`` keep their words, and so do streams that run; the others keep their author,
    time and mark. ``pressable`` are the newest messages with something to press, whole.
    """

    def __init__(self, until: float = float("inf"), chars: int = KEPT_CHARS) -> None:
        self._until = until
        self._left = chars
        self._with_words: deque[tuple[int, int]] = deque()
        self.messages: list[Message] = []
        self.pressable: deque[Message] = deque(maxlen=PRESSABLE)

    def add(self, page: Iterable[Message]) -> None:
        """Keep the needed parts of the next messages."""
        for message in page:
            kept = trimmed(message)
            if message.get("metadata") and has_row(message.get("blocks") or ()):
                self.pressable.append(kept)
            self._add(kept)

    def _add(self, message: Message) -> None:
        if _by_person(message) and float(message["ts"]) > self._until:
            # What people said after the question is not its context; an answer of ours may be.
            message = _wordless(message)
        elif self.messages and message.get("streaming_state") != "in_progress":
            # A stream that runs has no mark: only its words may tell whose it is.
            size = size_of(message)
            self._with_words.append((len(self.messages), size))
            self._left -= size
        self.messages.append(message)
        while self._left < 0 and len(self._with_words) > 1:
            place, size = self._with_words.popleft()
            self._left += size
            self.messages[place] = _wordless(self.messages[place])


def size_of(value: Any) -> int:
    """The characters in a message, or in a part of one."""
    if isinstance(value, str):
        return len(value)
    if isinstance(value, Mapping):
        return sum(size_of(each) for each in value.values())
    if isinstance(value, list):
        return sum(size_of(each) for each in value)
    return 0


def trimmed(message: Message) -> Message:
    """The parts of a message that are read at all."""
    kept = {name: message[name] for name in _FIELDS if name in message}
    if _by_person(message) and kept.get("text") and "blocks" in kept:
        # Slack sends a person's words twice, but tables and chips in the blocks alone.
        kept["blocks"] = [one for one in kept["blocks"] if _is_needed(one)]
    if "attachments" in kept:
        kept["attachments"] = [_picked(one, _CARD_FIELDS) for one in kept["attachments"]]
    if "files" in kept:
        kept["files"] = [_picked(one, _FILE_FIELDS) for one in kept["files"]]
    return kept


def _is_needed(block: Mapping[str, Any]) -> bool:
    return str(block.get("type")) in TABLES or has_chips(block)


def _picked(told: Mapping[str, Any], fields: Iterable[str]) -> dict[str, Any]:
    return {name: told[name] for name in fields if name in told}


def _by_person(message: Message) -> bool:
    """Slack names the bot of most apps' messages; ours all have metadata."""
    return not message.get("bot_id") and not message.get("metadata")


def _wordless(message: Message) -> Message:
    kept = {name: value for name, value in message.items() if name not in ("blocks", "attachments")}
    return {**kept, "text": _LEFT_OUT}
