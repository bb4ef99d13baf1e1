"""CSV and TSV as the table that Excel would show: letters for columns, numbers for rows."""

import csv
from collections import Counter
from collections.abc import Iterable
from pathlib import PurePosixPath
from typing import Final

from processor_service.attachments.documents.paper import Paper
from processor_service.attachments.documents.table import GridRow, write_grid
from shared.task import TaskFile

_TYPES: Final = frozenset({"text/csv", "text/tab-separated-values"})
_EXTENSIONS: Final = frozenset({".csv", ".tsv"})
# Excel's "Unicode text" is separated by tabs, and Europe's CSV by semicolons.
_DELIMITERS: Final = ",\t;|"
_SAMPLE_LINES: Final = 50
_SAMPLE_CHARS: Final = 20_000
# Excel itself writes and reads such a first line.
_SAID: Final = "sep="
_WITHIN_S: Final = 5.0


def is_delimited(file: TaskFile) -> bool:
    """Whether the file is called CSV or TSV, by its name or its type."""
    extension = PurePosixPath(file.name.lower()).suffix
    return extension in _EXTENSIONS or file.mimetype.partition(";")[0].lower() in _TYPES


def as_table(text: str, room: int) -> str:
    """``text`` as a table in Markdown, or as it is if it is none or none of at most ``room``
    bytes.
    """
    lines = text.splitlines(keepends=True)
    delimiter = _delimiter(lines)
    if delimiter is None:
        return text
    body = lines[1:] if lines[0].lower().startswith(_SAID) else lines
    paper = Paper(room, _WITHIN_S)
    try:
        rows = [*_rows(csv.reader(body, delimiter=delimiter))]
    except csv.Error:
        return text
    whole = bool(rows) and write_grid(paper, rows) is None
    return paper.text() if whole else text


def _rows(records: Iterable[list[str]]) -> Iterable[GridRow]:
    for number, record in enumerate(records, 1):
        cells = {column: cell for column, cell in enumerate(record, 1) if cell.strip()}
        if cells:
            yield number, cells


def _delimiter(lines: list[str]) -> str | None:
    """The sign that most of the first lines have equally often; None if none divides them."""
    if lines and lines[0].lower().startswith(_SAID):
        said = lines[0].rstrip("\r\n")[len(_SAID) :]
        return said if len(said) == 1 else None
    sample = "".join(lines[:_SAMPLE_LINES])[:_SAMPLE_CHARS].splitlines(keepends=True)
    found = {each: _agreement(sample, each) for each in _DELIMITERS}
    best = max(found, key=lambda each: found[each])
    return best if found[best] > (0, 0) else None


def _agreement(sample: list[str], delimiter: str) -> tuple[int, int]:
    """How many records have the most frequent number of columns, and that number; zeros if they
    are the fewer ones.
    """
    try:
        widths = Counter(len(record) for record in csv.reader(sample, delimiter=delimiter))
    except csv.Error:
        return (0, 0)
    divided = [(times, width) for width, times in widths.items() if width > 1]
    best = max(divided, default=(0, 0))
    return best if best[0] * 2 >= widths.total() else (0, 0)
