"""What the app is told of: changes in the workspace as events, for what it subscribed to.

Shapes: docs.slack.dev/reference/events.
"""

import base64

from simulators.journal import act_key
from simulators.slack.content.views import Views, present_view
from simulators.slack.events.delivery import Delivery
from simulators.slack.state.changes import (
    Change,
    ChannelChanged,
    Deleted,
    Edited,
    HomeOpened,
    LookedElsewhere,
    Posted,
    Reacted,
    SessionStopped,
    StreamStopped,
)
from simulators.slack.state.model import DIRECT, JSON, Channel, Message
from simulators.slack.state.texts import mentions
from simulators.slack.state.workspace import Workspace

_MESSAGE_EVENTS = {
    "channel": ("message.channels", "channel", "channels:history"),
    "private": ("message.groups", "group", "groups:history"),
    "im": ("message.im", "im", "im:history"),
    "mpim": ("message.mpim", "mpim", "mpim:history"),
}
# What a mention does not tell: it has no channel_type, and threads tell their parent's user only
# in message events.
_ONLY_IN_MESSAGES = {"parent_user_id", "subtype", "reply_count", "reply_users", "latest_reply"}


class EventSource:
    """Turns changes into events and hands them to ``delivery``."""

    def __init__(self, workspace: Workspace, views: Views, delivery: Delivery) -> None:
        self._workspace = workspace
        self._views = views
        self._delivery = delivery
        workspace.subscribe(self._changed)

    def _changed(self, change: Change) -> None:
        match change:
            case Posted(message):
                self._posted(message)
            case Edited(message, before):
                self._edited(message, before)
            case Deleted(message, before):
                self._message_event(
                    message,
                    {
                        "subtype": "message_deleted",
                        "hidden": True,
                        "deleted_ts": message.ts,
                        "previous_message": before,
                    },
                )
            case Reacted():
                self._reacted(change)
            case ChannelChanged(channel, str(user)):
                self._came_or_went("member_joined_channel", channel, user)
            case ChannelChanged(channel, left=str(user)):
                self._came_or_went("member_left_channel", channel, user)
            case _:
                self._changed_in_the_app(change)

    def _changed_in_the_app(self, change: Change) -> None:
        match change:
            case HomeOpened(user, tab):
                self._home_opened(user, tab)
            case LookedElsewhere(user):
                self._looked_elsewhere(user)
            case StreamStopped(message, user):
                self._stopped((message.channel, message.thread_ts), [message.ts], user)
            case SessionStopped(session, user):
                self._stopped((session.channel, session.thread_ts), [], user)

    def _subscribed(self, name: str) -> bool:
        return name in self._workspace.config.subscriptions

    def _sees(self, channel: Channel) -> bool:
        return self._workspace.bot.id in channel.members

    def _channel(self, message: Message) -> Channel:
        return self._workspace.channels[message.channel]

    def _posted(self, message: Message) -> None:
        shown = self._workspace.present(message)
        self._message_event(message, {**shown, **self._beside(message)})
        if message.user != self._workspace.bot.id and mentions(
            message.text, self._workspace.bot.id
        ):
            self._mention(message, shown)

    def _beside(self, message: Message) -> JSON:
        """Slack tells it with a person's direct message alone, and only in its event."""
        told = self._subscribed("app_context_changed") and not message.bot_id
        if not told or self._channel(message).kind != "im":
            return {}
        return {"app_context": self._context_of(message.user)}

    def _context_of(self, user: str) -> JSON:
        entities = self._workspace.beside.get(user)
        return {"entities": entities} if entities else {}

    def _looked_elsewhere(self, user: str) -> None:
        if not self._subscribed("app_context_changed"):
            return
        event = {
            "type": "app_context_changed",
            "channel": self._workspace.im(user).id,
            "user": user,
            "context": self._context_of(user),
            "event_ts": self._workspace.timestamps.next(),
        }
        self._send(event)

    def _edited(self, message: Message, before: JSON) -> None:
        shown = self._workspace.present(message)
        self._message_event(
            message,
            {
                "subtype": "message_changed",
                "hidden": True,
                "message": shown,
                "previous_message": before,
            },
        )
        # A mention that an edit brings in is told like a written one, with its "edited" mark.
        bot = self._workspace.bot.id
        if (
            message.user != bot
            and mentions(message.text, bot)
            and not mentions(before["text"], bot)
        ):
            self._mention(message, shown)

    def _mention(self, message: Message, shown: JSON) -> None:
        channel = self._channel(message)
        if not self._subscribed("app_mention") or not self._sees(channel):
            return
        in_group = channel.kind == "mpim" and self._workspace.config.mentions_in_group_dms
        if channel.kind in DIRECT and not in_group:
            return
        event = {k: v for k, v in shown.items() if k not in _ONLY_IN_MESSAGES}
        event |= {"type": "app_mention", "channel": channel.id, "event_ts": message.ts}
        self._send(event, (_message_key(message),), message.ts)

    def _message_event(self, message: Message, body: JSON) -> None:
        channel = self._channel(message)
        subscription, channel_type, scope = _MESSAGE_EVENTS[channel.kind]
        if not self._subscribed(subscription) or not self._sees(channel):
            return
        if scope not in self._workspace.config.scopes:
            return
        hidden = body.get("hidden", False)
        ts = self._workspace.timestamps.next() if hidden else message.ts
        event = {
            **body,
            "type": "message",
            "ts": ts,
            "event_ts": ts,
            "channel": channel.id,
            "channel_type": channel_type,
        }
        keys = () if hidden or message.bot_id else (_message_key(message),)
        self._send(event, keys, message.ts)

    def _reacted(self, change: Reacted) -> None:
        name = "reaction_added" if change.added else "reaction_removed"
        message = change.message
        if not self._subscribed(name) or not self._sees(self._channel(message)):
            return
        if "reactions:read" not in self._workspace.config.scopes:
            return
        item = {"type": "message", "channel": message.channel, "ts": message.ts}
        event: JSON = {
            "type": name,
            "user": change.user,
            "reaction": change.name,
            "item": item,
            **({"item_user": message.user} if message.user else {}),
            "event_ts": self._workspace.timestamps.next(),
        }
        self._send(event)

    def _came_or_went(self, event_type: str, channel: Channel, user: str) -> None:
        if not self._subscribed(event_type) or not self._sees(channel):
            return
        event = {
            "type": event_type,
            "user": user,
            "channel": channel.id,
            "channel_type": "G" if channel.kind == "private" else "C",
            "team": self._workspace.team_id,
            "event_ts": self._workspace.timestamps.next(),
        }
        self._send(event)

    def _home_opened(self, user: str, tab: str) -> None:
        if not self._subscribed("app_home_opened"):
            return
        event: JSON = {
            "type": "app_home_opened",
            "user": user,
            "channel": self._workspace.im(user).id,
            "tab": tab,
            "event_ts": self._workspace.timestamps.next(),
        }
        home = self._views.home(user)
        if tab == "home" and home is not None:
            event["view"] = present_view(self._workspace, home)
        self._send(event)

    def _stopped(self, place: tuple[str, str | None], streams: list[str], user: str) -> None:
        if not self._subscribed("agent_session_stopped"):
            return
        event = {
            "type": "agent_session_stopped",
            "channel": place[0],
            "thread_ts": place[1],
            "user": user,
            "streaming_message_ts": streams,
            "event_ts": self._workspace.timestamps.next(),
        }
        self._send(event, (act_key(user, float(str(event["event_ts"]))),))

    def _send(self, event: JSON, keys: tuple[str, ...] = (), message_ts: str | None = None) -> None:
        detail = {"event": event["type"], "channel": event.get("channel"), "ts": message_ts}
        self._delivery.event(self._wrapped(event), keys, detail)

    def _wrapped(self, event: JSON) -> JSON:
        workspace = self._workspace
        channel = workspace.channels.get(event.get("channel", ""))
        shared = channel is not None and channel.is_ext_shared
        context = f"{workspace.team_id}:{event['type']}:{event['event_ts']}"
        return {
            "token": "local",
            "team_id": workspace.team_id,
            "context_team_id": workspace.team_id,
            "context_enterprise_id": None,
            "api_app_id": workspace.app_id,
            "event": event,
            "type": "event_callback",
            "event_id": workspace.ids.new("Ev"),
            "event_time": int(workspace.now()),
            "authorizations": [
                {
                    "enterprise_id": None,
                    "team_id": workspace.team_id,
                    "user_id": workspace.bot.id,
                    "is_bot": True,
                    "is_enterprise_install": False,
                }
            ],
            "is_ext_shared_channel": shared,
            "event_context": "4-" + base64.urlsafe_b64encode(context.encode()).decode(),
        }


def _message_key(message: Message) -> str:
    return f"message:{message.channel}:{message.ts}"
