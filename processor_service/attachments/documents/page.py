"""A page in HTML as text: Slack's canvases and posts, and mails without a plain text.

A canvas is a page of Quip's: a ``div`` says of what style the list in it is, whose items are
``checked`` or not, and mentions are links with an id as text (github.com/shaharia-lab/slackcli,
canvas-parser; github.com/sweatco/archie-hq, pull request 253).
"""

import re
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import BinaryIO, Final

from processor_service.attachments.documents.paper import Paper
from processor_service.attachments.documents.table import write_plain
from shared.markdown import fenced

_BLOCKS: Final = frozenset(
    {*("p", "div", "br", "li", "ul", "ol", "blockquote", "pre", "hr", "section"), "table", "tr"}
)
_HEADINGS: Final = {f"h{level}": "#" * level for level in range(1, 7)}
_UNSEEN: Final = frozenset({"script", "style", "head", "title", "template"})
_STYLE: Final = "data-section-style"
_NUMBERED, _CHECKED = "6", "7"
_MENTION: Final = re.compile(r"([@#])([CUW][A-Z0-9]{2,30})")
# A longer address is one that a mail counts its readers with.
_ADDRESS_CHARS: Final = 300
_ADDRESS: Final = re.compile(rf"https?://\S{{1,{_ADDRESS_CHARS}}}\Z")
_DEEPEST: Final = 9


@dataclass
class _List:
    style: str
    number: int = 0


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
        self._lead = ""
        self._style = ""
        self._lists: list[_List] = []
        self._item: str | None = None
        self._link: tuple[str, int] | None = None
        self._code: str | None = None
        self._unseen = 0
        self._rows: list[list[str]] | None = None
        self.cut = False

    def parse_marked_section(self, i: int, report: bool = True) -> int:
        """Skip ``<![...>`` as browsers do (html.spec.whatwg.org, bogus comments): the library
        raises for words that it does not know.
        """
        return self.parse_bogus_comment(i, report)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Words of a new block begin a line."""
        told = dict(attrs)
        if tag in _UNSEEN:
            self._unseen += 1
        elif tag == "table" and self._rows is None:
            self.end_line()
            self._rows = []
        elif self._rows is not None:
            _add_to_table(self._rows, tag)
        elif self._code is not None:
            self._code += "\n" * (tag == "br")
        elif tag == "a":
            self._link = (told.get("href") or "", len(self._line))
        elif tag in _BLOCKS or tag in _HEADINGS:
            self._begin_block(tag, told)

    def handle_endtag(self, tag: str) -> None:
        """The end of a block ends its line."""
        if tag in _UNSEEN:
            self._unseen = max(0, self._unseen - 1)
        elif tag == "table" and self._rows is not None:
            rows, self._rows = [row for row in self._rows if row], None
            self.cut = self.cut or (bool(rows) and write_plain(self._paper, rows) is not None)
        elif self._rows is None and tag == "a":
            self._end_link()
        elif self._rows is None and tag == "pre":
            self._end_code()
        elif self._rows is None and (tag in _BLOCKS or tag in _HEADINGS):
            self.end_line()
            self._lead = ""
            if tag in {"li", "ul", "ol"}:
                self._item = None
            if tag in {"ul", "ol"} and self._lists:
                self._lists.pop()

    def handle_data(self, data: str) -> None:
        """Words, with their white space as a browser shows it."""
        if self._unseen:
            return
        if self._code is not None:
            self._code += data
            return
        words = " ".join(data.split())
        spaced = f"{' ' * data[:1].isspace()}{words}{' ' * (data[-1:].isspace() and words != '')}"
        if self._rows is None:
            self._line += spaced
        elif self._rows and self._rows[-1]:
            self._rows[-1][-1] += spaced

    def end_line(self) -> None:
        """Write the line, with the mark of the item or heading that it begins."""
        if self._code is not None:
            self._end_code()
        if self._line.strip():
            indent = "  " * min(max(0, len(self._lists) - 1), _DEEPEST)
            lead = self._lead or (f"{indent}{self._mark()}" if self._item is not None else "")
            self._write(lead + self._line.lstrip() if lead else self._line)
            self._item = None
        self._line = ""

    def _mark(self) -> str:
        if not self._lists:
            return "- "
        of = self._lists[-1]
        of.number += 1
        if of.style == _CHECKED:
            return "- [x] " if self._item == "checked" else "- [ ] "
        return f"{of.number}. " if of.style == _NUMBERED else "- "

    def _begin_block(self, tag: str, told: dict[str, str | None]) -> None:
        self.end_line()
        if tag in _HEADINGS:
            self._lead = f"{_HEADINGS[tag]} "
        elif tag == "li":
            self._item = " ".join((told.get("class") or "").split())
        elif tag in {"ul", "ol"}:
            style = self._lists[-1].style if self._lists else self._style
            self._lists.append(_List(_NUMBERED if tag == "ol" else style))
        elif tag == "pre":
            self._code = ""
        elif _STYLE in told:
            self._style = told[_STYLE] or ""

    def _end_link(self) -> None:
        """The address behind a link that does not show it; a mention in Slack's own form."""
        if self._link is None:
            return
        (address, start), self._link = self._link, None
        text = self._line[start:]
        if found := _MENTION.fullmatch(text.strip()):
            self._line = f"{self._line[:start]}<{found[0]}>"
        elif text.strip() and text.strip() != address and _ADDRESS.match(address):
            self._line += f" ({address})"

    def _end_code(self) -> None:
        code, self._code = self._code or "", None
        for line in fenced(code.strip("\n").split("\n")).split("\n") if code.strip() else ():
            self._write(line)

    def _write(self, line: str) -> None:
        if self._paper.over or not self._paper.write(line):
            self.cut = True


def _add_to_table(rows: list[list[str]], tag: str) -> None:
    if tag == "tr" or (tag in {"td", "th"} and not rows):
        rows.append([])
    if tag in {"td", "th"}:
        rows[-1].append("")
