"""reactions.add, get, remove."""

import re

from simulators.slack.errors import Refusal
from simulators.slack.state.model import JSON, Message
from simulators.slack.state.timestamps import is_ts
from simulators.slack.web_api.methods.registry import FLAG, NEEDED, Call, method
from simulators.slack.web_api.rate_limits import Tier

_NAME = re.compile(r"[\w+'-]+")
_MESSAGE = {"channel": NEEDED, "timestamp": NEEDED}


def _message(call: Call) -> Message:
    """The message. Raises ``Refusal``."""
    channel = call.visible_channel(call.get("channel"))
    ts = call.get("timestamp")
    if not is_ts(ts):
        raise Refusal("bad_timestamp")
    message = call.workspace.message(channel.id, ts)
    if message is None:
        raise Refusal("message_not_found")
    return message


def _name(call: Call) -> str:
    """The emoji's name. Raises ``Refusal``."""
    name: str = call.get("name")
    if _NAME.fullmatch(name) is None:
        raise Refusal("invalid_name")
    return name


@method("reactions.add", Tier.THREE, "reactions:write", arguments={**_MESSAGE, "name": NEEDED})
def add(call: Call) -> JSON:
    """The app's reaction to a message."""
    workspace, name, message = call.workspace, _name(call), _message(call)
    if workspace.bot.id in message.reactions.get(name, ()):
        raise Refusal("already_reacted")
    workspace.react(message, workspace.bot.id, name)
    return {}


@method("reactions.remove", Tier.TWO, "reactions:write", arguments={**_MESSAGE, "name": NEEDED})
def remove(call: Call) -> JSON:
    """Take the app's own reaction back."""
    workspace, name, message = call.workspace, _name(call), _message(call)
    if workspace.bot.id not in message.reactions.get(name, ()):
        raise Refusal("no_reaction")
    workspace.react(message, workspace.bot.id, name)
    return {}


@method("reactions.get", Tier.THREE, "reactions:read", arguments={**_MESSAGE, "full": FLAG})
def get(call: Call) -> JSON:
    """A message with everybody's reactions."""
    message = _message(call)
    shown = call.workspace.present(message)
    return {"type": "message", "channel": message.channel, "message": shown}
