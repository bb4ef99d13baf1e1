"""A forwarded message as Slack attaches it: documented nowhere, it is what Slack sends.

The attachment carries the message's words twice, its author, channel and time, and its files, which
are shared nowhere new: an app sees them only where they were shared before.
"""

from simulators.slack.state.model import DIRECT, JSON, Channel, Message
from simulators.slack.state.presentation import present_file
from simulators.slack.state.workspace import Workspace


def forwarded(workspace: Workspace, message: Message) -> JSON:
    """The attachment that brings ``message`` along."""
    channel, shown = workspace.channels[message.channel], workspace.present(message)
    author = workspace.users[message.user]
    found: JSON = {
        "id": 1,
        "ts": message.ts,
        "channel_id": channel.id,
        "channel_team": workspace.team_id,
        "is_msg_unfurl": True,
        "is_share": True,
        "author_id": author.id,
        "author_name": message.username or author.display_name,
        "author_subname": message.username or author.display_name,
        "text": message.text,
        "fallback": f"{author.display_name}: {message.text}",
        "from_url": _address(workspace, message),
        "footer": _footer(channel),
        "mrkdwn_in": ["text"],
        "message_blocks": [_original(workspace, message, shown)],
    }
    if message.files:
        found["files"] = [present_file(workspace, file) for file in message.files]
    if message.attachments:
        found["attachments"] = message.attachments
    return found


def _original(workspace: Workspace, message: Message, shown: JSON) -> JSON:
    words = {"blocks": shown.get("blocks", [])}
    where = {"team": workspace.team_id, "channel": message.channel, "ts": message.ts}
    return {**where, "message": words}


def _address(workspace: Workspace, message: Message) -> str:
    base = workspace.files_url
    return f"{base}/archives/{message.channel}/p{message.ts.replace('.', '')}"


def _footer(channel: Channel) -> str:
    return "Direct Message" if channel.kind in DIRECT else f"Posted in #{channel.name}"
