"""Workbooks: each sheet as a table whose cells keep their row and column."""

import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat
from typing import IO, Any, BinaryIO, Final, cast

from processor_service.attachments.documents.cell_format import shown
from processor_service.attachments.documents.container import Container
from processor_service.attachments.documents.paper import Paper
from processor_service.attachments.documents.table import Sheet
from processor_service.attachments.documents.workbook_parts import BoundedReader

_CHUNK: Final = 1024 * 1024
# A sheet may name a row of any number, and each row before it comes as an empty one.
_LOOK_EVERY: Final = 1_000
# The end of a chunk that may be the beginning of what is looked for.
_OVERLAP: Final = 200
_MERGED: Final = re.compile(rb'mergeCell [^>]{0,100}?ref="([A-Z]{1,3}\d{1,7}:[A-Z]{1,3}\d{1,7})"')
_ROW: Final = re.compile(rb'row [^>]{0,100}?\br="(\d{1,7})"')
# A formula that no program has computed yet has no value behind it.
_UNCOMPUTED: Final = re.compile(rb"</(?:\w{1,8}:)?f>(?:<v ?/>|<v></v>|</(?:\w{1,8}:)?c>)")


def read_workbook(container: Container, paper: Paper) -> None:
    """Write each sheet of the workbook on its part of the paper."""
    reader = _opened(container.source, computed=True)
    sheets = [cast("Any", sheet) for sheet in reader.wb.worksheets]
    sizes = [container.zip.getinfo(_part_of(sheet)).file_size for sheet in sheets]
    for index, sheet in enumerate(sheets):
        part = paper.part(sizes[index:])
        if part.over:
            part.left_out.append(sheet.title)
        else:
            hidden = sheet.sheet_state != "visible"
            _write(Sheet(part, sheet.title, hidden=hidden), sheet, container)
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


def _write(sheet: Sheet, source: Any, container: Container) -> None:
    if sheet.begun:
        uncomputed = _look_through(source, container, sheet)
        _add_rows(source, _formulas(source, container) if uncomputed else repeat(()), sheet)
    sheet.end()


def _add_rows(source: Any, formulas: Iterable[Sequence[Any]], sheet: Sheet) -> None:
    # What a sheet says of its size may be wrong, and every row would be filled up to it.
    source.reset_dimensions()
    for number, (cells, written) in enumerate(zip(source.iter_rows(), formulas, strict=False), 1):
        if not (cells or written) and number % _LOOK_EVERY:
            continue
        if not sheet.has_room(number):
            return
        found = {cell.column: text for cell in cells if (text := shown_value(cell))}
        for cell in written:
            if isinstance(cell.value, str) and cell.value.startswith("="):
                found.setdefault(cell.column, f"{cell.value} (not computed)")
        if found:
            sheet.add(number, found)


def shown_value(cell: Any) -> str:
    """The cell as a person sees it."""
    return "" if cell.value is None else shown(cell.value, cell.number_format)


def _formulas(sheet: Any, container: Container) -> Iterator[Sequence[Any]]:
    """The cells of the sheet's rows once more, with formulas instead of values."""
    again = cast("Any", _opened(container.source, computed=False).wb[sheet.title])
    again.reset_dimensions()
    yield from again.iter_rows()
    yield from repeat(())


def _look_through(source: Any, container: Container, sheet: Sheet) -> bool:
    """Note the last row and the merged cells, which openpyxl does not give of a sheet that it reads
    in pieces. Returns whether there is a formula that nobody has computed.
    """
    uncomputed, carried = False, b""
    with container.zip.open(_part_of(source)) as part:
        while chunk := part.read(_CHUNK):
            text = carried + chunk
            if b"</" in text and _UNCOMPUTED.search(text):
                uncomputed = True
            for each in _MERGED.findall(text) if b"mergeCell " in text else ():
                sheet.note_merged(each.decode())
            last = _ROW.search(text, max(0, text.rfind(b"row ")))
            sheet.last = int(last[1]) if last else sheet.last
            carried = text[-_OVERLAP:]
    return uncomputed
