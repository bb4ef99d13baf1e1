"""Tables in Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from processor_service.attachments.documents.paper import Paper

GridRow = tuple[int, Mapping[int, str]]
"""The number of a row, and its cells by the number of their column; empty ones are missing."""

COLUMNS: Final = 256
"""No more of a sheet or a table are read."""
# A table with fewer of its cells filled is a list of cells.
_SPARSE: Final = 0.1
_LARGE: Final = 500


def letters(column: int) -> str:
    """The letters of a column of a spreadsheet; A is 1."""
    found = ""
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def write_grid(paper: Paper, rows: Sequence[GridRow]) -> int | None:
    """The rows with their numbers below the letters of their columns. Returns the number of the
    first row that did not fit.
    """
    columns = sorted({column for _, cells in rows for column in cells})
    filled = sum(len(cells) for _, cells in rows)
    if len(columns) * len(rows) > max(_LARGE, filled / _SPARSE):
        return _write_cells(paper, rows)
    if not paper.write(_line(["", *map(letters, columns)]), words=False):
        return rows[0][0]
    paper.write(_rule(len(columns) + 1), words=False)
    for number, cells in rows:
        if not paper.write(_line([str(number), *(cells.get(each, "") for each in columns)])):
            return number
    return None


@dataclass
class SheetEnd:
    """The notes below a sheet's rows: ``unread`` is the first row that was not read, ``last`` the
    last that there is, ``merged`` the ranges of merged cells; ``beyond``: there are columns behind
    the last one that is read.
    """

    title: str
    unread: int | None = None
    last: int = 0
    merged: list[str] = field(default_factory=list)
    beyond: bool = False


def begin_sheet(paper: Paper, title: str, *, hidden: bool) -> bool:
    """A sheet's heading; False if not even that fits."""
    begun = paper.write(f"# Sheet: {title}{' (hidden sheet)' * hidden}", words=False)
    if not begun:
        paper.left_out.append(title)
    return begun


def write_rows(paper: Paper, rows: Sequence[GridRow], end: SheetEnd) -> None:
    """A sheet's rows, and its end; what did not fit counts as unread."""
    unread = end.unread
    if end.beyond:
        paper.left_out.append(f"{end.title}!{letters(COLUMNS + 1)}:")
    if rows:
        unread = write_grid(paper, rows) or unread
    elif not unread:
        paper.write("(empty)", words=False)
    if unread:
        last = str(end.last) if end.last >= unread else ""
        paper.left_out.append(f"{end.title}!{unread}:{last}")
    if end.merged:
        paper.write(f"Merged cells: {', '.join(end.merged)}", words=False)
    paper.write("", words=False)


def write_plain(paper: Paper, rows: Sequence[Sequence[str]]) -> int | None:
    """A table whose first row is its head. Returns the index of the first row that did not fit."""
    width = max(map(len, rows), default=0)
    for index, cells in enumerate(rows):
        if not paper.write(_line([*cells, *[""] * (width - len(cells))])):
            return index
        if index == 0:
            paper.write(_rule(width), words=False)
    return None


def _write_cells(paper: Paper, rows: Sequence[GridRow]) -> int | None:
    for number, cells in rows:
        for column, text in sorted(cells.items()):
            if not paper.write(f"- {letters(column)}{number}: {_cell(text)}"):
                return number
    return None


def _line(cells: Iterable[str]) -> str:
    return "| " + " | ".join(map(_cell, cells)) + " |"


def _rule(columns: int) -> str:
    return "|" + "---|" * columns


def _cell(text: str) -> str:
    lines = (line.strip() for line in text.strip().splitlines())
    return "<br>".join(lines).replace("|", "\\|")
