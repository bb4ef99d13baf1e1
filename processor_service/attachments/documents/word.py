"""Word documents: paragraphs, headings, lists and tables in their order, with tracked insertions
and without tracked deletions, and the notes at their feet.
"""

from collections.abc import Iterable, Iterator
from typing import Any, Final

import docx
from docx.opc.constants import RELATIONSHIP_TYPE as RELATION
from docx.oxml import parse_xml
from docx.oxml.ns import qn

from processor_service.attachments.documents.container import Container
from processor_service.attachments.documents.numbering import Numbering, list_of, value_of
from processor_service.attachments.documents.paper import Paper, picture
from processor_service.attachments.documents.table import write_plain

_MC: Final = "{http://schemas.openxmlformats.org/markup-compatibility/2006}"
_WP: Final = "{http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing}"
# A tracked deletion, the old place of what was moved, properties, the code of a field, furigana.
_NOT_SHOWN: Final = frozenset(
    {
        *(qn("w:del"), qn("w:moveFrom"), qn("w:pPr"), qn("w:rPr"), qn("w:sdtPr"), qn("w:rt")),
        *(qn("w:instrText"), qn("w:delText"), qn("w:fldData"), f"{_MC}Fallback"),
    }
)
_AS_TEXT: Final = {
    qn("w:tab"): "\t",
    qn("w:br"): "\n",
    qn("w:cr"): "\n",
    qn("w:noBreakHyphen"): "-",
    qn("w:txbxContent"): "\n",
}
# Formulas are written in a line (22.1.2): fractions, powers, indices and roots.
_IN_FORMULA: Final = {
    qn("m:num"): ("(", ")"),
    qn("m:den"): ("/(", ")"),
    qn("m:sup"): ("^(", ")"),
    qn("m:sub"): ("_(", ")"),
    qn("m:deg"): ("[", "]"),
    qn("m:rad"): ("√(", ")"),
}
_FEET: Final = (
    (RELATION.FOOTNOTES, "Footnotes"),
    (RELATION.ENDNOTES, "Endnotes"),
    (RELATION.COMMENTS, "Comments"),
)
_MOST_STYLES: Final = 10


def read_word(container: Container, paper: Paper) -> None:
    """Write the document; the part behind the paper's end is left out."""
    document = docx.Document(container.without_media())
    _Writer(document, paper).write()


class _Writer:
    def __init__(self, document: Any, paper: Paper) -> None:
        self._body = document.element.body
        self._paper = paper
        self._parts = {
            relation.reltype: relation.target_part
            for relation in document.part.rels.values()
            if not relation.is_external
        }
        numbering = self._parts.get(RELATION.NUMBERING)
        self._numbering = Numbering(None if numbering is None else _root(numbering))
        self._styles = {
            style.get(qn("w:styleId")): style
            for style in document.styles.element.findall(qn("w:style"))
        }

    def write(self) -> None:
        """All of it, in order."""
        if not self._blocks(self._body):
            self._paper.left_out.append("…")
            return
        for relation, title in _FEET:
            if relation in self._parts and not self._foot(title, _root(self._parts[relation])):
                self._paper.left_out.append(title)

    def _blocks(self, parent: Any) -> bool:
        children = parent.iterchildren(tag="*")
        return all(not self._paper.over and self._block(child) for child in children)

    def _block(self, child: Any) -> bool:
        if child.tag == qn("w:p"):
            line = self._paragraph(child)
            return not line.strip() or self._paper.write(f"{line}\n")
        if child.tag == qn("w:tbl"):
            written = write_plain(self._paper, [*_table(child)]) is None
            return written and self._paper.write("", words=False)
        return child.tag in _NOT_SHOWN or self._blocks(child)

    def _paragraph(self, paragraph: Any) -> str:
        text = _text(paragraph).strip("\n")
        if not text.strip():
            return ""
        own = paragraph.find(qn("w:pPr"))
        styles = [*self._styles_of(own)]
        properties = [own, *(style.find(qn("w:pPr")) for style in styles)]
        level = _first(map(_outline, properties))
        if level is None and any(value_of(style, "w:name") == "Title" for style in styles):
            level = 0
        if level is not None:
            return f"{'#' * (level + 1)} {text}"
        listed = _first(map(list_of, properties))
        if listed is not None and listed[0] not in {"", "0"}:
            return f"{self._numbering.before(*listed)} {text}"
        return text

    def _styles_of(self, properties: Any | None) -> Iterator[Any]:
        """The style of a paragraph, and those it is based on."""
        style_id = value_of(properties, "w:pStyle")
        for _ in range(_MOST_STYLES):
            style = self._styles.get(style_id)
            if style is None:
                return
            yield style
            style_id = value_of(style, "w:basedOn")

    def _foot(self, title: str, root: Any) -> bool:
        notes = [(each, _text(each).strip()) for each in root if each.get(qn("w:type")) is None]
        shown = [(each, text) for each, text in notes if text]
        if not shown:
            return True
        self._paper.write(f"{title}:", words=False)
        return all(self._paper.write(f"{_label(each)} {text}") for each, text in shown)


