"""The content of a message in an API call: text, blocks, Markdown, attachments, metadata.

Limits: docs.slack.dev/reference/methods/chat.postMessage, chat.update, chat.startStream.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from simulators.slack.content.arguments import Arg
from simulators.slack.content.block_kit import (
    MARKDOWN_TEXT,
    MESSAGE_TEXT,
    block_errors,
    text_length,
    with_ids,
)
from simulators.slack.errors import Refusal
from simulators.slack.state.model import JSON
from simulators.slack.state.texts import stored_length

POST_TEXT = 40_000
UPDATE_TEXT_BYTES = 4_000
METADATA_BYTES = 16_384
ATTACHMENTS = 100

CONTENT_ARGUMENTS = {
    "text": Arg(),
    "blocks": Arg("list", malformed="invalid_blocks_format"),
    "attachments": Arg("list", malformed="invalid_attachments"),
    "markdown_text": Arg(),
    "metadata": Arg("object", malformed="invalid_metadata_format"),
}


@dataclass(frozen=True)
class Content:
    """What a message shall say. ``warning`` is what Slack warns about in a successful answer."""

    text: str = ""
    blocks: list[JSON] = field(default_factory=list)
    attachments: list[JSON] = field(default_factory=list)
    metadata: JSON | None = None
    warning: str | None = None


def read_content(arguments: Mapping[str, Any], new_id: Callable[[], str]) -> Content:
    """The content of a post. Raises ``Refusal``."""
    text, markdown = arguments.get("text", ""), arguments.get("markdown_text")
    metadata = read_metadata(arguments.get("metadata"))
    if markdown is not None:
        if arguments.get("text") or arguments.get("blocks"):
            raise Refusal("markdown_text_conflict")
        check_markdown(markdown)
        blocks = [{"type": "markdown", "text": markdown}]
        return Content(markdown, blocks, metadata=metadata)
    blocks = read_blocks(arguments.get("blocks") or [], new_id)
    attachments = arguments.get("attachments") or []
    if len(attachments) > ATTACHMENTS:
        raise Refusal("too_many_attachments")
    if not text.strip() and not blocks and not attachments:
        raise Refusal("no_text")
    warning = "message_truncated" if len(text) > POST_TEXT else None
    return Content(text[:POST_TEXT], blocks, attachments, metadata, warning)


def read_blocks(blocks: list[JSON], new_id: Callable[[], str]) -> list[JSON]:
    """The blocks with ids filled in. Raises ``Refusal``."""
    if errors := block_errors(blocks):
        raise Refusal("invalid_blocks", *errors)
    if text_length(blocks) > MESSAGE_TEXT:
        raise Refusal("msg_blocks_too_long")
    return with_ids(blocks, new_id)


def check_markdown(markdown: str) -> None:
    """Hold Markdown to its limit a call. Raises ``Refusal``."""
    if len(markdown) > MARKDOWN_TEXT:
        raise Refusal("msg_too_long", f"[ERROR] must be less than {MARKDOWN_TEXT + 1} characters")


def check_update_text(text: str) -> None:
    """Hold an edited text to its limit, counted as Slack stores it. Raises ``Refusal``."""
    if stored_length(text) > UPDATE_TEXT_BYTES:
        raise Refusal("msg_too_long")


def read_metadata(metadata: JSON | None) -> JSON | None:
    """Metadata as given, or None. Raises ``Refusal``."""
    if not metadata:
        return None
    if not isinstance(metadata.get("event_type"), str) or not metadata["event_type"]:
        raise Refusal("invalid_metadata_format", "[ERROR] missing required field: event_type")
    if not isinstance(metadata.get("event_payload"), dict):
        raise Refusal("invalid_metadata_format", "[ERROR] missing required field: event_payload")
    unknown = metadata.keys() - {"event_type", "event_payload", "entities"}
    if unknown:
        raise Refusal(
            "invalid_metadata_schema", *(f"[ERROR] unknown: {x}" for x in sorted(unknown))
        )
    if len(json.dumps(metadata, ensure_ascii=False).encode()) > METADATA_BYTES:
        raise Refusal("metadata_too_large")
    return metadata
