"""What the chat page is sent: the workspace as one person sees it, and every change of it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from simulators.faults import FaultPlan
from simulators.journal import Entry, Journal
from simulators.page.render import render_message, render_view
from simulators.slack.config import SlackConfig
from simulators.slack.content.views import Views
from simulators.slack.events.socket_mode import SocketMode
from simulators.slack.state.changes import (
    Change,
    ChannelChanged,
    Deleted,
    Edited,
    EphemeralDeleted,
    EphemeralPosted,
    HomePublished,
    ModalShown,
    Notice,
    Posted,
    PromptsSuggested,
    Refreshed,
    SessionChanged,
    StatusChanged,
    StreamStopped,
)
from simulators.slack.state.model import JSON, Channel, File, Message, Status, User, View
from simulators.slack.state.sessions import Session
from simulators.slack.state.workspace import Workspace

JOURNAL_ENTRIES = 2_000
MESSAGES = 500


@dataclass(frozen=True)
class PageSource:
    """The parts of the simulator that the page shows."""

    config: SlackConfig
    workspace: Workspace
    views: Views
    sockets: SocketMode
    journal: Journal
    faults: FaultPlan


class PageFrames:
    """Builds frames; ``html`` in them is safe to insert."""

    def __init__(self, source: PageSource) -> None:
        self._source = source
        self._workspace = source.workspace

    def user(self, user_id: str, /) -> str:
        """A user's display name, for the renderer."""
        user = self._workspace.users.get(user_id)
        return user.display_name if user is not None else user_id

    def channel(self, channel_id: str, /) -> str:
        """A channel's name, for the renderer."""
        channel = self._workspace.channels.get(channel_id)
        return channel.name if channel is not None else channel_id

    def snapshot(self, me: User) -> JSON:
        """Everything, for a page that just opened."""
        workspace, config = self._workspace, self._source.config
        channels = [channel for channel in workspace.channels.values() if me.id in channel.members]
        home = self._source.views.home(me.id)
        return {
            "type": "snapshot",
            "me": _user(me),
            "users": [_user(user) for user in workspace.users.values()],
            "bot_user_id": workspace.bot.id,
            "channels": [self._channel(channel, me) for channel in channels],
            "commands": [
                {
                    "command": each.command,
                    "description": each.description,
                    "usage_hint": each.usage_hint,
                }
                for each in config.commands
            ],
            "shortcuts": [asdict(shortcut) for shortcut in config.shortcuts],
            "messages": {channel.id: self._messages(channel, me) for channel in channels},
            "statuses": [_status(status) for status in workspace.statuses.values()],
            "sessions": [self._session(session) for session in workspace.sessions.all()],
            "journal": [entry(e) for e in self._source.journal.entries()[-JOURNAL_ENTRIES:]],
            "home": self._view(home) if home is not None else None,
            "prompts": workspace.suggested_prompts.get(workspace.im(me.id).id),
            "bot": {"sockets": len(self._source.sockets.sockets)},
        }

    def _messages(self, channel: Channel, me: User) -> list[JSON]:
        shared = self._workspace.log(channel.id).all()[-MESSAGES:]
        own = [
            message
            for message in self._workspace.ephemerals.values()
            if message.channel == channel.id and message.ephemeral_for == me.id
        ]
        return [self._message(message, me) for message in (*shared, *own)]

    def bot(self) -> JSON:
        """Whether the app is there."""
        return {"type": "bot", "sockets": len(self._source.sockets.sockets)}

    def change(self, change: Change, me: User) -> JSON | None:
        """The frame of a change, or None if this user sees nothing of it."""
        match change:
            case Posted(message) | Edited(message) | Refreshed(message) | StreamStopped(message):
                return self._shared(
                    message.channel,
                    me,
                    lambda: {"type": "message", "message": self._message(message, me)},
                )
            case Deleted(message):
                gone = {"type": "message_deleted", "channel": message.channel, "ts": message.ts}
                return self._shared(message.channel, me, lambda: gone)
            case StatusChanged(status):
                frame = {"type": "status", **_status(status)}
                return self._shared(status.channel, me, lambda: frame)
            case SessionChanged(session):
                frame = {"type": "session", **self._session(session)}
                return self._shared(session.channel, me, lambda: frame)
            case ChannelChanged(channel):
                frame = {"type": "channel", "channel": self._channel(channel, me)}
                return self._shared(channel.id, me, lambda: frame)
        return self._personal(change, me)

    def _shared(self, channel: str, me: User, frame: Any) -> JSON | None:
        if me.id not in self._workspace.channels[channel].members:
            return None
        shown: JSON = frame()
        return shown

    def _personal(self, change: Change, me: User) -> JSON | None:
        frame: JSON | None = None
        match change:
            case EphemeralPosted(message) if message.ephemeral_for == me.id:
                frame = {"type": "ephemeral", "message": self._message(message, me)}
            case EphemeralDeleted(message) if message.ephemeral_for == me.id:
                gone = {"channel": message.channel, "ts": message.ts}
                frame = {"type": "ephemeral_deleted", **gone}
            case ModalShown(user, view) if user == me.id:
                frame = {"type": "modal", "view": self._view(view) if view is not None else None}
            case HomePublished(view) if view.user == me.id:
                frame = {"type": "home", "view": self._view(view)}
            case PromptsSuggested(channel, suggested) if channel.user == me.id:
                frame = {"type": "prompts", "suggested": suggested}
            case Notice(user, text) if user == me.id:
                frame = {"type": "notice", "text": text}
        return frame

    def _session(self, session: Session) -> JSON:
        """Slack offers its Stop only if the app listens for it (docs.slack.dev)."""
        return {
            "channel": session.channel,
            "thread_ts": session.thread_ts,
            "status": session.status,
            "title": session.title,
            "stoppable": "agent_session_stopped" in self._source.config.subscriptions,
        }

    def _channel(self, channel: Channel, me: User) -> JSON:
        shown: JSON = {
            "id": channel.id,
            "name": channel.name,
            "kind": channel.kind,
            "topic": channel.topic if me.locale.startswith("ja") else channel.topic_in_english,
            "bot_is_member": self._workspace.bot.id in channel.members,
        }
        if channel.kind == "mpim":
            people = channel.members - {me.id, self._workspace.bot.id}
            return shown | {"people": sorted(people)}
        return shown | ({"user": self._workspace.bot.id} if channel.kind == "im" else {})

    def _message(self, message: Message, me: User) -> JSON:
        message = self._as_seen_by(me, message)
        shown = self._workspace.present(message, rich=False)
        return {
            "channel": message.channel,
            "ts": message.ts,
            "thread_ts": message.thread_ts,
            "broadcast": message.broadcast,
            "user": message.user,
            "is_bot": message.bot_id is not None,
            "text": message.text,
            "html": render_message(shown, self),
            "files": [_file(file) for file in message.files],
            "edited": message.edited is not None,
            "ephemeral": message.ephemeral_for is not None,
            "streaming": message.streaming,
            "reactions": [
                {"name": name, "count": len(users), "me": me.id in users}
                for name, users in message.reactions.items()
            ],
            "reply_count": shown.get("reply_count", 0),
            "metadata": message.metadata,
        }

    def _as_seen_by(self, me: User, message: Message) -> Message:
        """The message, or the first piece of a stream that grows for somebody else alone."""
        stream = message.stream
        if stream is None or stream.begun is None or not message.streaming:
            return message
        is_direct = self._workspace.channels[message.channel].kind == "im"
        if self._source.config.streams_grow_for == "everybody" or is_direct:
            return message
        if stream.recipient == me.id:
            return message
        return replace(message, text=stream.begun.markdown, stream=stream.begun)

    def _view(self, view: View) -> JSON:
        payload = view.payload
        return {
            "id": view.id,
            "type": view.kind,
            "title": _text(payload.get("title")),
            "submit": _text(payload.get("submit")),
            "close": _text(payload.get("close")),
            "html": render_view(payload, self),
            "errors": view.errors,
        }


def entry(recorded: Entry) -> JSON:
    """A journal entry with its keys, by which the page joins messages to journeys."""
    return {**recorded.as_json(), "keys": list(recorded.keys)}


def _text(value: Mapping[str, Any] | None) -> str:
    return str(value["text"]) if value else ""


def _user(user: User) -> JSON:
    return {
        "id": user.id,
        "name": user.name,
        "display_name": user.display_name,
        "is_bot": user.is_bot,
        "locale": user.locale,
        "color": user.color,
    }


def _status(status: Status) -> JSON:
    return {
        "channel": status.channel,
        "thread_ts": status.thread_ts,
        "status": status.text,
        "loading_messages": status.loading_messages,
    }


def _file(file: File) -> JSON:
    return {
        "id": file.id,
        "name": file.name,
        "mimetype": file.mimetype,
        "size": len(file.content),
        "url": f"/page/files/{file.id}",
        "is_image": file.mimetype.startswith("image/"),
    }
