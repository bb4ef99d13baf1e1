"""Tables: as Slack's table block, or as aligned text where that is not possible."""

import re
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeVar

from markdown_it.token import Token

from processor_service.rendering.markdown.characters import neutralise
from processor_service.rendering.markdown.inline.link_rules import LINK_CHARS
from processor_service.rendering.markdown.inline.parser import read_inline
from processor_service.rendering.markdown.inline.tag_rules import BREAK
from processor_service.rendering.markdown.links import is_address
from processor_service.rendering.markdown.references import Env
from shared.markdown import fenced

# Limits of Slack's table block: slack_sdk.models.blocks; the characters are those of all cells
# (docs.slack.dev, table block).
MOST_ROWS = 100
MOST_COLUMNS = 20
MOST_CHARS = 10_000

_T = TypeVar("_T")
Align = Literal["left", "center", "right"] | None

_ADDRESS = re.compile(r"(https?://[!#-'*-;=?-Z_a-z~]*[\w/])", re.ASCII)
_STYLES = {"strong": "bold", "em": "italic", "s": "strike"}


@dataclass(frozen=True)
class Run:
    """Text of one style, perhaps a link."""

    text: str
    styles: frozenset[str] = frozenset()
    url: str = ""

    def written(self) -> str:
        """The text, with the address of a link that does not show it."""
        return f"{self.text} ({self.url})" if self.url not in ("", self.text) else self.text

    def element(self) -> dict[str, Any]:
        """Slack's rich text element."""
        style = {"style": dict.fromkeys(sorted(self.styles), True)} if self.styles else {}
        if self.url:
            return {"type": "link", "url": self.url, "text": self.text, **style}
        return {"type": "text", "text": self.text, **style}


@dataclass(frozen=True)
class Cell:
    """The content of one cell."""

    runs: tuple[Run, ...]

    @property
    def text(self) -> str:
        """The words alone."""
        return neutralise("".join(run.text for run in self.runs))

    def line(self) -> str:
        """The words on one line, links with their addresses."""
        return " ".join("".join(run.written() for run in self.runs).split())

    def element(self) -> dict[str, Any]:
        """Slack's cell; Slack refuses an empty one."""
        if any(run.styles or run.url for run in self.runs):
            section = {
                "type": "rich_text_section",
                "elements": [run.element() for run in self.runs],
            }
            return {"type": "rich_text", "elements": [section]}
        return {"type": "raw_text", "text": self.text or " "}


Row = tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    """The first row is the head; all rows have the same number of cells."""

    aligns: tuple[Align, ...]
    rows: tuple[Row, ...]

    def block(self) -> dict[str, Any]:
        """Slack's table block."""
        rows = [[cell.element() for cell in row] for row in self.rows]
        aligned = ({"align": each} if each else {} for each in self.aligns)
        columns = [{**each, "is_wrapped": True} for each in aligned]
        return {"type": "table", "rows": rows, "column_settings": columns}

    def fits(self, size: Callable[[str], int], limit: int) -> bool:
        """Whether it fits Slack's table block and a message of ``limit``."""
        cells = self.size(size)
        return len(self.aligns) <= MOST_COLUMNS and cells <= min(limit, MOST_CHARS)

    def words(self) -> str:
        """Its words, on one line."""
        return " ".join(cell.line() for row in self.rows for cell in row)

    def width(self) -> int:
        """The columns of its lines."""
        return len(self.lines()[1])

    def lines(self) -> list[str]:
        """The table as lines of equal width, for a font where Japanese is twice as wide."""
        texts = [[cell.line() for cell in row] for row in self.rows]
        widths = [max(map(display_width, column)) for column in zip(*texts, strict=True)]
        head, *body = (" │ ".join(map(_padded, row, widths, self.aligns)).rstrip() for row in texts)
        return [head, "─┼─".join("─" * width for width in widths), *body]

    def pieces(self, size: Callable[[str], int], limit: int) -> Iterator["Table"]:
        """The table in pieces that each repeat the head and keep the limits of a table block.

        A row that is too large alone makes a piece that exceeds them.
        """
        head, *body = self.rows
        for rows in _grouped(head, body, lambda row: _cost(row, size), min(limit, MOST_CHARS)):
            yield replace(self, rows=(head, *rows))

    def size(self, size: Callable[[str], int]) -> int:
        """The sum of its cells."""
        return sum(_cost(row, size) for row in self.rows)

    def code_blocks(self, size: Callable[[str], int], limit: int) -> Iterator[str]:
        """The table as code blocks within ``limit`` that each repeat the head.

        A row that is too large alone makes a larger block.
        """
        head, rule, *body = self.lines()
        start = fenced([head, rule])
        for lines in _grouped(start, body, lambda line: size(line) + 1, limit):
            yield fenced([head, rule, *lines])


