"""How a method is declared, and what a call of it can reach."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from simulators.slack.content.arguments import Arg
from simulators.slack.content.views import Views
from simulators.slack.errors import Refusal
from simulators.slack.state.model import JSON, Channel
from simulators.slack.state.timestamps import is_ts
from simulators.slack.state.workspace import Workspace
from simulators.slack.web_api.rate_limits import Tier

TokenKind = Literal["bot", "app"]


@dataclass(frozen=True)
class Call:
    """One call: its arguments, checked for presence and type, and what it may work on."""

    workspace: Workspace
    views: Views
    arguments: Mapping[str, Any]
    base_url: str
    open_socket_url: Callable[[], str]

    def get(self, name: str, default: Any = None) -> Any:
        """An argument, or ``default`` if it was left out."""
        return self.arguments.get(name, default)

    def visible_channel(self, value: str) -> Channel:
        """A channel the app may know of, by id or a public one by name. Raises ``Refusal``."""
        workspace = self.workspace
        channel = workspace.channels.get(value)
        if channel is None and value in workspace.users and not workspace.users[value].is_bot:
            return workspace.im(value)
        if channel is None:
            name = value.removeprefix("#")
            named = (c for c in workspace.channels.values() if c.kind == "channel")
            channel = next((c for c in named if c.name == name), None)
        hidden = channel is not None and channel.kind != "channel"
        if channel is None or (hidden and workspace.bot.id not in channel.members):
            raise Refusal("channel_not_found")
        return channel

    def own_channel(self, value: str) -> Channel:
        """A channel the app is in. Raises ``Refusal``."""
        channel = self.visible_channel(value)
        if self.workspace.bot.id not in channel.members:
            raise Refusal("not_in_channel")
        return channel

    def writable_channel(self, value: str) -> Channel:
        """A channel the app may post to. Raises ``Refusal``."""
        channel = self.own_channel(value)
        if channel.is_archived:
            raise Refusal("is_archived")
        return channel

    def thread(self, channel: Channel, thread_ts: str | None) -> str | None:
        """The thread to post into. A parent that is gone un-threads the reply without an error.

        That silence is Slack's (slack-go#1571); only a malformed timestamp is refused.
        """
        if thread_ts is None:
            return None
        if not is_ts(thread_ts):
            raise Refusal("invalid_thread_ts", f"[ERROR] {thread_ts} is not a valid thread_ts")
        parent = self.workspace.message(channel.id, thread_ts)
        if parent is None:
            return None
        if parent.is_reply:
            raise Refusal("cannot_reply_to_message")
        return thread_ts

    def new_id(self) -> str:
        """An id for a block or an element the app left nameless."""
        return self.workspace.ids.new("", 5)


Handler = Callable[[Call], JSON]


@dataclass(frozen=True)
class Method:
    """A method: its arguments, tier and who may call it. One of ``scopes`` suffices."""

    name: str
    handler: Handler
    tier: Tier
    arguments: Mapping[str, Arg] = field(default_factory=dict)
    scopes: tuple[str, ...] = ()
    caller: TokenKind | None = "bot"


METHODS: dict[str, Method] = {}


def method(
    name: str,
    tier: Tier,
    *scopes: str,
    arguments: Mapping[str, Arg] | None = None,
    caller: TokenKind | None = "bot",
) -> Callable[[Handler], Handler]:
    """Register the decorated function as the Web API method ``name``."""

    def register(handler: Handler) -> Handler:
        METHODS[name] = Method(name, handler, tier, arguments or {}, scopes, caller)
        return handler

    return register


TEXT = Arg()
NEEDED = Arg(required=True)
FLAG = Arg("boolean")
COUNT = Arg("integer")
