"""What a workspace consists of."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

JSON = dict[str, Any]
ChannelKind = Literal["channel", "private", "im", "mpim"]
"""``mpim`` is a group direct message."""
DIRECT: frozenset[ChannelKind] = frozenset({"im", "mpim"})
"""The kinds that people do not know by a name."""


@dataclass(frozen=True)
class User:
    """A human or the app's bot user. A guest may read only the channels that they are in."""

    id: str
    name: str
    display_name: str
    locale: str
    tz: str
    tz_offset: int
    color: str
    is_bot: bool = False
    is_guest: bool = False


@dataclass
class Channel:
    """A conversation. ``user`` is the human side of a direct message with the bot.

    Slack knows one topic, ``topic``; the English one is for the page's readers alone.
    """

    id: str
    name: str
    kind: ChannelKind
    topic: str = ""
    members: set[str] = field(default_factory=set)
    user: str | None = None
    is_archived: bool = False
    is_ext_shared: bool = False
    is_pending_ext_shared: bool = False
    created: int = 0
    topic_in_english: str = ""


@dataclass
class File:
    """An uploaded file; it can be seen in the channels it was shared in."""

    id: str
    name: str
    mimetype: str
    user: str
    created: int
    content: bytes = b""
    title: str = ""
    alt_txt: str | None = None
    channels: set[str] = field(default_factory=set)
    complete: bool = False
    expected: int | None = None
    """Bytes announced before the upload."""
    mode: str = "hosted"
    """``tombstone`` once it is deleted, ``hidden_by_limit`` beyond a free plan's history."""
    subtype: str = ""
    """``slack_audio`` for what was recorded in Slack."""


@dataclass
class Stream:
    """What has been streamed into a message; ``mode`` is set by the first content."""

    started_at: float
    state: Literal["live", "finished", "expired", "stopped"] = "live"
    mode: Literal["text", "chunks"] | None = None
    markdown: str = ""
    plan_title: str | None = None
    tasks: dict[str, JSON] = field(default_factory=dict)
    blocks: list[JSON] = field(default_factory=list)
    final_blocks: list[JSON] = field(default_factory=list)
    display_mode: str = "timeline"
    recipient: str | None = None
    begun: "Stream | None" = None
    """How it stood when it began."""


@dataclass
class Message:
    """A message. ``ephemeral_for`` names the one user who sees it; None means everybody.

    ``unfurls`` is whether Slack adds previews of what it links to. Only a post can say no; a stream
    or an edit has no argument for it (docs.slack.dev, unfurling links in messages).
    """

    channel: str
    ts: str
    user: str
    text: str
    thread_ts: str | None = None
    blocks: list[JSON] = field(default_factory=list)
    attachments: list[JSON] = field(default_factory=list)
    metadata: JSON | None = None
    files: list[File] = field(default_factory=list)
    reactions: dict[str, list[str]] = field(default_factory=dict)
    edited: JSON | None = None
    subtype: str | None = None
    bot_id: str | None = None
    client_msg_id: str | None = None
    ephemeral_for: str | None = None
    broadcast: bool = False
    stream: Stream | None = None
    username: str | None = None
    icons: JSON | None = None
    unfurls: bool = True

    @property
    def streaming(self) -> bool:
        """Whether text is still being streamed into it."""
        return self.stream is not None and self.stream.state == "live"

    def bury(self) -> None:
        """What Slack leaves of a deleted message whose thread has replies."""
        self.user, self.text, self.subtype = "USLACKBOT", "This message was deleted.", "tombstone"
        self.blocks, self.attachments, self.files, self.reactions = [], [], [], {}
        self.metadata = self.edited = self.bot_id = self.client_msg_id = self.stream = None

    @property
    def is_reply(self) -> bool:
        """Whether it belongs to another message's thread."""
        return self.thread_ts is not None and self.thread_ts != self.ts


@dataclass
class Status:
    """What the app says it is doing in a thread; an empty text shows nothing."""

    channel: str
    thread_ts: str
    text: str
    loading_messages: list[str]
    expires_at: float


@dataclass
class View:
    """An open modal or a published App Home."""

    id: str
    kind: Literal["modal", "home"]
    user: str
    payload: JSON
    hash: str
    root_id: str
    previous_id: str | None = None
    external_id: str | None = None
    errors: dict[str, str] = field(default_factory=dict)
    values: JSON = field(default_factory=dict)


def find_element(
    blocks: list[JSON], action_id: str, block_id: str | None = None
) -> tuple[JSON, JSON] | None:
    """The block and the interactive element with ``action_id``, or None."""
    for block in blocks:
        if block_id and block.get("block_id") != block_id:
            continue
        for element in elements_of(block):
            if element.get("action_id") == action_id:
                return block, element
    return None


def elements_of(block: Mapping[str, Any]) -> list[JSON]:
    """Every element of a block that can carry an ``action_id``."""
    elements = [*block.get("elements", []), block.get("accessory"), block.get("element")]
    return [element for element in elements if isinstance(element, dict)]
