"""A page in HTML as text: Slack's canvases and posts, and mails without a plain text."""

from html.parser import HTMLParser
from typing import BinaryIO, Final

from processor_service.attachments.documents.paper import Paper
from processor_service.attachments.documents.table import write_plain

_BLOCKS: Final = frozenset(
    {*("p", "div", "br", "li", "ul", "ol", "blockquote", "pre", "hr", "section"), "table", "tr"}
)
_HEADINGS: Final = {f"h{level}": "#" * level for level in range(1, 7)}
_UNSEEN: Final = frozenset({"script", "style", "head", "title", "template"})


def read_page(source: BinaryIO, paper: Paper) -> None:
    """Write the words of a page in UTF-8, tables as tables."""
    write_html(source.read().decode("utf-8", "replace"), paper)


def write_html(html: str, paper: Paper) -> None:
    """Write the words of a page; those that do not fit are left out."""
    parser = _Words(paper)
    parser.feed(html)
    parser.close()
    parser.end_line()
    if parser.cut:
        paper.left_out.append("…")


class _Words(HTMLParser):
    def __init__(self, paper: Paper) -> None:
        super().__init__()
        self._paper = paper
        self._line = ""
        self._unseen = 0
        self._rows: list[list[str]] | None = None
        self.cut = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Words of a new block begin a line."""
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "table" and self._rows is None:
            self.end_line()
            self._rows = []
        elif self._rows is not None:
            self._in_table(tag)
        elif tag in _BLOCKS or tag in _HEADINGS:
            self.end_line()
            self._line = f"{_HEADINGS[tag]} " if tag in _HEADINGS else "- " * (tag == "li")

    def handle_endtag(self, tag: str) -> None:
        """The end of a block ends its line."""
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "table" and self._rows is not None:
            rows, self._rows = [row for row in self._rows if row], None
            self.cut = self.cut or (bool(rows) and write_plain(self._paper, rows) is not None)
        elif self._rows is None and (tag in _BLOCKS or tag in _HEADINGS):
            self.end_line()

    def handle_data(self, data: str) -> None:
        """Words, with their white space as a browser shows it."""
        if self._unseen:
            return
        words = " ".join(data.split())
        spaced = f"{' ' * data[:1].isspace()}{words}{' ' * (data[-1:].isspace() and words != '')}"
        if self._rows is None:
            self._line += spaced
        elif self._rows and self._rows[-1]:
            self._rows[-1][-1] += spaced

    def end_line(self) -> None:
        """Write the line."""
        if self._line.strip(" -#") and not (self._paper.over or self._paper.write(self._line)):
            self.cut = True
        self._line = ""

    def _in_table(self, tag: str) -> None:
        if self._rows is None:
            return
        if tag == "tr":
            self._rows.append([])
        elif tag in {"td", "th"}:
            self._rows = self._rows or [[]]
            self._rows[-1].append("")
