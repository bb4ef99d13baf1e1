"""The words in Slack's blocks; a bot's ``text`` is only the text of its notification."""

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from shared.markdown import table
from shared.slack.message import ILL_FORMED, Payload, listed_in, mappings
from shared.slack.message_text import plain_text, unescaped
from shared.slack.reading.rich_text import number_of, of_rich_text, parts

# Blocks that people operate, and blocks that end or divide text.
_WITHOUT_WORDS = frozenset({"actions", "button", "context_actions", "divider", "input"})
TABLES = frozenset({"table", "data_table"})
"""The types of blocks with rows of cells."""
# Slack documents these as texts, as objects, or as either (docs.slack.dev, blocks).
_TITLES = frozenset({"title", "subtitle", "body"})
# In place of a preview that the reader's own client makes.
_NO_PREVIEW = "[no preview available]"
# How deep unknown blocks are searched for words.
_DEPTH = 6


def text_of_blocks(message: Mapping[str, Any], *, footers: bool = False) -> str:
    """The text in a message's blocks as Markdown, without buttons and ill-formed blocks, and with
    ``footers`` only on request.
    """
    blocks = (each for each in parts(message, "blocks") if footers or each["type"] != "context")
    return "\n\n".join(filter(None, map(_read, blocks)))


def text_of_tables(message: Mapping[str, Any]) -> str:
    """The tables in a message's blocks alone, as Markdown."""
    tables = (each for each in parts(message, "blocks") if each["type"] in TABLES)
    return "\n\n".join(filter(None, map(_read, tables)))


def text_of_attachment(attachment: Payload) -> str:
    """The content of an app's attachment, in blocks or in the older form."""
    if found := text_of_blocks(attachment, footers=True):
        return found
    title, link = (told_in(attachment, name) for name in ("title", "title_link"))
    titled = f"{title} ({link})" if title and link and link != title else title or link
    fields = map(_field, mappings(attachment.get("fields")))
    author, text, footer = (told_in(attachment, name) for name in ("author_name", "text", "footer"))
    said = [told_in(attachment, "pretext"), author, titled, text, *fields, footer]
    return "\n".join(filter(None, said)) or fallback_of(attachment)


def fallback_of(attachment: Payload) -> str:
    """The text of an attachment for where it cannot be shown; "" if there is none."""
    told = told_in(attachment, "fallback")
    return "" if told == _NO_PREVIEW else told


def told_in(attachment: Payload, name: str) -> str:
    """A text of an attachment, readable; "" if there is none."""
    told = attachment.get(name)
    return plain_text(told, "") if isinstance(told, str) else ""


def _field(field: Payload) -> str:
    return ": ".join(filter(None, (told_in(field, "title"), told_in(field, "value"))))


def _read(block: Payload) -> str:
    try:
        return _text_of(block)
    except (*ILL_FORMED, RecursionError):
        return ""


def _text_of(block: Payload) -> str:
    read = _READERS.get(str(block["type"]))
    if read is not None:
        return read(block)
    # A video, an alert, a card, a plan, a container, and any block that Slack adds later.
    return "\n".join(filter(None, _words(_values(block))))


def _values(block: Payload) -> list[Any]:
    return [
        {"type": "plain_text", "text": each} if name in _TITLES and isinstance(each, str) else each
        for name, each in block.items()
    ]


def _words(value: Any, depth: int = _DEPTH) -> Iterator[str]:
    if isinstance(value, list) and depth:
        for each in value:
            yield from _words(each, depth - 1)
    elif isinstance(value, Mapping) and depth:
        kind = str(value.get("type"))
        if kind in _TEXTS:
            yield _TEXTS[kind](value)
        elif kind in _READERS:
            yield _read(value)
        else:
            yield from _words(_values(value), depth)


def _mrkdwn(text: Payload) -> str:
    return plain_text(str(text.get("text") or ""), "")


def _plain(text: Payload) -> str:
    # Slack gives the characters & < > back escaped (github.com/slackapi/bolt-python/issues/513).
    return unescaped(str(text.get("text") or ""))


def _image(image: Payload) -> str:
    said = [*_words(image.get("title")), str(image.get("alt_text") or "")]
    return f"[image: {' '.join(dict.fromkeys(filter(None, said)))}]"


def _file(block: Payload) -> str:
    found = block.get("file")
    file = found if isinstance(found, Mapping) else block
    return f"[file: {file.get('title') or file.get('name') or file.get('external_id')}]"


def _section(block: Payload) -> str:
    accessory = block.get("accessory")
    images = accessory if isinstance(accessory, Mapping) and accessory.get("type") == "image" else 0
    return "\n".join(_words([block.get("text"), block.get("fields"), images]))


def _rows(block: Payload) -> str:
    rows = listed_in(block, "rows")
    cells = table([_cell(cell) for cell in row] for row in rows if isinstance(row, list))
    return "\n".join(filter(None, (str(block.get("caption") or ""), cells)))


def _cell(cell: Any) -> str:
    """The cell's words; Slack sends null for an empty one, which keeps its column."""
    if not isinstance(cell, Mapping):
        return ""
    if cell.get("type") == "rich_text":
        return of_rich_text(cell)
    return str(cell.get("text") or number_of(cell.get("value"), ""))


def _chart(block: Payload) -> str:
    """The numbers of a chart as a table with a column for each series; pies have segments."""
    chart = block["chart"]
    axes = chart.get("axis_config") or {}
    series = mappings(chart.get("series")) or [{"data": chart.get("segments")}]
    columns = [_points(each) for each in series]
    head = [str(axes.get("x_label") or ""), *(str(each.get("name") or "") for each in series)]
    labels = dict.fromkeys(label for column in columns for label in column)
    rows = [[label, *(column.get(label, "") for column in columns)] for label in labels]
    told = (block.get("title"), axes.get("y_label"), table([head, *rows]))
    return "\n".join(str(each) for each in told if each)


def _points(series: Payload) -> dict[str, str]:
    points = mappings(series.get("data"))
    return {str(each.get("label")): str(number_of(each.get("value"), "")) for each in points}


_TEXTS: dict[str, Callable[[Payload], str]] = {
    "mrkdwn": _mrkdwn,
    "plain_text": _plain,
    "rich_text": of_rich_text,
    "image": _image,
    "file": _file,
}
_READERS: dict[str, Callable[[Payload], str]] = {
    "markdown": lambda block: str(block.get("text") or "").strip(),
    "section": _section,
    "header": lambda block: f"## {' '.join(_words(block.get('text')))}",
    "context": lambda block: " ".join(_words(block.get("elements"))),
    "rich_text": of_rich_text,
    **dict.fromkeys(TABLES, _rows),
    "data_visualization": _chart,
    "image": _image,
    "file": _file,
    **dict.fromkeys(_WITHOUT_WORDS, lambda _: ""),
}
