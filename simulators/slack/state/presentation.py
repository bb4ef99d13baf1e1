"""Messages, users, channels and files in the form Slack's API and events show them."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Protocol

from simulators.slack.state.message_log import MessageLog
from simulators.slack.state.model import JSON, Channel, File, Message, User
from simulators.slack.state.streaming import stream_blocks
from simulators.slack.state.texts import rich_text, stored
from simulators.slack.state.translation import translated


class Surroundings(Protocol):
    """What of the workspace is looked at to show a part of it."""

    team_id: str
    app_id: str
    bot_id: str
    bot: User
    files_url: str

    @property
    def channels(self) -> Mapping[str, Channel]:
        """Every channel by its id."""
        ...

    def humans(self) -> list[User]:
        """The human users."""
        ...

    def log(self, channel: str) -> MessageLog:
        """The messages of a channel."""
        ...

    def message(self, channel: str, ts: str) -> Message | None:
        """A message everybody in the channel sees."""
        ...


def present_message(
    workspace: Surroundings, message: Message, *, all_metadata: bool = True, rich: bool = True
) -> JSON:
    """A message; without ``all_metadata`` only the metadata's event type is told.

    ``rich``: as Slack keeps it, with rich text for what people write, what it makes of Markdown,
    and an app's text escaped. Else as its author wrote it.
    """
    text = stored(message.text) if rich and message.bot_id else message.text
    shown: JSON = {"type": "message", "user": message.user, "ts": message.ts, "text": text}
    shown["team"] = workspace.team_id
    if message.subtype:
        shown["subtype"] = message.subtype
    if message.subtype == "tombstone":
        shown["hidden"] = True
    if message.client_msg_id:
        shown["client_msg_id"] = message.client_msg_id
    if message.bot_id:
        shown |= _bot_fields(workspace, message)
    if blocks := _blocks(message, rich=rich):
        shown["blocks"] = blocks
    for name in ("attachments", "edited"):
        if value := getattr(message, name):
            shown[name] = value
    shown |= _files_and_reactions(workspace, message)
    if message.metadata:
        names = message.metadata if all_metadata else {"event_type"}
        shown["metadata"] = {k: v for k, v in message.metadata.items() if k in names}
    if message.streaming:
        shown["streaming_state"] = "in_progress"
    return shown | _thread_fields(workspace, message)


def _blocks(message: Message, *, rich: bool) -> list[JSON]:
    blocks = stream_blocks(message) if message.stream else message.blocks
    if not rich:
        return blocks
    if not blocks and not message.bot_id and message.text:
        return rich_text(message.text, f"rt{message.ts[-4:]}")
    return list(_kept(blocks, message.ts[-4:]))


def _kept(blocks: Sequence[JSON], suffix: str) -> Iterator[JSON]:
    """The blocks with what Slack makes of the Markdown among them, under ids of its own."""
    for number, block in enumerate(blocks):
        if block["type"] != "markdown":
            yield block
            continue
        for place, made in enumerate(translated(block["text"])):
            yield {**made, "block_id": f"md{suffix}-{number}-{place}"}


def _files_and_reactions(workspace: Surroundings, message: Message) -> JSON:
    shown: JSON = {}
    if message.files:
        shared = workspace.channels[message.channel].is_ext_shared
        show = _present_elsewhere if shared else present_file
        shown["files"] = [show(workspace, file) for file in message.files]
        shown["upload"] = False
    if message.reactions:
        shown["reactions"] = [
            {"name": name, "users": list(users), "count": len(users)}
            for name, users in message.reactions.items()
        ]
    return shown


def _bot_fields(workspace: Surroundings, message: Message) -> JSON:
    profile = {
        "id": workspace.bot_id,
        "app_id": workspace.app_id,
        "user_id": workspace.bot.id,
        "name": workspace.bot.display_name,
        "deleted": False,
        "updated": 1_700_000_000,
        "team_id": workspace.team_id,
    }
    fields: JSON = {
        "bot_id": message.bot_id,
        "app_id": workspace.app_id,
        "bot_profile": profile,
    }
    if message.username:
        fields["username"] = message.username
    if message.icons:
        fields["icons"] = message.icons
    return fields


def _thread_fields(workspace: Surroundings, message: Message) -> JSON:
    if message.is_reply:
        parent = workspace.message(message.channel, str(message.thread_ts))
        fields: JSON = {"thread_ts": message.thread_ts}
        if parent is not None:
            fields["parent_user_id"] = parent.user
        return fields
    replies = workspace.log(message.channel).replies(message.ts)
    if not replies:
        return {}
    users = list(dict.fromkeys(reply.user for reply in replies))
    return {
        "thread_ts": message.ts,
        "reply_count": len(replies),
        "reply_users_count": len(users),
        "latest_reply": replies[-1].ts,
        "reply_users": users[:5],
        "is_locked": False,
        "subscribed": False,
    }


def present_user(workspace: Surroundings, user: User, *, locale: bool = False) -> JSON:
    """A user as ``users.info`` shows it."""
    shown: JSON = {
        "id": user.id,
        "team_id": workspace.team_id,
        "name": user.name,
        "deleted": False,
        "color": user.color,
        "real_name": user.display_name,
        "tz": user.tz,
        "tz_label": user.tz,
        "tz_offset": user.tz_offset,
        "profile": {
            "real_name": user.display_name,
            "real_name_normalized": user.display_name,
            "display_name": user.display_name,
            "display_name_normalized": user.display_name,
            "team": workspace.team_id,
            "avatar_hash": "",
            "status_text": "",
            "status_emoji": "",
        },
        "is_admin": False,
        "is_owner": False,
        "is_primary_owner": False,
        "is_restricted": user.is_guest,
        "is_ultra_restricted": False,
        "is_bot": user.is_bot,
        "is_app_user": False,
        "updated": 1_700_000_000,
    }
    if user.is_bot:
        shown["profile"] |= {"api_app_id": workspace.app_id, "bot_id": workspace.bot_id}
    if locale:
        shown["locale"] = user.locale
    return shown


def present_channel(workspace: Surroundings, channel: Channel) -> JSON:
    """A conversation as ``conversations.info`` shows it."""
    shared = {
        "is_shared": channel.is_ext_shared,
        "is_ext_shared": channel.is_ext_shared,
        "is_pending_ext_shared": channel.is_pending_ext_shared,
    }
    if channel.kind == "im":
        return {
            "id": channel.id,
            "created": channel.created,
            "is_im": True,
            "is_org_shared": False,
            "user": channel.user,
            "is_user_deleted": False,
            "is_archived": channel.is_archived,
            "is_open": True,
            "priority": 0,
            "context_team_id": workspace.team_id,
            **shared,
        }
    return {
        "id": channel.id,
        "name": channel.name,
        "name_normalized": channel.name,
        "is_channel": channel.kind == "channel",
        "is_group": channel.kind == "mpim",
        "is_im": False,
        "is_mpim": channel.kind == "mpim",
        "is_private": channel.kind != "channel",
        "is_archived": channel.is_archived,
        "is_general": channel.name == "general",
        "is_member": workspace.bot.id in channel.members,
        "is_org_shared": False,
        "created": channel.created,
        "creator": workspace.humans()[0].id if workspace.humans() else workspace.bot.id,
        "topic": {"value": channel.topic, "creator": "", "last_set": 0},
        "purpose": {"value": "", "creator": "", "last_set": 0},
        "num_members": len(channel.members),
        "context_team_id": workspace.team_id,
        **shared,
    }


def _present_elsewhere(workspace: Surroundings, file: File) -> JSON:
    """A file in a Slack Connect channel, where messages do not tell what it is."""
    if file.mode != "hosted":
        return present_file(workspace, file)
    nothing = {"created": 0, "timestamp": 0, "user": ""}
    return {"id": file.id, "mode": "file_access", "file_access": "check_file_info", **nothing}


def present_file(workspace: Surroundings, file: File) -> JSON:
    """A file as messages and ``files.info`` show it."""
    if file.mode == "tombstone":
        return {"id": file.id, "mode": "tombstone"}
    if file.mode == "hidden_by_limit":
        hidden = {"id": file.id, "created": file.created, "user": file.user, "name": file.name}
        return {**hidden, "mode": "hidden_by_limit"}
    base = workspace.files_url
    path = f"{workspace.team_id}-{file.id}"
    name = re.sub(r"[^a-z0-9._-]", "_", file.name.lower())
    return {
        "id": file.id,
        "created": file.created,
        "timestamp": file.created,
        "name": file.name,
        "title": file.title or file.name,
        "mimetype": file.mimetype,
        "filetype": _file_type(file),
        "pretty_type": file.mimetype,
        "user": file.user,
        "user_team": workspace.team_id,
        "editable": False,
        "size": len(file.content),
        "mode": "hosted",
        "is_external": False,
        "external_type": "",
        "is_public": False,
        "public_url_shared": False,
        "display_as_bot": False,
        "username": "",
        "url_private": f"{base}/files-pri/{path}/{name}",
        "url_private_download": f"{base}/files-pri/{path}/download/{name}",
        "permalink": f"{base}/files/{file.user}/{file.id}/{name}",
        "channels": sorted(id_ for id_ in file.channels if id_.startswith("C")),
        "groups": [],
        "ims": sorted(id_ for id_ in file.channels if id_.startswith("D")),
        **({"alt_txt": file.alt_txt} if file.alt_txt else {}),
        **({"subtype": file.subtype} if file.subtype else {}),
    }


def _file_type(file: File) -> str:
    if file.mimetype == "application/vnd.slack-docs":
        return "quip"
    return file.name.rsplit(".", 1)[-1].lower() if "." in file.name else "binary"
