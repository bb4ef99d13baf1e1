"""Presentations: each slide with its title, texts, tables, charts and notes."""

from collections.abc import Iterable, Iterator
from typing import Any, Final

from pptx import Presentation
from pptx.shapes.picture import Picture

from processor_service.attachments.documents.chart import write_chart
from processor_service.attachments.documents.container import Container
from processor_service.attachments.documents.paper import Paper, one_line, picture
from processor_service.attachments.documents.table import write_plain

_DEEPEST: Final = 20


def read_slides(container: Container, paper: Paper) -> None:
    """Write the slides in their order; those behind the paper's end are left out."""
    slides = [*Presentation(container.without_media()).slides]
    for number, slide in enumerate(slides, 1):
        if paper.over or not _write(number, slide, paper):
            paper.left_out.append(f"slides {number}–{len(slides)}")
            return


def _write(number: int, slide: Any, paper: Paper) -> bool:
    title = slide.shapes.title
    heading = f": {one_line(title.text_frame.text)}" if title is not None else ""
    # PowerPoint shows a slide unless it says otherwise (19.3.1.38).
    hidden = " (hidden slide)" if slide.element.get("show") in {"0", "false"} else ""
    if not paper.write(f"## Slide {number}{heading}{hidden}", words=heading != ""):
        return False
    for shape in _shapes(slide.shapes):
        is_title = title is not None and shape.shape_id == title.shape_id
        if not is_title and not _write_shape(shape, paper):
            return False
    notes = slide.notes_slide.notes_text_frame if slide.has_notes_slide else None
    if notes is not None and notes.text.strip() and not paper.write(f"Notes: {notes.text}"):
        return False
    return paper.write("", words=False)


def _shapes(shapes: Iterable[Any], depth: int = 0) -> Iterator[Any]:
    for shape in shapes:
        if hasattr(shape, "shapes") and depth < _DEEPEST:
            yield from _shapes(shape.shapes, depth + 1)
        else:
            yield shape


def _write_shape(shape: Any, paper: Paper) -> bool:
    if getattr(shape, "has_table", False):
        rows = [[_cell(cell) for cell in row.cells] for row in shape.table.rows]
        return write_plain(paper, rows) is None
    if getattr(shape, "has_chart", False):
        return write_chart(shape.chart, paper)
    if shape.has_text_frame:
        lines = [
            f"{'  ' * each.level}{one_line(each.text)}" for each in shape.text_frame.paragraphs
        ]
        return all(paper.write(line) for line in lines if line.strip())
    if isinstance(shape, Picture):
        described = shape._element._nvXxPr.cNvPr.get("descr") or ""  # noqa: SLF001 - told nowhere else
        return paper.write(picture(one_line(described)), words=False)
    return True


def _cell(cell: Any) -> str:
    return "" if cell.is_spanned else str(cell.text)
