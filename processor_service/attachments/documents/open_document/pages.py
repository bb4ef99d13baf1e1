"""Presentations of OpenDocument: each slide with its title, texts, tables and notes."""

from collections.abc import Iterator
from typing import Any, Final

from processor_service.attachments.documents.open_document.elements import name, text_within
from processor_service.attachments.documents.open_document.text import BlockWriter
from processor_service.attachments.documents.paper import Paper, one_line

_CLASS: Final = name("presentation:class")


def read_pages(writer: BlockWriter, root: Any, body: Any, paper: Paper) -> None:
    """Write the slides in their order; those behind the paper's end are left out."""
    pages, hidden = body.findall(name("draw:page")), frozenset(_hidden_styles(root))
    for number, page in enumerate(pages, 1):
        is_hidden = page.get(name("draw:style-name")) in hidden
        if paper.over or not _write(f"## Slide {number}", page, is_hidden, writer, paper):
            paper.left_out.append(f"slides {number}–{len(pages)}")
            return
    writer.write_feet()


def _hidden_styles(root: Any) -> Iterator[str]:
    for properties in root.iter(name("style:drawing-page-properties")):
        if properties.get(name("presentation:visibility")) == "hidden":
            yield str(properties.getparent().get(name("style:name")))


def _write(begin: str, page: Any, is_hidden: bool, writer: BlockWriter, paper: Paper) -> bool:
    title = next((one for one in page if one.get(_CLASS) == "title"), None)
    heading = "" if title is None else one_line(text_within(title))
    line = f"{begin}{': ' * bool(heading)}{heading}{' (hidden slide)' * is_hidden}"
    if not paper.write(line, words=bool(heading)):
        return False
    shapes = [one for one in page if one is not title]
    if not writer.write(shapes):
        return False
    notes = page.find(name("presentation:notes"))
    told = "" if notes is None else text_within(notes).strip()
    return (not told or paper.write(f"Notes: {told}")) and paper.write("", words=False)
