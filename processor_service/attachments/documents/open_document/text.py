"""Texts of OpenDocument: paragraphs, headings, lists and tables in their order, and the notes at
their feet. Tracked insertions are in their place in the file, deletions elsewhere.
"""

from collections.abc import Iterable
from typing import Any, Final

from processor_service.attachments.documents.open_document.elements import (
    ANNOTATION,
    HEADING,
    NOT_SHOWN,
    NOTE,
    PARAGRAPH,
    TABLE,
    name,
    note_label,
    number_in,
    picture_in,
    rows_of,
    text_within,
)
from processor_service.attachments.documents.paper import Paper, one_line
from processor_service.attachments.documents.table import COLUMNS, write_plain

_LIST: Final = name("text:list")
_ITEMS: Final = frozenset({name("text:list-item"), name("text:list-header")})
_NUMBERED: Final = name("text:list-level-style-number")
_ROWS: Final = 1_000
_HEADINGS: Final = 9


def read_text(writer: "BlockWriter", body: Any, paper: Paper) -> None:
    """Write the text; the part behind the paper's end is left out."""
    if not writer.write(body):
        paper.left_out.append("…")
    elif not writer.write_feet():
        paper.left_out.append("Notes")


class BlockWriter:
    """Writes paragraphs, lists and tables, each followed by ``gap``. Of the ``styles``, parts of
    the document, the last one counts.
    """

    def __init__(self, paper: Paper, styles: Iterable[Any], gap: str = "") -> None:
        self._paper = paper
        self._gap = gap
        self._numbered: dict[str, frozenset[int]] = {}
        for part in styles:
            self._numbered |= _numbered_levels(part)
        self._notes: list[str] = []
        self._comments: list[str] = []

    def write(self, parent: Any) -> bool:
        """The blocks in an element; False if not all of them fit."""
        return all(not self._paper.over and self._block(child) for child in parent)

    def write_feet(self) -> bool:
        """The footnotes and comments of the written part."""
        found = (("Footnotes:", self._notes), ("Comments:", self._comments))
        lines = [line for title, notes in found if notes for line in (title, *notes)]
        return all(self._paper.write(line) for line in lines)

    def _block(self, child: Any) -> bool:
        if child.tag in {PARAGRAPH, HEADING}:
            level = min(number_in(child, "text:outline-level"), _HEADINGS)
            return self._paragraph(child, f"{'#' * level} " if child.tag == HEADING else "")
        if child.tag == _LIST:
            return self._list(child, 1, "")
        if child.tag == TABLE:
            written = write_plain(self._paper, [*rows_of(child, COLUMNS, _ROWS)]) is None
            return written and self._paper.write("", words=False)
        if child.tag == name("draw:image"):
            # A table on a slide has a picture of itself beside it.
            is_preview = child.getparent().find(TABLE) is not None
            return is_preview or self._paper.write(picture_in(child), words=False)
        unseen = not isinstance(child.tag, str) or child.tag in NOT_SHOWN
        return unseen or self.write(child)

    def _paragraph(self, paragraph: Any, before: str) -> bool:
        text = text_within(paragraph)
        self._notes += [f"[^{note_label(one)}] {_body(one)}" for one in paragraph.iter(NOTE)]
        self._comments += [_comment(one) for one in paragraph.iter(ANNOTATION)]
        return not text.strip() or self._paper.write(f"{before}{text}{self._gap}")

    def _list(self, element: Any, level: int, style: str) -> bool:
        style = element.get(name("text:style-name")) or style
        numbered = level in self._numbered.get(style, ())
        items = (item for item in element if item.tag in _ITEMS)
        return all(
            self._item(item, f"{number}. " if numbered else "- ", level, style)
            for number, item in enumerate(items, 1)
        )

    def _item(self, item: Any, mark: str, level: int, style: str) -> bool:
        before = "  " * (level - 1) + mark
        for child in item:
            if self._paper.over:
                return False
            if child.tag == _LIST:
                written = self._list(child, level + 1, style)
            elif child.tag in {PARAGRAPH, HEADING}:
                written = self._paragraph(child, before)
                before = "  " * level
            else:
                written = self._block(child)
            if not written:
                return False
        return True


def _numbered_levels(root: Any) -> dict[str, frozenset[int]]:
    """By the name of a list's style, the levels that count; the others have bullets."""
    return {
        str(style.get(name("style:name"))): frozenset(
            number_in(level, "text:level")
            for level in style.findall(_NUMBERED)
            if level.get(name("style:num-format"))
        )
        for style in root.iter(name("text:list-style"))
    }


def _body(note: Any) -> str:
    body = note.find(name("text:note-body"))
    return "" if body is None else one_line(text_within(body))


def _comment(comment: Any) -> str:
    author = comment.find(name("dc:creator"))
    named = "" if author is None else f"{text_within(author)}: "
    return f"- {named}{one_line(text_within(comment))}"
