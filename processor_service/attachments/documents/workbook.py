"""Workbooks: each sheet as a table whose cells keep their row and column."""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from itertools import repeat
from typing import IO, Any, BinaryIO, Final, cast

from processor_service.attachments.documents.cell_format import shown
from processor_service.attachments.documents.container import Container
from processor_service.attachments.documents.paper import Paper
from processor_service.attachments.documents.table import (
    COLUMNS,
    GridRow,
    SheetEnd,
    begin_sheet,
    write_rows,
)
from processor_service.attachments.documents.workbook_parts import BoundedReader

_CHUNK: Final = 1024 * 1024
# A sheet may name a row of any number, and each row before it comes as an empty one.
_LOOK_EVERY: Final = 1_000
# The end of a chunk that may be the beginning of what is looked for.
_OVERLAP: Final = 200
_MERGED: Final = re.compile(rb'mergeCell [^>]{0,100}?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_MERGED_TOLD: Final = 100
_ROW: Final = re.compile(rb'row [^>]{0,100}?\br="(\d{1,7})"')
# A formula that no program has computed yet has no value behind it.
_UNCOMPUTED: Final = re.compile(rb"</(?:\w{1,8}:)?f>(?:<v ?/>|<v></v>|</(?:\w{1,8}:)?c>)")


@dataclass
class _Facts:
    """Facts about a sheet besides its cells."""

    merged: list[str] = field(default_factory=list)
    last_row: int = 0
    uncomputed: bool = False


def read_workbook(container: Container, paper: Paper) -> None:
    """Write each sheet of the workbook on its part of the paper."""
    reader = _opened(container.source, computed=True)
    sheets = [cast("Any", sheet) for sheet in reader.wb.worksheets]
    sizes = [container.zip.getinfo(_part_of(sheet)).file_size for sheet in sheets]
    for index, sheet in enumerate(sheets):
        part = paper.part(sizes[index:])
        if part.over:
            part.left_out.append(sheet.title)
        elif begin_sheet(part, sheet.title, hidden=sheet.sheet_state != "visible"):
            _write_sheet(sheet, container, part)
        paper.add(part)
    if reader.shared_strings.missed:
        paper.left_out.append("…")


def _part_of(sheet: Any) -> str:
    name: str = sheet._worksheet_path.lstrip("/")  # noqa: SLF001 - told nowhere else
    return name


def _opened(source: BinaryIO, *, computed: bool) -> BoundedReader:
    reader = BoundedReader(
        cast("IO[bytes]", source), read_only=True, data_only=computed, keep_links=False
    )
    reader.read()
    return reader


def _write_sheet(sheet: Any, container: Container, paper: Paper) -> None:
    facts = _facts(container, sheet)
    formulas = _formulas(sheet, container) if facts.uncomputed else repeat(())
    rows, unread = _rows(sheet, formulas, paper)
    beyond = max((column for _, cells in rows for column in cells), default=0) > COLUMNS
    if beyond:
        rows = [
            (row, {n: each for n, each in cells.items() if n <= COLUMNS}) for row, cells in rows
        ]
    write_rows(paper, rows, SheetEnd(sheet.title, unread, facts.last_row, facts.merged, beyond))


def _rows(
    sheet: Any, formulas: Iterable[Sequence[Any]], paper: Paper
) -> tuple[list[GridRow], int | None]:
    """The rows with anything in them, and the number of the first row that was not read."""
    # What a sheet says of its size may be wrong, and every row would be filled up to it.
    sheet.reset_dimensions()
    rows: list[GridRow] = []
    room = paper.left
    for number, (cells, written) in enumerate(zip(sheet.iter_rows(), formulas, strict=False), 1):
        if not (cells or written) and number % _LOOK_EVERY:
            continue
        if room < 0 or paper.over:
            return rows, number
        found = {cell.column: text for cell in cells if (text := shown_value(cell))}
        for cell in written:
            if isinstance(cell.value, str) and cell.value.startswith("="):
                found.setdefault(cell.column, f"{cell.value} (not computed)")
        if found:
            rows.append((number, found))
            room -= sum(len(text.encode("utf-8", "replace")) + 3 for text in found.values())
    return rows, None


def shown_value(cell: Any) -> str:
    """The cell as a person sees it."""
    return "" if cell.value is None else shown(cell.value, cell.number_format)


def _formulas(sheet: Any, container: Container) -> Iterator[Sequence[Any]]:
    """The cells of the sheet's rows once more, with formulas instead of values."""
    again = cast("Any", _opened(container.source, computed=False).wb[sheet.title])
    again.reset_dimensions()
    yield from again.iter_rows()
    yield from repeat(())


def _facts(container: Container, sheet: Any) -> _Facts:
    """The facts that openpyxl does not give about a sheet that it reads in pieces."""
    facts, carried = _Facts(), b""
    with container.zip.open(_part_of(sheet)) as part:
        while chunk := part.read(_CHUNK):
            text = carried + chunk
            if b"</" in text and _UNCOMPUTED.search(text):
                facts.uncomputed = True
            if b"mergeCell " in text and len(facts.merged) < _MERGED_TOLD:
                facts.merged += [each.decode() for each in _MERGED.findall(text)]
            last = _ROW.search(text, max(0, text.rfind(b"row ")))
            facts.last_row = int(last[1]) if last else facts.last_row
            carried = text[-_OVERLAP:]
    facts.merged = [*dict.fromkeys(facts.merged)][:_MERGED_TOLD]
    return facts
