"""reactions.add."""

import re

from simulators.slack.errors import Refusal
from simulators.slack.state.model import JSON
from simulators.slack.web_api.methods.registry import NEEDED, Call, method
from simulators.slack.web_api.rate_limits import Tier

_NAME = re.compile(r"[a-z0-9_+'-]+")


@method(
    "reactions.add",
    Tier.THREE,
    "reactions:write",
    arguments={"channel": NEEDED, "timestamp": NEEDED, "name": NEEDED},
)
def add(call: Call) -> JSON:
    """The app's reaction to a message."""
    workspace, name = call.workspace, call.get("name")
    channel = call.visible_channel(call.get("channel"))
    message = workspace.message(channel.id, call.get("timestamp"))
    if _NAME.fullmatch(name) is None:
        raise Refusal("invalid_name")
    if message is None:
        raise Refusal("message_not_found")
    if workspace.bot.id in message.reactions.get(name, ()):
        raise Refusal("already_reacted")
    workspace.react(message, workspace.bot.id, name)
    return {}
