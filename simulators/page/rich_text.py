"""``rich_text`` blocks, what Slack's own composer makes of a message, as safe HTML."""

from collections.abc import Callable

from simulators.page.emoji import emoji
from simulators.page.html_text import (
    Json,
    Names,
    broadcast_mention,
    channel_mention,
    code_block,
    escape,
    link,
    moment,
    objects,
    tag,
    text_of,
    user_mention,
)

_STYLE_TAGS = {"code": "code", "strike": "del", "italic": "em", "bold": "strong", "underline": "u"}


def rich_text(block: Json, names: Names) -> str:
    """The whole block."""
    parts = [_element(element, names) for element in objects(block.get("elements"))]
    return tag("div", "".join(parts), class_="rich-text")


def _element(element: Json, names: Names) -> str:
    match element.get("type"):
        case "rich_text_section":
            return tag("div", _inline(element, names), class_="rich-section")
        case "rich_text_list":
            return _list(element, names)
        case "rich_text_preformatted":
            parts = objects(element.get("elements"))
            content = "".join(text_of(part, "text") or text_of(part, "url") for part in parts)
            return code_block(content, text_of(element, "language"))
        case "rich_text_quote":
            return tag("blockquote", _inline(element, names))
        case other:
            return tag("span", escape(f"[{other}]"), class_="unsupported-inline")


def _list(element: Json, names: Names) -> str:
    items = [tag("li", _inline(item, names)) for item in objects(element.get("elements"))]
    indent = element.get("indent")
    level = min(indent, 8) if isinstance(indent, int) and indent > 0 else 0
    if element.get("style") != "ordered":
        return tag("ul", "".join(items), class_=f"rich-list indent-{level}")
    offset = element.get("offset")
    start = str(offset + 1) if isinstance(offset, int) and offset > 0 else None
    return tag("ol", "".join(items), class_=f"rich-list indent-{level}", start=start)


def _inline(element: Json, names: Names) -> str:
    return "".join(_styled(part, names) for part in objects(element.get("elements")))


def _styled(part: Json, names: Names) -> str:
    html = _part(part, names)
    style = part.get("style")
    if isinstance(style, dict):
        for name, element in _STYLE_TAGS.items():
            html = tag(element, html) if style.get(name) else html
    return html


def _part(part: Json, names: Names) -> str:
    kind = text_of(part, "type")
    return _PARTS.get(kind, _unknown)(part, names)


def _text(part: Json, _: Names) -> str:
    return escape(text_of(part, "text")).replace("\n", "<br>")


def _link(part: Json, _: Names) -> str:
    url = text_of(part, "url")
    return link(url, escape(text_of(part, "text") or url))


def _emoji(part: Json, _: Names) -> str:
    name = text_of(part, "name")
    return emoji(name) or escape(_from_code_points(text_of(part, "unicode")) or f":{name}:")


def _from_code_points(code_points: str) -> str:
    """Characters from ``1f44d-1f3fd``, the form in which Slack names them."""
    try:
        return "".join(chr(int(point, 16)) for point in code_points.split("-"))
    except (ValueError, OverflowError):
        return ""


def _color(part: Json, _: Names) -> str:
    value = text_of(part, "value")
    return tag("span", "", class_="swatch", data_color=value) + escape(value)


def _unknown(part: Json, _: Names) -> str:
    shown = text_of(part, "text") or text_of(part, "fallback") or f"[{text_of(part, 'type')}]"
    return tag("span", escape(shown), class_="unsupported-inline")


_PARTS: dict[str, Callable[[Json, Names], str]] = {
    "text": _text,
    "link": _link,
    "emoji": _emoji,
    "color": _color,
    "user": lambda part, names: user_mention(text_of(part, "user_id"), names),
    "channel": lambda part, names: channel_mention(text_of(part, "channel_id"), names),
    "usergroup": lambda part, _: tag(
        "span", "@" + escape(text_of(part, "usergroup_id")), class_="mention"
    ),
    "broadcast": lambda part, _: broadcast_mention(text_of(part, "range")),
    "date": lambda part, _: moment(
        str(part.get("timestamp")), text_of(part, "format"), escape(text_of(part, "fallback"))
    ),
}
