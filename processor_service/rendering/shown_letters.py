"""The letters and digits that a message shows in Slack, however Slack stores its markup."""

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from processor_service.ports.conversations import Body
from processor_service.rendering.markdown.characters import ZERO_WIDTH_SPACE
from processor_service.rendering.markdown.document import words_of
from shared.slack.message_text import plain_text

# Slack stores Markdown as rich text and headers (docs.slack.dev, markdown block): a mention by its
# id, an emoji by its name, also a digit with a keycap, an address with or without its label, and no
# markup. Only the letters common to both forms are compared.
_MENTION = re.compile(r"<[@#!][^<>\n]*>")
_EMOJI = re.compile(r":[a-z0-9_+'-]+(?:::skin-tone-\d)?:|[0-9#*]\ufe0f?\u20e3|\u2139\ufe0f?")
_ADDRESS = re.compile(r"(?:https?://|mailto:)[\x21-\x7e]+")


def letters_of(body: Body) -> str:
    """The letters and digits of a message, without what Slack rewrites."""
    words = "".join(_words(body.blocks)) or plain_text(body.text, "")
    # It keeps a mention from being one, and the same mention is compared with and without it.
    words = words.replace(ZERO_WIDTH_SPACE, "")
    bare = _ADDRESS.sub("", _EMOJI.sub("", _MENTION.sub("", words)))
    return "".join(char for char in bare if char.isalnum())


def _words(blocks: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    for block in blocks:
        if block.get("type") == "markdown":
            yield words_of(str(block.get("text") or ""))
        elif block.get("type") == "header":
            yield from (plain_text(each, "") for each in _texts(block.get("text")))
        elif block.get("type") in ("rich_text", "table"):
            yield from _texts(block)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for each in value:
            yield from _texts(each)
    elif isinstance(value, dict):
        if isinstance(value.get("text"), str):
            yield value["text"]
        yield from _texts(value.get("rows") or value.get("elements") or [])
