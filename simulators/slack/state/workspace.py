"""People, channels, messages, statuses; every change is told to listeners at once."""

from collections.abc import Callable
from typing import Any

from simulators.slack.config import SlackConfig
from simulators.slack.state.changes import (
    Change,
    ChannelChanged,
    Deleted,
    Edited,
    EphemeralDeleted,
    EphemeralPosted,
    Posted,
    Reacted,
    Refreshed,
    SessionChanged,
    StatusChanged,
)
from simulators.slack.state.message_log import MessageLog
from simulators.slack.state.model import JSON, Channel, ChannelKind, File, Message, Status, User
from simulators.slack.state.presentation import present_message
from simulators.slack.state.seed import Seed
from simulators.slack.state.sessions import Sessions
from simulators.slack.state.timestamps import Ids, Timestamps


class Workspace:
    """State and its changes, without any network. Whoever changes it has checked that it may."""

    def __init__(self, config: SlackConfig) -> None:
        self.config = config
        self.ids = Ids(config.seed)
        self.timestamps = Timestamps(config.clock)
        seed = Seed(config)
        self.team_id, self.app_id, self.bot_id = seed.team_id, seed.app_id, seed.bot_id
        self.bot = seed.bot
        self.users: dict[str, User] = {user.id: user for user in (*seed.humans, seed.bot)}
        self.channels: dict[str, Channel] = {channel.id: channel for channel in seed.channels()}
        self.groups: dict[str, str] = {}  # user groups: their handles by id
        self.files: dict[str, File] = {}
        self.uploads: dict[str, File] = {}
        self.ephemerals: dict[str, Message] = {}
        self.statuses: dict[tuple[str, str], Status] = {}
        self.sessions = Sessions(
            config.clock,
            config.session_lifetime_s,
            lambda session: self.tell(SessionChanged(session)),
        )
        self.suggested_prompts: dict[str, JSON] = {}
        self.beside: dict[str, list[JSON]] = {}  # what each person has open beside the agent view
        self.files_url = ""  # where files are served from, known once the server listens
        self._logs: dict[str, MessageLog] = {}
        self._streams: list[Message] = []
        self._listeners: list[Callable[[Change], None]] = []

    def subscribe(self, listener: Callable[[Change], None]) -> Callable[[], None]:
        """Call ``listener`` for every change; the returned function ends it."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def tell(self, change: Change) -> None:
        """Tell every listener, in order."""
        for listener in list(self._listeners):
            listener(change)

    def now(self) -> float:
        """Unix seconds of the workspace's clock."""
        return self.config.clock()

    def humans(self) -> list[User]:
        """The human users."""
        return [user for user in self.users.values() if not user.is_bot]

    def log(self, channel: str) -> MessageLog:
        """The messages of a channel."""
        return self._logs.setdefault(channel, MessageLog())

    def can_see(self, user: str, file: File) -> bool:
        """Whether a user owns a file or is where it was shared."""
        shared = (self.channels[channel] for channel in file.channels)
        return file.user == user or any(user in channel.members for channel in shared)

    def message(self, channel: str, ts: str) -> Message | None:
        """A message everybody in the channel sees."""
        return self.log(channel).get(ts)

    def im(self, user: str) -> Channel:
        """The direct message of a human with the bot, made if need be."""
        for channel in self.channels.values():
            if channel.kind == "im" and channel.user == user:
                return channel
        return self.add_channel("directmessage", "im", {user, self.bot.id}, user=user)

    def group(self, humans: set[str]) -> Channel:
        """The group direct message of some humans with the bot, made if need be."""
        members = humans | {self.bot.id}
        for channel in self.channels.values():
            if channel.kind == "mpim" and channel.members == members:
                return channel
        names = sorted(self.users[member].name for member in members)
        return self.add_channel(f"mpdm-{'--'.join(names)}-1", "mpim", members)

    def add_channel(
        self, name: str, kind: ChannelKind, members: set[str], *, user: str | None = None
    ) -> Channel:
        """Make a channel."""
        # A new group direct message has an id like a channel's (openclaw#115463).
        prefix = "D" if kind == "im" else "C"
        channel = Channel(self.ids.new(prefix), name, kind, "", members, user)
        channel.created = int(self.now())
        self.channels[channel.id] = channel
        self.tell(ChannelChanged(channel))
        return channel

    def join(self, channel: Channel, user: str) -> None:
        """Make a user a member of a channel."""
        channel.members.add(user)
        self.tell(ChannelChanged(channel, joined=user))

    def leave(self, channel: Channel, user: str) -> None:
        """Make a user no member of a channel any more."""
        channel.members.discard(user)
        self.tell(ChannelChanged(channel, left=user))

    def present(self, message: Message, **options: Any) -> JSON:
        """A message in Slack's form; see ``present_message``."""
        return present_message(self, message, **options)

    def post(self, message: Message) -> Message:
        """Add a message with a fresh timestamp to its channel, or show it to one user only."""
        if message.ephemeral_for is not None:
            self.ephemerals[message.ts] = message
            self.tell(EphemeralPosted(message))
            return message
        log = self.log(message.channel)
        log.add(message)
        if message.stream is not None:
            self._streams.append(message)
        for file in message.files:
            file.channels.add(message.channel)
        if message.is_reply and (parent := log.get(str(message.thread_ts))) is not None:
            self.tell(Refreshed(parent))
        if message.user == self.bot.id and message.thread_ts is not None:
            self.clear_status(message.channel, message.thread_ts)
        self.tell(Posted(message))
        return message

    def edit(self, message: Message, change: Callable[[Message], None]) -> None:
        """Change a message, whoever sees it."""
        # As it was written: to see what Slack makes of Markdown takes a reading of it all.
        before = self.present(message, rich=False)
        change(message)
        if message.ephemeral_for is not None:
            self.tell(EphemeralPosted(message))
        else:
            self.tell(Edited(message, before))

    def delete(self, message: Message) -> None:
        """Remove a message, whoever sees it; one with replies leaves a tombstone."""
        if message.ephemeral_for is not None:
            self.ephemerals.pop(message.ts, None)
            self.tell(EphemeralDeleted(message))
            return
        before, log = self.present(message, rich=False), self.log(message.channel)
        if log.replies(message.ts):
            message.bury()
            self.tell(Edited(message, before))
            return
        log.remove(message)
        self._streams = [stream for stream in self._streams if stream is not message]
        self.tell(Deleted(message, before))
        if message.is_reply and (parent := log.get(str(message.thread_ts))) is not None:
            self.tell(Refreshed(parent))

    def react(self, message: Message, user: str, name: str) -> None:
        """Add a reaction, or take it back if it is there."""
        users = message.reactions.setdefault(name, [])
        add = user not in users
        (users.append if add else users.remove)(user)
        if not users:
            del message.reactions[name]
        self.tell(Refreshed(message))
        self.tell(Reacted(message, user, name, add))

    def set_status(self, status: Status) -> None:
        """Show what the app is doing in a thread."""
        self.statuses[status.channel, status.thread_ts] = status
        self.tell(StatusChanged(status))

    def clear_status(self, channel: str, thread_ts: str) -> None:
        """Show nothing any more in a thread; nothing happens if nothing was shown."""
        status = self.statuses.pop((channel, thread_ts), None)
        if status is not None:
            self.tell(StatusChanged(Status(channel, thread_ts, "", [], 0.0)))

    def live_streams(self) -> list[Message]:
        """The messages still being streamed."""
        self._streams = [message for message in self._streams if message.streaming]
        return list(self._streams)

    def expire_statuses(self) -> None:
        """Take back what was shown for longer than Slack lets it stand."""
        now = self.now()
        for status in list(self.statuses.values()):
            if status.expires_at <= now:
                self.clear_status(status.channel, status.thread_ts)
