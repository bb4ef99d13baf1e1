"""Tables in Markdown."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from processor_service.attachments.documents.paper import Paper

GridRow = tuple[int, Mapping[int, str]]
"""The number of a row, and its cells by the number of their column; empty ones are missing."""

COLUMNS: Final = 256
"""No more of a sheet or a table are read."""
# A table with fewer of its cells filled is a list of cells.
_SPARSE: Final = 0.1
_LARGE: Final = 500
_MERGED_TOLD: Final = 100


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


class Sheet:
    """A sheet of a workbook, below its heading: its rows are added while there is room on its part
    of the paper, and written at its end.
    """

    def __init__(self, paper: Paper, title: str, *, hidden: bool) -> None:
        self.paper = paper
        self.unread: int | None = None
        """The first row that was not read."""
        self.last = 0
        """The last row that there is, as far as that is known."""
        self.beyond = False
        """Whether there are cells behind the last column that is read."""
        self.begun = paper.write(f"# Sheet: {title}{' (hidden sheet)' * hidden}", words=False)
        """Whether at least the heading fits."""
        self._title = title
        self._room = paper.left
        self._rows: list[GridRow] = []
        self._merged: list[str] = []

    def has_room(self, number: int) -> bool:
        """Whether the row with that number can be added; otherwise it is the first unread one."""
        if self.unread is None and (self._room < 0 or self.paper.over):
            self.unread = number
        return self.unread is None

    def add(self, number: int, cells: Mapping[int, str]) -> None:
        """Add a row; cells behind the last column are left out."""
        kept = {column: text for column, text in cells.items() if column <= COLUMNS}
        self.beyond = self.beyond or len(kept) < len(cells)
        if kept:
            self._rows.append((number, kept))
        self._room -= sum(len(text.encode("utf-8", "replace")) + 3 for text in cells.values())

    def note_merged(self, cells: str) -> None:
        """Name a range of merged cells below the rows, unless there are very many."""
        if len(self._merged) < _MERGED_TOLD and cells not in self._merged:
            self._merged.append(cells)

    def end(self) -> None:
        """Write the rows and what is known of the others; what does not fit counts as unread."""
        paper, unread = self.paper, self.unread
        if not self.begun:
            paper.left_out.append(self._title)
            return
        if self.beyond:
            paper.left_out.append(f"{self._title}!{letters(COLUMNS + 1)}:")
        if self._rows:
            unread = write_grid(paper, self._rows) or unread
        elif not unread:
            paper.write("(empty)", words=False)
        if unread:
            last = str(self.last) if self.last >= unread else ""
            paper.left_out.append(f"{self._title}!{unread}:{last}")
        if self._merged:
            paper.write(f"Merged cells: {', '.join(self._merged)}", words=False)
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
