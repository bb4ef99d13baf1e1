"""Conversations with their messages, page by page."""

from collections.abc import Sequence
from typing import Any

from command_service.payloads.model import (
    KINDS,
    ConversationKind,
    ItemT,
    JoinedConversation,
    Page,
)
from shared.errors import RetryableError, SlackRefused
from shared.slack.message import Message


class FakeHistory:
    """Conversations with their messages and threads; pages hold one item each.

    ``failures`` are raised by the next calls, one each; ``refused`` kinds cannot be listed.
    """

    def __init__(self) -> None:
        self.kinds: dict[ConversationKind, list[JoinedConversation]] = {kind: [] for kind in KINDS}
        self.written: dict[str, list[dict[str, Any]]] = {}
        self.failures: list[RetryableError] = []
        self.refused: set[ConversationKind] = set()
        self.threads_read: list[str] = []
        self.calls = 0

    def channel(
        self, conversation_id: str, *messages: dict[str, Any], kind: ConversationKind
    ) -> None:
        """A conversation with these messages, replies among them."""
        self.kinds[kind].append(JoinedConversation(conversation_id, kind))
        self.written[conversation_id] = list(messages)

    async def conversations(
        self, kind: ConversationKind, cursor: str | None
    ) -> Page[JoinedConversation]:
        self._called()
        if kind in self.refused:
            raise SlackRefused("Slack refused.", slack_error="missing_scope")
        return _page(self.kinds[kind], cursor)

    async def messages(
        self, conversation_id: str, oldest: str, cursor: str | None
    ) -> Page[Message]:
        self._called()
        written = self.written[conversation_id]
        shown = [
            {**message, **_thread_of(message, written)}
            for message in written
            if message.get("thread_ts") in {None, message["ts"]}
            or message.get("subtype") == "thread_broadcast"
        ]
        return _page([m for m in reversed(shown) if float(m["ts"]) > float(oldest)], cursor)

    async def replies(
        self, conversation_id: str, thread_ts: str, oldest: str, cursor: str | None
    ) -> Page[Message]:
        self._called()
        self.threads_read.append(thread_ts)
        thread = [
            message
            for message in self.written[conversation_id]
            if message["ts"] == thread_ts
            or (message.get("thread_ts") == thread_ts and float(message["ts"]) > float(oldest))
        ]
        return _page(thread, cursor)

    def _called(self) -> None:
        self.calls += 1
        if self.failures:
            raise self.failures.pop(0)


def _page(items: Sequence[ItemT], cursor: str | None) -> Page[ItemT]:
    start = int(cursor or 0)
    more = start + 1 < len(items)
    return Page(tuple(items[start : start + 1]), str(start + 1) if more else None)


def _thread_of(message: dict[str, Any], written: list[dict[str, Any]]) -> dict[str, Any]:
    """What Slack adds to the first message of a thread."""
    replies = [m for m in written if m.get("thread_ts") == message["ts"] and m is not message]
    if not replies:
        return {}
    users = sorted({reply["user"] for reply in replies})
    return {
        "thread_ts": message["ts"],
        "latest_reply": replies[-1]["ts"],
        "reply_users": users[:5],
        "reply_users_count": len(users),
    }
