"""Markdown whose content cannot end it: code and tables of any text."""

import re
from collections.abc import Iterable, Sequence
from typing import Final

_BACKTICKS: Final = re.compile(r"`+")
# One long row among many short ones would otherwise take the product of both.
_MOST_FILLED: Final = 200_000


def fenced(lines: Sequence[str], info: str = "", least: int = 3) -> str:
    """A code block. Its fence has ``least`` backticks, and more than any run of them in
    the code.
    """
    longest = max((len(run) for line in lines for run in _BACKTICKS.findall(line)), default=0)
    fence = "`" * max(3, least, longest + 1)
    return "\n".join([f"{fence}{info}", *lines, fence])


def inline_code(text: str) -> str:
    """Code in a line, between more backticks than any run of them in ``text``; blanks stay bare."""
    if not text.strip():
        return text
    marks = "`" * (max(map(len, _BACKTICKS.findall(text)), default=0) + 1)
    beside = " " if "`" in (text[0], text[-1]) else ""
    return f"{marks}{beside}{text}{beside}{marks}"


def table(rows: Iterable[Sequence[str]]) -> str:
    """A table whose first row is its head; each cell stays in its column, whatever it holds.

    Pipes are escaped, line breaks become blanks, and short rows are filled up.
    """
    found = [list(row) for row in rows]
    width = max(map(len, found), default=0)
    if not width:
        return ""
    fills = len(found) * width <= _MOST_FILLED
    head, *lines = (_row([*row, *[""] * (fills * (width - len(row)))]) for row in found)
    return "\n".join([head, f"|{' --- |' * (width if fills else len(found[0]))}", *lines])


def _row(cells: Sequence[str]) -> str:
    return f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    lines = (line.strip() for line in text.strip().splitlines())
    return " ".join(filter(None, lines)).replace("|", "\\|")
