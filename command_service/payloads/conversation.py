"""Conversations and their messages as Slack shows them when they are read back."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Generic, Literal, TypeVar

ConversationKind = Literal["im", "public_channel", "private_channel"]
KINDS: tuple[ConversationKind, ...] = ("im", "public_channel", "private_channel")

Message = Mapping[str, Any]
ItemT = TypeVar("ItemT")


@dataclass(frozen=True)
class JoinedConversation:
    """A conversation we are in. ``external``: shared with other organisations."""

    id: str
    kind: ConversationKind
    external: bool = False


@dataclass(frozen=True)
class Page(Generic[ItemT]):
    """A part of a list; without a ``cursor`` it is the last one."""

    items: tuple[ItemT, ...]
    cursor: str | None = None
