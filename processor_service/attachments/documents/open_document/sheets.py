"""Spreadsheets of OpenDocument, read in pieces: each sheet as a table whose cells keep their row
and column. A cell holds what it shows as its words.
"""

import re
from collections.abc import Iterator
from typing import IO, Any, Final

from lxml import etree

from processor_service.attachments.documents.container import Container
from processor_service.attachments.documents.open_document.elements import (
    CELL,
    CONTENT,
    COVERED,
    PARAGRAPH,
    ROW,
    SAFELY,
    TABLE,
    name,
    number_in,
    text_within,
)
from processor_service.attachments.documents.paper import Paper
from processor_service.attachments.documents.table import COLUMNS, Sheet, letters

_CHUNK: Final = 1024 * 1024
_BEGINS: Final = b"<table:table "
_STYLE: Final = name("style:style")
_VALUES: Final = ("string-value", "value", "date-value", "time-value", "boolean-value")
_FILLED: Final = (
    f"./{CELL}/{PARAGRAPH}",
    f"./{CELL}[@{name('office:value-type')}]",
    f"./{CELL}[@{name('table:formula')}]",
)
_LANGUAGE: Final = re.compile(r"^\w+:(?==)")


def read_sheets(container: Container, paper: Paper) -> None:
    """Write each sheet on its part of the paper."""
    sizes = _sizes(container)
    with container.zip.open(CONTENT) as part:
        for sheet in _sheets(part, paper, sizes):
            sheet.end()
            paper.add(sheet.paper)
            if paper.over:
                break
    if paper.over and sizes:
        paper.left_out.append("…")


def _sizes(container: Container) -> list[int]:
    """How many bytes each sheet takes, by where the next one begins."""
    begins, at, carried = [], 0, b""
    with container.zip.open(CONTENT) as part:
        while chunk := part.read(_CHUNK):
            text, start = carried + chunk, at - len(carried)
            begins += [start + one.start() for one in re.finditer(_BEGINS, text)]
            at += len(chunk)
            carried = text[-len(_BEGINS) + 1 :]
    return [end - begin for begin, end in zip(begins, [*begins[1:], at], strict=True)]


def _sheets(part: IO[bytes], paper: Paper, sizes: list[int]) -> Iterator[Sheet]:
    """Each sheet once its rows are read. Takes the sizes of the sheets that have begun away."""
    hidden: set[str] = set()
    sheet, depth, number = None, 0, 1
    wanted = (_STYLE, TABLE, ROW)
    for event, element in etree.iterparse(part, events=("start", "end"), tag=wanted, **SAFELY):
        if element.tag == _STYLE:
            hidden |= _hidden_style(element) if event == "end" else set()
        elif element.tag == TABLE and event == "start":
            depth += 1
            if depth == 1:
                title, style = element.get(name("table:name"), ""), name("table:style-name")
                own = paper.part(sizes)
                del sizes[:1]
                sheet, number = Sheet(own, title, hidden=element.get(style) in hidden), 1
        elif element.tag == TABLE:
            depth -= 1
            if depth == 0 and sheet is not None:
                yield sheet
                _forget(element)
        elif event == "end" and depth == 1 and sheet is not None:
            number += _take(element, number, sheet)
            _forget(element)
            if paper.over:
                sheet.unread = sheet.unread or number
                yield sheet
                return


def _hidden_style(style: Any) -> set[str]:
    properties = style.find(name("style:table-properties"))
    is_hidden = properties is not None and properties.get(name("table:display")) == "false"
    return {str(style.get(name("style:name")))} if is_hidden else set()


def _forget(element: Any) -> None:
    """Free the memory of the rows that were read."""
    element.clear()
    while element.getprevious() is not None:
        del element.getparent()[0]


def _take(row: Any, number: int, sheet: Sheet) -> int:
    """Keep a row with anything in it, as often as it is repeated; returns how often that is."""
    repeated = number_in(row, "table:number-rows-repeated")
    if all(row.find(path) is None for path in _FILLED):
        return repeated
    sheet.last = number + repeated - 1
    if sheet.unread:
        return repeated
    cells = _cells(row, number, sheet)
    for each in range(number, number + repeated if cells else number):
        if not sheet.has_room(each):
            break
        sheet.add(each, cells)
    return repeated


def _cells(row: Any, number: int, sheet: Sheet) -> dict[int, str]:
    column = 1
    found: dict[int, str] = {}
    for cell in row:
        if cell.tag not in {CELL, COVERED}:
            continue
        repeated = number_in(cell, "table:number-columns-repeated")
        text = _shown(cell) if cell.tag == CELL else ""
        if text:
            end = min(column + repeated, COLUMNS + 1)
            found |= dict.fromkeys(range(column, end), text)
            sheet.beyond = sheet.beyond or column + repeated - 1 > COLUMNS
        _note_merged(cell, (column, number), sheet)
        column += repeated
    return found


def _note_merged(cell: Any, at: tuple[int, int], sheet: Sheet) -> None:
    wide = number_in(cell, "table:number-columns-spanned")
    high = number_in(cell, "table:number-rows-spanned")
    if wide * high > 1:
        column, row = at
        end = f"{letters(column + wide - 1)}{row + high - 1}"
        sheet.note_merged(f"{letters(column)}{row}:{end}")


def _shown(cell: Any) -> str:
    """The cell as a person sees it, else its value, else its formula."""
    text = "\n".join(text_within(one) for one in cell.findall(PARAGRAPH))
    if text.strip():
        return text
    values = (cell.get(name(f"office:{each}")) for each in _VALUES)
    value = next((each for each in values if each), "")
    formula = cell.get(name("table:formula"), "")
    return value or (f"{_LANGUAGE.sub('', formula)} (not computed)" if formula else "")
