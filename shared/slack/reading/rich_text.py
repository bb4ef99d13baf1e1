"""Slack's rich text as Markdown (docs.slack.dev, rich text block), without losing an element."""

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any

from shared.markdown import fenced

Element = Mapping[str, Any]

# A pasted address of a message is a mention of it (a chip), which no page documents yet.
_LINKS = frozenset({"link", "message_mention"})
_FORMS = {
    "emoji": (":{}:", "name"),
    "user": ("<@{}>", "user_id"),
    "usergroup": ("<!subteam^{}>", "usergroup_id"),
    "channel": ("<#{}>", "channel_id"),
    "team": ("{}", "team_id"),
    "broadcast": ("@{}", "range"),
    "color": ("{}", "value"),
}


def parts(whole: Element, name: str) -> list[Element]:
    """The well-formed parts of ``whole``."""
    found = whole.get(name)
    each_of = found if isinstance(found, list | tuple) else ()
    return [each for each in each_of if isinstance(each, Mapping) and each.get("type")]


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
    kind = element["type"]
    if kind in _LINKS:
        url, label = str(element.get("url") or ""), str(element.get("text") or "")
        return f"{label} ({url})" if label and label != url else url
    if kind == "date":
        return _date(element)
    form, name = _FORMS.get(kind, ("{}", "text"))
    said = str(element.get(name) or element.get("fallback") or "")
    return form.format(said) if said else ""


def _date(element: Element) -> str:
    """The fallback text of a date, or the time in UTC."""
    if fallback := element.get("fallback"):
        return str(fallback)
    try:
        at = datetime.fromtimestamp(int(element.get("timestamp") or 0), UTC)
    except (ValueError, TypeError, OverflowError, OSError):
        return str(element.get("timestamp"))
    return f"{at:%Y-%m-%d %H:%M} UTC"
