"""What the simulated workspace and app look like, and the limits Slack holds them to."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class Person:
    """A human of the workspace. ``name`` is the handle, ``locale`` as in ``users.info``."""

    name: str
    display_name: str
    locale: str
    tz: str
    tz_offset: int
    color: str


@dataclass(frozen=True)
class Command:
    """A slash command of the app, as its manifest declares it."""

    command: str
    description: str
    usage_hint: str = ""
    should_escape: bool = False


@dataclass(frozen=True)
class Shortcut:
    """A message shortcut of the app."""

    callback_id: str
    name: str


PEOPLE = (
    Person("hana", "山田 花", "ja-JP", "Asia/Tokyo", 32400, "b5507a"),
    Person("kenji", "佐藤 健二", "ja-JP", "Asia/Tokyo", 32400, "2f6fab"),
    Person("alice", "Alice Martin", "en-US", "America/New_York", -18000, "4d8a3d"),
    Person("tom", "Tom Becker", "en-GB", "Europe/London", 0, "a2622a"),
)

SHORTCUTS = (
    Shortcut("summarise_thread", "スレッドを要約 / Summarise"),
    Shortcut("translate_message", "翻訳 / Translate"),
    Shortcut("explain_message", "説明 / Explain"),
)

COMMANDS = (
    Command(
        "/gemini",
        "Gemini に質問します",
        "[--private] [code:|data:|creative:|general:] 質問, "
        "catch-up [#channel] [1d|3d|1w], help, doctor",
        should_escape=True,
    ),
)

SUBSCRIPTIONS = frozenset(
    {
        "agent_session_stopped",
        "app_context_changed",
        "app_home_opened",
        "app_mention",
        "message.channels",
        "message.groups",
        "message.im",
        "message.mpim",
        "reaction_added",
    }
)

SCOPES = frozenset(
    {
        "app_mentions:read",
        "assistant:write",
        "channels:history",
        "channels:read",
        "chat:write",
        "commands",
        "files:read",
        "files:write",
        "groups:history",
        "groups:read",
        "im:history",
        "im:read",
        "im:write",
        "mpim:history",
        "mpim:read",
        "reactions:read",
        "reactions:write",
        "users:read",
    }
)


@dataclass(frozen=True)
class SlackConfig:
    """One simulated workspace with one installed app.

    Limits that Slack documents keep their documented value; shorten them only in tests. Slack
    documents no redelivery schedule for Socket Mode: ``redelivery_delays_s`` is the one of the HTTP
    Events API (nearly at once, one minute, five minutes; docs.slack.dev/apis/events-api).
    """

    bot_token: str = "xoxb-local"  # noqa: S105 - no secret, it opens nothing but this simulator
    app_token: str = "xapp-local"  # noqa: S105 - as above
    signing_secret: str = "local-signing-secret"  # noqa: S105 - as above
    events_url: str | None = None
    """Where the app takes events over HTTP; None means Socket Mode."""
    bot_name: str = "mechachang"
    bot_display_name: str = "Mechachang"
    team_domain: str = "mechachang-local"
    people: tuple[Person, ...] = PEOPLE
    commands: tuple[Command, ...] = COMMANDS
    shortcuts: tuple[Shortcut, ...] = SHORTCUTS
    subscriptions: frozenset[str] = SUBSCRIPTIONS
    scopes: frozenset[str] = SCOPES

    ack_timeout_s: float = 3.0
    redelivery_delays_s: tuple[float, ...] = (1.0, 60.0, 300.0)
    max_sockets: int = 10
    disconnect_after_s: float = 10.0
    """How long a socket stays open once it was told to disconnect (docs.slack.dev: about 10 s)."""
    server_ping_s: float = 5.0
    ticket_lifetime_s: float = 60.0

    rate_limits: bool = True
    rate_limit_factor: float = 1.0
    """Multiplies every rate limit; for load tests that want the shape but not the height."""
    post_burst: int = 5
    """Messages to one channel before one a second holds; Slack says only "short bursts"."""
    workspace_posts_per_minute: int = 300

    stream_lifetime_s: float = 300.0
    stream_max_bytes: int = 11_000
    """UTF-8 bytes one streamed message holds in all: undocumented, measured at 10,600-11,300."""
    streams_grow_for: Literal["everybody", "recipient"] = "everybody"
    """For whom a stream in a channel grows; else its first piece stands there until its end. Slack
    documents nothing; agentconnect#1494 and #1570 report the latter.
    """
    longest_page: int = 1000
    """The most messages that a page of a history or a thread has, whatever is asked for."""
    status_lifetime_s: float = 120.0
    mentions_in_group_dms: bool = True
    """Whether a mention in a group direct message is told by ``app_mention``, too: apps report both
    (openclaw#115463 that it is, cli-jaw#651 that it is not).
    """
    agent_app: bool = True
    """Whether the manifest declares an agent (``agent_view``): only such an app has sessions."""
    task_cards: bool = True
    """Whether streams know ``task_update`` and ``plan_update``: older servers refuse them."""
    session_lifetime_s: float = 3600.0
    """A session that is processing ends by itself after about an hour."""
    response_url_uses: int = 5
    response_url_lifetime_s: float = 1800.0
    trigger_lifetime_s: float = 3.0
    files_shared_after_s: float = 0.0
    """How long after its last call an uploaded file is shared: with Slack moments, or never."""
    files_redirect: bool = False
    """Downloads answer with a redirect to another host, as on Enterprise Grid."""

    strict_arguments: bool = True
    """Refuse argument names no method knows. Slack ignores them; a typo is better found here."""
    clock: Callable[[], float] = time.time
    seed: int = 0