def _grouped(
    head: _T, body: Sequence[_T], cost: Callable[[_T], int], limit: int
) -> Iterator[list[_T]]:
    room = limit - cost(head)
    group: list[_T] = []
    used = 0
    for row in body:
        if group and (used + cost(row) > room or len(group) == MOST_ROWS - 1):
            yield group
            group, used = [], 0
        group.append(row)
        used += cost(row)
    yield group


def _cost(row: Row, size: Callable[[str], int]) -> int:
    return sum(max(1, size(cell.text)) for cell in row)


def display_width(text: str) -> int:
    """The columns of ``text`` in a monospaced font."""
    return sum(map(_char_width, text))


def _char_width(char: str) -> int:
    if unicodedata.category(char) in ("Mn", "Me", "Cf"):
        return 0
    return 2 if unicodedata.east_asian_width(char) in "FW" else 1


def _padded(text: str, width: int, align: Align) -> str:
    room = width - display_width(text)
    left = {"right": room, "center": room // 2}.get(align or "left", 0)
    return " " * left + text + " " * (room - left)


def read_table(tokens: Sequence[Token], env: Env) -> Table:
    """The table from a ``table_open`` token to its ``table_close``."""
    rows: list[Row] = []
    aligns: list[Align] = []
    cells: list[Cell] = []
    for token in tokens:
        if token.type == "th_open":
            aligns.append(_align(token))
        elif token.type == "inline":
            # Entities are letters by now, and could be a ping.
            runs = _runs(read_inline(token.content, env).tokens)
            cells.append(Cell(tuple(replace(run, text=neutralise(run.text)) for run in runs)))
        elif token.type == "tr_close":
            rows.append(tuple(cells))
            cells = []
    return Table(tuple(aligns), tuple(rows))


def _align(token: Token) -> Align:
    named = str(token.attrs.get("style", "")).removeprefix("text-align:")
    return named if named in ("left", "center", "right") else None  # type: ignore[return-value] # mypy does not narrow to a Literal here


def _runs(tokens: Sequence[Token]) -> Iterator[Run]:
    # A list: emphasis may be within emphasis of the same kind.
    styles: list[str] = []
    url = ""
    for token in tokens:
        if token.type == "link_open":
            url = _shown_address(str(token.attrs["href"]))
        elif token.type == "link_close":
            url = ""
        elif token.tag in _STYLES and token.nesting:
            (styles.append if token.nesting == 1 else styles.remove)(_STYLES[token.tag])
        elif token.type == "image":
            address = str(token.attrs["src"])
            yield Run(token.content or address, frozenset(styles), url or _shown_address(address))
        elif token.type == "code_inline":
            yield Run(token.content, frozenset({*styles, "code"}), url)
        elif token.content:
            yield from _text_runs(token.content, Run("", frozenset(styles), url))


def _text_runs(content: str, style: Run) -> Iterator[Run]:
    """Text, where an address becomes a link and ``<br>`` begins a new line."""
    for text in _ADDRESS.split(BREAK.sub("\n", content)):
        if text:
            url = style.url or (text if _ADDRESS.fullmatch(text) else "")
            yield replace(style, text=text, url=url)


def _shown_address(address: str) -> str:
    """The address, if Slack accepts it as a link."""
    return address if is_address(address) and len(address) <= LINK_CHARS else ""
