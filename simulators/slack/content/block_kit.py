"""Blocks with their limits, for messages, modals and App Home.

Limits: slack_sdk.models.blocks and docs.slack.dev/reference/block-kit/blocks. The sum over all
blocks of a message is undocumented, measured at about 13,200 characters (bolt-js#2509).
"""

from collections.abc import Iterator, Sequence
from typing import Any, Literal

from simulators.slack.content import block_elements as elements
from simulators.slack.content.schema import (
    Rule,
    anything,
    boolean,
    both,
    by_type,
    complain,
    either,
    items,
    one_of,
    shape,
    string,
)
from simulators.slack.state.model import JSON, elements_of

Surface = Literal["message", "modal", "home"]
MESSAGE_BLOCKS = 50
MESSAGE_TEXT = 13_200
MARKDOWN_TEXT = 12_000
TABLE_TEXT = 10_000

_ID = {"block_id": string(255)}

_RICH_LEAF = by_type(
    {
        "text": shape({"text": string(40_000, 0)}, {"style": anything}),
        "link": shape(
            {"url": string(3000)}, {"text": anything, "style": anything, "unsafe": boolean}
        ),
        "user": shape({"user_id": string(20)}, {"style": anything}),
        "channel": shape({"channel_id": string(20)}, {"style": anything}),
        "usergroup": shape({"usergroup_id": string(20)}, {"style": anything}),
        "team": shape({"team_id": string(20)}, {"style": anything}),
        "emoji": shape(
            {"name": string(255)},
            {"unicode": string(100), "skin_tone": anything, "style": anything},
        ),
        "broadcast": shape({"range": one_of("here", "channel", "everyone")}, {"style": anything}),
        "date": shape(
            {"timestamp": anything, "format": string(255)}, {"url": anything, "fallback": anything}
        ),
        "color": shape({"value": string(20)}),
    }
)
_LEAVES = items(_RICH_LEAF, 1000, 0)
_RICH_SECTION = shape({"elements": _LEAVES})
_RICH_PART = by_type(
    {
        "rich_text_section": _RICH_SECTION,
        "rich_text_list": shape(
            {
                "style": one_of("bullet", "ordered"),
                "elements": items(by_type({"rich_text_section": _RICH_SECTION}), 1000),
            },
            {"indent": anything, "offset": anything, "border": anything},
        ),
        "rich_text_preformatted": shape(
            {"elements": _LEAVES}, {"border": anything, "language": string(100)}
        ),
        "rich_text_quote": shape({"elements": _LEAVES}, {"border": anything}),
    }
)
_RICH_TEXT = shape({"elements": items(_RICH_PART, 1000)}, _ID)
_CELL = by_type(
    {
        "raw_text": shape({"text": string(10_000)}),
        "raw_number": shape({"value": anything}, {"text": anything}),
        "rich_text": _RICH_TEXT,
    }
)
_COLUMN = shape(
    {}, {"align": one_of("left", "center", "right"), "is_wrapped": boolean}, typed=False
)
_SECTION = both(
    shape(
        {},
        {
            "text": elements.any_text(3000),
            "fields": items(elements.any_text(2000), 10),
            "accessory": elements.as_accessory,
            "expand": boolean,
            **_ID,
        },
    ),
    either("text", "fields"),
)
_IMAGE = both(
    shape(
        {"alt_text": string(2000)},
        {
            "image_url": string(3000),
            "slack_file": anything,
            "title": elements.plain_text(2000),
            **_ID,
        },
    ),
    either("image_url", "slack_file"),
)
_TASK_CARD = shape(
    {
        "task_id": string(255),
        "title": string(256),
        "status": one_of("pending", "in_progress", "complete", "error"),
    },
    {"details": _RICH_TEXT, "output": _RICH_TEXT, "sources": anything, **_ID},
)

