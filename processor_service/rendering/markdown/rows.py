"""Table rows cut into cells without losing any.

GitHub's rules split code at a pipe and drop the cells that a row has beyond its head. A message has
nothing else that would show those words.
"""

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise

from markdown_it.rules_block import StateBlock
from markdown_it.rules_block.table import escapedSplit, table
from markdown_it.token import Token

_RUNS = re.compile("`+")
_PIPE = re.compile(r"(?<!\\)\|")
_LEAD = re.compile(r"[ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)*")
_RULE = re.compile(r"[ \t>]*([-:|][-:| \t]*)\Z")
# In a parser's ``env``: lines with pipes, from the first up to the second.
_PIPED = "piped_lines"
# Replaces a pipe in the code of a head until the parser has recognised the head.
_HIDDEN = "\ue07c"


def hide_pipes(source: str) -> str:
    """``source`` at the same length, with the pipes in the code of table heads hidden."""
    if "`" not in source or _HIDDEN in source:
        return source
    lines = source.split("\n")
    for number, (line, rule) in enumerate(pairwise(list(lines))):
        ruled = _RULE.match(rule) if "`" in line and "|" in line else None
        head = _LEAD.sub("", line, count=1)
        if ruled and len(_split(_coded(head))) == len(_split(ruled[1])) != len(_split(head)):
            lines[number] = _coded(line, _HIDDEN)
    return "\n".join(lines)


def show_pipes(tokens: Sequence[Token]) -> None:
    """Undo ``hide_pipes`` in the tokens."""
    for token in tokens:
        token.content = token.content.replace(_HIDDEN, "|")
        token.info = token.info.replace(_HIDDEN, "|")


def read_rows(state: StateBlock, first_line: int, end_line: int, silent: bool) -> bool:
    """The library's rule for tables, but keeping every cell."""
    known = len(state.tokens)
    end_line = _end_of_rows(state, first_line, end_line)
    found: bool = table(state, first_line, end_line, silent)
    if found and not silent:
        tokens = state.tokens[known:]
        columns = sum(token.type == "th_open" for token in tokens)
        texts: Iterator[str] = iter(())
        for token in tokens:
            if token.type == "tr_open" and token.map:
                row = _line(state, token.map[0])
                texts = iter(cells_of(row.replace(_HIDDEN, "|"), columns))
            elif token.type == "inline":
                token.content = next(texts)
    return found


def _end_of_rows(state: StateBlock, first_line: int, end_line: int) -> int:
    """The end of a table whose head begins with a pipe: a line without any pipe is the text behind
    it, with which GitHub's rules fill the first column.

    Each line of a paragraph may be a head: what one has looked at is kept for the next ones.
    """
    if not _line(state, first_line).startswith("|"):
        return end_line
    first, lines = first_line + 2, len(state.bMarks) - 1
    known: tuple[int, int] = state.env.get(_PIPED, (0, 0))
    begin, end = known
    if not begin <= first < end:
        found = (line for line in range(first, lines) if "|" not in _line(state, line))
        begin, end = state.env[_PIPED] = (first, next(found, lines))
    return min(end, end_line)


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]]


def cells_of(row: str, columns: int) -> list[str]:
    """The ``columns`` cells of a row; surplus cells are joined to the last one.

    Pipes in code are code, unless the row only has the right number of cells without that rule.
    """
    cells, plain = _split(_coded(row)), _split(row)
    if len(cells) != columns == len(plain):
        cells = plain
    while len(cells) > columns and not cells[-1].strip():
        cells.pop()
    kept = [*cells[: columns - 1], "|".join(cells[columns - 1 :])]
    return [cell.strip() for cell in kept] + [""] * (columns - len(kept))


def _split(row: str) -> list[str]:
    cells = escapedSplit(row.strip())
    if cells and not cells[0]:
        cells.pop(0)
    if cells and not cells[-1]:
        cells.pop()
    return cells


def _coded(row: str, pipe: str = r"\|") -> str:
    """``row`` with ``pipe`` for each unescaped pipe in code."""
    runs = list(_RUNS.finditer(row))
    closing: dict[int, int] = {}
    ends: dict[int, int] = {}
    for number in range(len(runs) - 1, -1, -1):
        length = len(runs[number][0])
        if length in ends:
            closing[number] = ends[length]
        ends[length] = number
    written, at, number = [], 0, 0
    while number < len(runs):
        start = runs[number]
        if number in closing and not row.endswith("\\", 0, start.start()):
            end = runs[closing[number]].start()
            code = row[start.end() : end]
            written += [
                row[at : start.end()],
                _PIPE.sub(lambda found: pipe if found[0] == "|" else found[0], code),
            ]
            at, number = end, closing[number]
        number += 1
    return "".join([*written, row[at:]])
