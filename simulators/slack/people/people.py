"""What people do at their Slack clients; for tests and for the chat page."""

import mimetypes
from collections.abc import Iterable, Mapping
from typing import Any

from simulators.slack.content.views import Views
from simulators.slack.errors import Refusal
from simulators.slack.events.delivery import Outcome
from simulators.slack.people.choices import choose, missing_inputs
from simulators.slack.people.forwarding import forwarded
from simulators.slack.people.interactions import Interactions
from simulators.slack.state.changes import (
    HomeOpened,
    LookedElsewhere,
    SessionStopped,
    StreamStopped,
)
from simulators.slack.state.model import DIRECT, Channel, File, Message, User, View, find_element
from simulators.slack.state.sessions import PROCESSING
from simulators.slack.state.streaming import stream_blocks
from simulators.slack.state.texts import as_typed
from simulators.slack.state.workspace import Workspace

_IN_A_GROUP = 8  # with the bot nine members, Slack's most


class People:
    """Every verb takes a user and a channel by id or by name (``"hana"``, ``"#general"``).

    What Slack's client would not let a person do raises ``Refusal``.
    """

    def __init__(self, workspace: Workspace, views: Views, interactions: Interactions) -> None:
        self._workspace = workspace
        self._views = views
        self._interactions = interactions

    def user(self, who: str) -> User:
        """A human by id or name."""
        for user in self._workspace.humans():
            if who in {user.id, user.name}:
                return user
        raise Refusal("user_not_found", who)

    def channel(self, where: str) -> Channel:
        """A channel by id or ``#name``."""
        for channel in self._workspace.channels.values():
            if channel.id == where or (channel.kind not in DIRECT and f"#{channel.name}" == where):
                return channel
        raise Refusal("channel_not_found", where)

    def dm(self, who: str) -> Channel:
        """A human's direct message with the bot."""
        return self._workspace.im(self.user(who).id)

    def group(self, who: str, *others: str) -> Channel:
        """The group direct message of some humans with the bot, which only a new one can hold."""
        humans = {self.user(name).id for name in (who, *others)}
        if len(humans) < 2:
            raise Refusal("not_enough_users")
        if len(humans) > _IN_A_GROUP:
            raise Refusal("too_many_users")
        return self._workspace.group(humans)

    def _place(self, who: str, where: str) -> tuple[User, Channel]:
        user, channel = self.user(who), self.channel(where)
        if user.id not in channel.members:
            raise Refusal("not_in_channel")
        return user, channel

    def _typed(self, text: str, *, labelled: bool = False) -> str:
        users: dict[str, str] = {}
        for user in self._workspace.users.values():
            users |= {user.name: user.id, user.display_name: user.id}
        named = (c for c in self._workspace.channels.values() if c.kind not in DIRECT)
        channels = {channel.name: channel.id for channel in named}
        return as_typed(text, users, channels, labelled=labelled)

    def post(
        self,
        who: str,
        where: str,
        text: str,
        *,
        thread_ts: str | None = None,
        files: Iterable[str] = (),
    ) -> Message:
        """Write a message; ``@name`` and ``#name`` become mentions."""
        message = self._written(who, where, text, thread_ts)
        shared = [self._workspace.files[file_id] for file_id in files]
        if not text.strip() and not shared:
            raise Refusal("no_text")
        message.files = shared
        message.subtype = "file_share" if shared else None
        return self._workspace.post(message)

    def _written(self, who: str, where: str, text: str, thread_ts: str | None) -> Message:
        user, channel = self._place(who, where)
        if channel.is_archived:
            raise Refusal("is_archived")
        if thread_ts is not None:
            parent = self._workspace.message(channel.id, thread_ts)
            if parent is None:
                raise Refusal("thread_not_found")
            thread_ts = parent.thread_ts or parent.ts
        return Message(
            channel.id,
            self._workspace.timestamps.next(),
            user.id,
            self._typed(text),
            thread_ts,
            client_msg_id=self._workspace.ids.uuid(),
        )

    def forward(
        self,
        who: str,
        messages: Iterable[Message],
        where: str,
        text: str = "",
        *,
        thread_ts: str | None = None,
    ) -> Message:
        """Forward messages that the user can see, with a comment or without one."""
        shared = [self.message(who, one.channel, one.ts) for one in messages]
        message = self._written(who, where, text, thread_ts)
        message.attachments = [forwarded(self._workspace, one) for one in shared]
        return self._workspace.post(message)

    def leave(self, who: str, where: str) -> None:
        """Leave a channel. Nobody leaves the general one, nor a direct message."""
        user, channel = self._place(who, where)
        if channel.name == "general":
            raise Refusal("cant_leave_general")
        if channel.kind in DIRECT:
            raise Refusal("method_not_supported_for_channel_type")
        self._workspace.leave(channel, user.id)

    def upload(self, who: str, name: str, content: bytes, mimetype: str | None = None) -> File:
        """Upload a file, to be shared with a post."""
        workspace = self._workspace
        kind = mimetype or mimetypes.guess_type(name)[0] or "application/octet-stream"
        file_id, created = workspace.ids.new("F"), int(workspace.now())
        file = File(file_id, name, kind, self.user(who).id, created, content)
        file.complete = True
        workspace.files[file.id] = file
        return file

    def delete_file(self, who: str, file_id: str) -> None:
        """Delete one's own file; the messages it was shared in keep a tombstone."""
        file = self._workspace.files.get(file_id)
        if file is None or file.user != self.user(who).id:
            raise Refusal("cant_delete_file")
        file.mode, file.content = "tombstone", b""

    def message(self, who: str, where: str, ts: str) -> Message:
        """A message that the user can see."""
        return self._message(who, where, ts)[1]

    def _message(self, who: str, where: str, ts: str) -> tuple[User, Message]:
        user, channel = self._place(who, where)
        ephemeral = self._workspace.ephemerals.get(ts)
        if ephemeral is not None and ephemeral.ephemeral_for == user.id:
            return user, ephemeral
        message = self._workspace.message(channel.id, ts)
        if message is None:
            raise Refusal("message_not_found")
        return user, message

    def edit(self, who: str, where: str, ts: str, text: str) -> None:
        """Change one's own message."""
        user, message = self._message(who, where, ts)
        if message.user != user.id:
            raise Refusal("cant_update_message")

        def change(edited: Message) -> None:
            edited.text = self._typed(text)
            edited.edited = {"user": user.id, "ts": self._workspace.timestamps.next()}

        self._workspace.edit(message, change)

    def delete(self, who: str, where: str, ts: str) -> None:
        """Delete one's own message, or dismiss one that only this user sees."""
        user, message = self._message(who, where, ts)
        if user.id not in {message.user, message.ephemeral_for}:
            raise Refusal("cant_delete_message")
        self._workspace.delete(message)

    def react(self, who: str, where: str, ts: str, name: str) -> None:
        """Add a reaction, or take it back if it is there."""
        user, message = self._message(who, where, ts)
        self._workspace.react(message, user.id, name)

    async def slash(
        self, who: str, where: str, command: str, text: str = "", *, thread_ts: str | None = None
    ) -> Outcome:
        """Run a slash command and wait for the app's ack. Not possible in threads."""
        user, channel = self._place(who, where)
        known = {each.command: each for each in self._workspace.config.commands}
        if command not in known:
            raise Refusal("unknown_command", f"{command} is not a valid command.")
        if thread_ts is not None:
            text_for_people = f"{command} is not supported in threads. Sorry!"
            raise Refusal("not_supported_in_threads", text_for_people)
        sent = self._typed(text, labelled=True) if known[command].should_escape else text
        return await self._interactions.slash(user, channel, command, sent)

    async def click(
        self,
        who: str,
        where: str,
        ts: str,
        action_id: str,
        *,
        block_id: str | None = None,
        **chosen: Any,
    ) -> Outcome:
        """Use a button, select or feedback button of a message."""
        user, message = self._message(who, where, ts)
        blocks = stream_blocks(message) if message.stream else message.blocks
        found = find_element(blocks, action_id, block_id)
        if found is None:
            raise Refusal("no_such_element", action_id)
        block, element = found
        chosen = choose(element, chosen)
        return await self._interactions.click(user, message, block, element, chosen)

    async def click_in_view(
        self, who: str, view_id: str, action_id: str, *, block_id: str | None = None, **chosen: Any
    ) -> Outcome:
        """Use an element of one's open modal or App Home."""
        user, view = self._view(who, view_id)
        found = find_element(view.payload["blocks"], action_id, block_id)
        if found is None:
            raise Refusal("no_such_element", action_id)
        block, element = found
        chosen = choose(element, chosen)
        return await self._interactions.click_in_view(user, view, block, element, chosen)

    def _view(self, who: str, view_id: str) -> tuple[User, View]:
        user, view = self.user(who), self._views.get(view_id)
        if view is None or view.user != user.id:
            raise Refusal("view_not_found")
        return user, view

    async def submit(self, who: str, view_id: str, values: Mapping[str, Any]) -> Outcome | None:
        """Submit one's modal; None if Slack's client holds it back for an empty required input."""
        user, view = self._view(who, view_id)
        if errors := missing_inputs(view, dict(values)):
            self._views.show_errors(view, errors)
            return None
        return await self._interactions.submit(user, view, dict(values))

    async def close(self, who: str, view_id: str) -> None:
        """Close one's modal."""
        user, view = self._view(who, view_id)
        await self._interactions.close(user, view)

    async def shortcut(self, who: str, where: str, ts: str, callback_id: str) -> Outcome:
        """Use a message shortcut."""
        user, message = self._message(who, where, ts)
        if callback_id not in {each.callback_id for each in self._workspace.config.shortcuts}:
            raise Refusal("unknown_shortcut")
        return await self._interactions.shortcut(user, message, callback_id)

    def open_home(self, who: str, tab: str = "home") -> None:
        """Open the app's Home, or with ``messages`` its conversation."""
        self._workspace.tell(HomeOpened(self.user(who).id, tab))

    def look(self, who: str, where: str | None = None, ts: str | None = None) -> None:
        """Open a channel, or a message in it, beside the agent view; without one close it."""
        user, entities = self.user(who), []
        if where is not None:
            _, channel = self._place(who, where)
            team = {"team_id": self._workspace.team_id}
            if ts is not None:
                seen = {"channel_id": channel.id, "message_ts": self.message(who, where, ts).ts}
                entities.append({"type": "slack#/types/message_context", "value": seen, **team})
            entities.append({"type": "slack#/types/channel_id", "value": channel.id, **team})
        self._workspace.beside[user.id] = entities
        self._workspace.tell(LookedElsewhere(user.id))

    def stop(self, who: str, where: str, ts: str) -> None:
        """Press Stop on a message that is being streamed."""
        user, message = self._message(who, where, ts)
        if message.stream is None or message.stream.state != "live":
            raise Refusal("message_not_in_streaming_state")
        message.stream.state = "stopped"
        self._workspace.tell(StreamStopped(message, user.id))

    def stop_session(self, who: str, where: str, thread_ts: str) -> None:
        """Press Stop in a thread where the app is at work; what streams there is ended."""
        user, parent = self._message(who, where, thread_ts)
        workspace = self._workspace
        session = workspace.sessions.of(parent.channel, parent.ts)
        if session is None or session.status != PROCESSING:
            raise Refusal("session_not_processing")
        there = [one for one in workspace.live_streams() if one.thread_ts == parent.ts]
        for message in there:
            self.stop(who, where, message.ts)
        if not there:
            workspace.tell(SessionStopped(session, user.id))