_EVERYWHERE: dict[str, Rule] = {
    "section": _SECTION,
    "divider": shape({}, _ID),
    "image": _IMAGE,
    "header": shape({"text": elements.plain_text(150)}, _ID),
    "context": shape({"elements": items(elements.in_context, 10)}, _ID),
    "actions": shape({"elements": items(elements.in_actions, 25)}, _ID),
    "rich_text": _RICH_TEXT,
    "input": shape(
        {"label": elements.plain_text(2000), "element": elements.in_input},
        {
            "hint": elements.plain_text(2000),
            "optional": boolean,
            "dispatch_action": boolean,
            **_ID,
        },
    ),
    "alert": shape(
        {"text": elements.any_text(3000)},
        {"level": one_of("default", "info", "warning", "error", "success"), **_ID},
    ),
}
_IN_MESSAGES: dict[str, Rule] = {
    "markdown": shape({"text": string(MARKDOWN_TEXT)}, _ID),
    "table": shape(
        {"rows": items(items(_CELL, 20), 100)}, {"column_settings": items(_COLUMN, 20), **_ID}
    ),
    "context_actions": shape({"elements": items(elements.in_context_actions, 5)}, _ID),
    "task_card": _TASK_CARD,
    "plan": shape(
        {"title": string(256)}, {"tasks": items(by_type({"task_card": _TASK_CARD}), 50, 0), **_ID}
    ),
}
_MESSAGE_BLOCKS = items(by_type(_EVERYWHERE | _IN_MESSAGES), MESSAGE_BLOCKS, 0)
_VIEW_BLOCKS = items(by_type(_EVERYWHERE), 100, 0)


def block_errors(blocks: Any, surface: Surface = "message") -> list[str]:
    """What is wrong with the blocks, in Slack's words; empty if nothing is."""
    errors: list[str] = []
    (_MESSAGE_BLOCKS if surface == "message" else _VIEW_BLOCKS)(blocks, "/blocks", errors)
    if errors:
        return errors
    _unique_ids(blocks, errors)
    markdown = sum(len(block["text"]) for block in blocks if block["type"] == "markdown")
    if markdown > MARKDOWN_TEXT:
        complain(errors, f"markdown blocks exceed {MARKDOWN_TEXT} characters in total", "/blocks")
    tables = [block for block in blocks if block["type"] == "table"]
    if len(tables) > 1:
        complain(errors, "only one table block is allowed", "/blocks")
    if text_length(tables) > TABLE_TEXT:
        complain(errors, f"table exceeds {TABLE_TEXT} characters", "/blocks")
    return errors


def _unique_ids(blocks: Sequence[JSON], errors: list[str]) -> None:
    seen: set[str] = set()
    for index, block in enumerate(blocks):
        block_id = block.get("block_id")
        if block_id in seen:
            complain(errors, f"duplicate block_id: {block_id}", f"/blocks/{index}")
        if block_id:
            seen.add(block_id)
        actions = [each["action_id"] for each in elements_of(block) if each.get("action_id")]
        for action in sorted({each for each in actions if actions.count(each) > 1}):
            complain(errors, f"duplicate action_id: {action}", f"/blocks/{index}")


def text_length(value: Any) -> int:
    """The characters of every text in blocks, however deep."""
    return sum(len(text) for text in _texts(value))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, list):
        for item in value:
            yield from _texts(item)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name == "text" and isinstance(item, str):
                yield item
            else:
                yield from _texts(item)


def with_ids(blocks: Sequence[JSON], new_id: Any) -> list[JSON]:
    """The blocks with a ``block_id`` and ``action_id`` wherever the app left one out.

    Markdown blocks carry none: Slack does not keep it.
    """
    named = []
    for block in blocks:
        block = dict(block)  # noqa: PLW2901 - the app's own block stays as it is
        if block["type"] == "markdown":
            block.pop("block_id", None)
        else:
            block.setdefault("block_id", new_id())
        if block["type"] in {"actions", "context_actions"}:
            block["elements"] = [{"action_id": new_id(), **each} for each in block["elements"]]
        if block.get("accessory", {}).get("type", "image") != "image":
            block["accessory"] = {"action_id": new_id(), **block["accessory"]}
        if block["type"] == "input":
            block["element"] = {"action_id": new_id(), **block["element"]}
        named.append(block)
    return named
