"""Elements of an OpenDocument: their names, their words, and how they are parsed."""

import re
from collections.abc import Iterator
from typing import Any, Final

from processor_service.attachments.documents.paper import one_line, picture

CONTENT: Final = "content.xml"
STYLES: Final = "styles.xml"
SAFELY: Final[dict[str, Any]] = {
    "resolve_entities": False,
    "no_network": True,
    "load_dtd": False,
    "huge_tree": False,
}
"""How lxml parses: nothing from elsewhere, and within libxml2's own limits."""

_OASIS: Final = "urn:oasis:names:tc:opendocument:xmlns:"
_NAMESPACES: Final = {
    "dc": "http://purl.org/dc/elements/1.1/",
    "draw": f"{_OASIS}drawing:1.0",
    "office": f"{_OASIS}office:1.0",
    "presentation": f"{_OASIS}presentation:1.0",
    "style": f"{_OASIS}style:1.0",
    "svg": f"{_OASIS}svg-compatible:1.0",
    "table": f"{_OASIS}table:1.0",
    "text": f"{_OASIS}text:1.0",
}
_BLANKS: Final = re.compile(r"[ \t\r\n]+")
_MOST_SPACES: Final = 20
_MOST_REPEATED: Final = 1_048_576


def name(prefixed: str) -> str:
    """The whole name of an element or attribute, such as ``text:p``."""
    prefix, _, local = prefixed.partition(":")
    return f"{{{_NAMESPACES[prefix]}}}{local}"


PARAGRAPH: Final = name("text:p")
HEADING: Final = name("text:h")
NOTE: Final = name("text:note")
ANNOTATION: Final = name("office:annotation")
TABLE: Final = name("table:table")
ROW: Final = name("table:table-row")
CELL: Final = name("table:table-cell")
COVERED: Final = name("table:covered-table-cell")
# Deleted text, furigana, scripts, patterns of an index, forms, the picture of a slide in its notes.
NOT_SHOWN: Final = frozenset(
    map(
        name,
        (
            *("text:tracked-changes", "text:ruby-text", "text:script", "office:forms"),
            *("text:table-of-content-source", "text:alphabetical-index-source"),
            *("text:user-index-source", "text:bibliography-source", "table:shapes"),
            *("text:illustration-index-source", "text:table-index-source"),
            *("presentation:notes", "draw:page-thumbnail", "office:annotation", "svg:title"),
            *("svg:desc", "office:event-listeners", "dc:creator", "dc:date"),
        ),
    )
)
_AS_TEXT: Final = {name("text:tab"): "\t", name("text:line-break"): "\n"}
_SPACES: Final = name("text:s")
_IMAGE: Final = name("draw:image")


def text_within(element: Any) -> str:
    """The words in an element as they are read with all changes accepted."""
    return "".join(_pieces(element)).strip("\n")


def _pieces(element: Any) -> Iterator[str]:
    yield _BLANKS.sub(" ", element.text or "")
    for child in element:
        if child.tag == _SPACES:
            yield " " * min(number_in(child, "text:c"), _MOST_SPACES)
        elif child.tag == NOTE:
            yield f"[^{note_label(child)}]"
        elif child.tag == _IMAGE:
            yield picture_in(child)
        elif isinstance(child.tag, str) and child.tag not in NOT_SHOWN:
            yield _AS_TEXT.get(child.tag, "")
            yield from _pieces(child)
            if child.tag in {PARAGRAPH, HEADING}:
                yield "\n"
        yield _BLANKS.sub(" ", child.tail or "")


def number_in(element: Any, attribute: str) -> int:
    """How often something is repeated, or how many it spans; 1 unless it says a sensible number."""
    told = element.get(name(attribute), "1")
    number = int(told) if told.isascii() and told.isdecimal() and len(told) < 9 else 1
    return min(max(number, 1), _MOST_REPEATED)


def note_label(note: Any) -> str:
    """The label of a footnote in the text."""
    citation = note.find(name("text:note-citation"))
    return "" if citation is None else text_within(citation).strip()


def picture_in(image: Any) -> str:
    """A picture in its author's words."""
    told = (image.getparent().find(name(each)) for each in ("svg:desc", "svg:title"))
    words = (one_line(one.text or "") for one in told if one is not None)
    return picture(next(filter(None, words), ""))


def rows_of(table: Any, columns: int, rows: int) -> Iterator[list[str]]:
    """The rows of a table in a text or on a slide, without the empty ones at its end."""
    empty = 0
    for row in table.iter(ROW):
        # A table in a cell is that cell's text.
        if next(row.iterancestors(TABLE)) is not table:
            continue
        cells = [*_cells(row, columns)]
        for _ in range(min(number_in(row, "table:number-rows-repeated"), rows)):
            if not any(cells):
                empty += 1
                continue
            yield from ([""] for _ in range(min(empty, rows)))
            empty = 0
            yield cells


def _cells(row: Any, columns: int) -> Iterator[str]:
    found: list[str] = []
    for cell in row:
        if cell.tag in {CELL, COVERED} and len(found) < columns:
            text = text_within(cell) if cell.tag == CELL else ""
            repeated = number_in(cell, "table:number-columns-repeated")
            found += [text] * min(repeated, columns - len(found))
    while found and not found[-1]:
        found.pop()
    yield from found
