"""What a message of ours shows, as Slack returns it."""

from collections.abc import Mapping
from typing import Any

from processor_service.ports.conversations import Body


def body_shown(message: Mapping[str, Any]) -> Body:
    """The content of a message as Slack returns it."""
    blocks = message.get("blocks")
    shown = [each for each in blocks if isinstance(each, dict)] if isinstance(blocks, list) else ()
    return Body(str(message.get("text") or ""), tuple(shown))
