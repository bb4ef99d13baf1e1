"""Slack's rich text as Markdown (docs.slack.dev, rich text block), without losing an element."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from shared.markdown import fenced, inline_code
from shared.slack.message import mappings

Element = Mapping[str, Any]

_FORMS = {
    "emoji": (":{}:", "name"),
    "user": ("<@{}>", "user_id"),
    "canvas_user_mention": ("<@{}>", "user_id"),
    "usergroup": ("<!subteam^{}>", "usergroup_id"),
    "channel": ("<#{}>", "channel_id"),
    "team": ("{}", "team_id"),
    "broadcast": ("@{}", "range"),
    "color": ("{}", "value"),
}
# What Slack writes in a message's ``text`` as well; of any other element it shows a bare id there,
# or nothing (github.com/agentconnect-md/agentconnect, pull request 1862).
_IN_TEXT = frozenset({"text", "link", "date", *_FORMS})
_LABELS = ("text", "label", "fallback", "title", "name", "salesforce_field_label")
# A message in a canvas or in a sentence, by its channel and its time.
_MESSAGES = {
    "message_mention": ("channel_id", "message_ts"),
    "canvas_message_unfurl": ("root_message_channel", "root_message_ts"),
}


def parts(whole: Element, name: str) -> list[Element]:
    """The well-formed parts of ``whole``."""
    found = mappings(whole.get(name))
    return [each for each in found if isinstance(each.get("type"), str) and each["type"]]


def of_rich_text(block: Element) -> str:
    """All of a rich text: its sections, lists, quotes and code."""
    return "\n".join(map(_of_part, parts(block, "elements")))


def _of_part(part: Element) -> str:
    match part["type"]:
        case "rich_text_list":
            text = "\n".join(_items(part))
        case "rich_text_preformatted":
            text = fenced(_line(part).split("\n"), str(part.get("language") or ""))
        case "rich_text_quote":
            return _quoted(_line(part))
        case _:
            return _line(part)
    return _quoted(text) if part.get("border") else text


def _items(part: Element) -> Iterator[str]:
    """Items with their marks; ``offset`` continues the numbers of an interrupted list."""
    level, before = number_of(part.get("indent"), 0), number_of(part.get("offset"), 0)
    for number, item in enumerate(parts(part, "elements"), start=int(before) + 1):
        mark = f"{number}. " if part.get("style") == "ordered" else "- "
        lead = "  " * min(int(level), 9)
        yield lead + mark + _of_part(item).replace("\n", "\n" + lead + " " * len(mark))


def number_of(value: Any, otherwise: Any) -> Any:
    """``value`` if it is a number."""
    return value if isinstance(value, int | float) else otherwise


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n"))


def _line(part: Element) -> str:
    return "".join(map(_of_element, parts(part, "elements")))


def _of_element(element: Element) -> str:
    """One element. People, groups and channels stay ids, as in Slack's own text."""
    kind = str(element["type"])
    if kind == "text":
        text, style = str(element.get("text") or ""), element.get("style")
        # Without its marks a model takes code for prose, and repeats it as such.
        return inline_code(text) if isinstance(style, Mapping) and style.get("code") else text
    if kind == "date":
        return _date(element)
    if kind in _FORMS:
        form, name = _FORMS[kind]
        said = str(element.get(name) or element.get("fallback") or "")
        return form.format(said) if said else ""
    return _chip(kind, element)


def _chip(kind: str, element: Element) -> str:
    """A reference to something: a link, a canvas, a list, a message. Slack need not name it."""
    label = next((str(found) for name in _LABELS if (found := element.get(name))), "")
    url = str(element.get("url") or "")
    if label or url:
        return f"{label} ({url})" if label and url and label != url else label or url
    if kind in _MESSAGES:
        channel, ts = (element.get(name) for name in _MESSAGES[kind])
        return f"[message {ts} in <#{channel}>]"
    ids = (str(each) for name, each in element.items() if name.endswith("_id") and each)
    called = kind.removesuffix("_mention").replace("_", " ")
    return f"[{' '.join([called, *list(ids)[:1]])}]"


def has_chips(block: Element) -> bool:
    """Whether a rich text refers to something that ``text`` beside it does not name."""
    return any(
        has_chips(each) if each["type"].startswith("rich_text") else each["type"] not in _IN_TEXT
        for each in parts(block, "elements")
    )


def _date(element: Element) -> str:
    """The fallback text of a date, or the time in UTC."""
    if fallback := element.get("fallback"):
        return str(fallback)
    try:
        at = datetime.fromtimestamp(int(element.get("timestamp") or 0), UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return str(element.get("timestamp"))
    return f"{at:%Y-%m-%d %H:%M} UTC"
