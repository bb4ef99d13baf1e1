"""Block Kit, as far as our services write it (docs.slack.dev, Block Kit)."""

from typing import Any

Block = dict[str, Any]
"""A block, an element of one, or a text object."""


def mrkdwn(text: str) -> Block:
    """A text with Slack's own layout."""
    return {"type": "mrkdwn", "text": text}


def plain(text: str) -> Block:
    """A text without layout."""
    return {"type": "plain_text", "text": text}


def section(text: str) -> Block:
    """A paragraph."""
    return {"type": "section", "text": mrkdwn(text)}


def preformatted(text: str) -> Block:
    """A text exactly as it is, to be copied; nothing in it is a link or a mention."""
    element = {
        "type": "rich_text_preformatted",
        "elements": [{"type": "text", "text": text}],
    }
    return {"type": "rich_text", "elements": [element]}


def context(*texts: str) -> Block:
    """Small grey texts beside each other."""
    return {"type": "context", "elements": [mrkdwn(text) for text in texts]}


def actions(*elements: Block) -> Block:
    """A row of buttons and the like."""
    return {"type": "actions", "elements": list(elements)}


def button(action_id: str, text: str, value: str) -> Block:
    """A button that carries ``value`` to the command service (``shared.actions``)."""
    return {"type": "button", "action_id": action_id, "text": plain(text), "value": value}
