"""reactions.add, reactions.remove."""

import re

from simulators.slack.errors import Refusal
from simulators.slack.methods.registry import NEEDED, TEXT, Call, method
from simulators.slack.model import JSON, Message
from simulators.slack.rate_limits import Tier
from simulators.slack.timestamps import is_ts

_NAME = re.compile(r"[a-z0-9_+'-]+(::skin-tone-[2-6])?")


def _target(call: Call) -> tuple[Message, str]:
    if not call.get("channel") or not call.get("timestamp"):
        raise Refusal("no_item_specified")
    name = call.get("name").strip(":")
    if not _NAME.fullmatch(name):
        raise Refusal("invalid_name")
    channel = call.own_channel(call.get("channel"))
    if not is_ts(call.get("timestamp")):
        raise Refusal("bad_timestamp")
    message = call.workspace.message(channel.id, call.get("timestamp"))
    if message is None:
        raise Refusal("message_not_found")
    return message, name


@method(
    "reactions.add",
    Tier.THREE,
    "reactions:write",
    arguments={"channel": TEXT, "timestamp": TEXT, "name": NEEDED},
)
def add(call: Call) -> JSON:
    """React to a message."""
    message, name = _target(call)
    if not call.workspace.react(message, call.workspace.bot.id, name, add=True):
        raise Refusal("already_reacted")
    return {}


@method(
    "reactions.remove",
    Tier.TWO,
    "reactions:write",
    arguments={
        "channel": TEXT,
        "timestamp": TEXT,
        "name": NEEDED,
        "file": TEXT,
        "file_comment": TEXT,
    },
)
def remove(call: Call) -> JSON:
    """Take a reaction back."""
    message, name = _target(call)
    if not call.workspace.react(message, call.workspace.bot.id, name, add=False):
        raise Refusal("no_reaction")
    return {}