def _root(part: Any) -> Any:
    element = getattr(part, "element", None)
    return parse_xml(part.blob) if element is None else element


def _label(note: Any) -> str:
    author = note.get(qn("w:author"))
    return f"- {author}:" if author else f"[^{note.get(qn('w:id'))}]"


def _outline(properties: Any | None) -> int | None:
    """The level of a heading, from 0; 9 is the body's (17.3.1.20)."""
    value = value_of(properties, "w:outlineLvl")
    return int(value) if value in {*"012345678"} else None


def _first(found: Iterable[Any]) -> Any:
    return next((each for each in found if each is not None), None)


def _text(element: Any) -> str:
    """The words in an element as they are read with all changes accepted."""
    return "".join(_pieces(element))


def _pieces(element: Any) -> Iterator[str]:
    for child in element.iterchildren(tag="*"):
        if child.tag in {qn("w:t"), qn("m:t")}:
            yield child.text or ""
        elif child.tag in _IN_FORMULA or child.tag == qn("m:d"):
            before, after = _IN_FORMULA.get(child.tag) or _brackets(child)
            inside = _text(child)
            yield f"{before}{inside}{after}" if inside else ""
        elif child.tag == qn("m:naryPr"):
            sign = child.find(qn("m:chr"))
            yield "∫" if sign is None else sign.get(qn("m:val"), "")
        elif child.tag in {qn("w:footnoteReference"), qn("w:endnoteReference")}:
            yield f"[^{child.get(qn('w:id'))}]"
        elif child.tag == f"{_WP}docPr":
            yield picture(child.get("descr") or child.get("title") or "")
        elif child.tag not in _NOT_SHOWN:
            yield _AS_TEXT.get(child.tag, "")
            yield from _pieces(child)
            if child.tag == qn("w:p"):
                yield "\n"


def _brackets(formula: Any) -> tuple[str, str]:
    """What stands around a part of a formula; round ones unless it says so (22.1.2.24)."""
    begin, end = (formula.find(f"{qn('m:dPr')}/{qn(each)}") for each in ("m:begChr", "m:endChr"))
    return (
        "(" if begin is None else begin.get(qn("m:val"), ""),
        ")" if end is None else end.get(qn("m:val"), ""),
    )


def _table(table: Any) -> Iterator[list[str]]:
    for row in table.iter(qn("w:tr")):
        properties = row.find(qn("w:trPr"))
        deleted = properties is not None and properties.find(qn("w:del")) is not None
        # A table in a cell is that cell's text.
        if not deleted and next(row.iterancestors(qn("w:tbl"))) is table:
            yield [*_cells(row)]


def _cells(row: Any) -> Iterator[str]:
    for cell in row.iter(qn("w:tc")):
        if next(cell.iterancestors(qn("w:tr"))) is not row:
            continue
        properties = cell.find(qn("w:tcPr"))
        merged = None if properties is None else properties.find(qn("w:vMerge"))
        goes_on = merged is not None and merged.get(qn("w:val")) != "restart"
        yield "" if goes_on else _text(cell)
        width = value_of(properties, "w:gridSpan")
        yield from [""] * (int(width) - 1 if width.isdecimal() and len(width) < 3 else 0)
