"""What the cells of a workbook only refer to: their words, each once, and their formats."""

import time
import xml.etree.ElementTree as ET
from typing import IO, Any, Final

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import Stylesheet
from openpyxl.xml.constants import ARC_STYLE, SHARED_STRINGS, SHEET_MAIN_NS
from openpyxl.xml.functions import fromstring

_STRING: Final = f"{{{SHEET_MAIN_NS}}}si"
_TEXT: Final = f"{{{SHEET_MAIN_NS}}}t"
_FORMATS: Final = frozenset(f"{{{SHEET_MAIN_NS}}}{each}" for each in ("numFmts", "cellXfs"))
_FORMAT: Final = f"{{{SHEET_MAIN_NS}}}xf"
_RUN: Final = f"{{{SHEET_MAIN_NS}}}r"
# openpyxl's own reader takes 4 s for as many as this one reads in one: 400,000. The words of the
# first rows mostly come first.
_WITHIN_S: Final = 0.8
_UNREAD: Final = "(not read)"


class Strings(list[str]):
    """The strings that were read; ``missed`` if another one was asked for."""

    missed = False

    def __getitem__(self, index: int) -> str:  # type: ignore[override] # a cell names one string
        if index < len(self):
            return super().__getitem__(index)
        self.missed = True
        return _UNREAD


class BoundedReader(ExcelReader):
    """Reads strings for a bounded time, and of everything else what the cells need."""

    shared_strings: Strings

    def read(self) -> None:
        """The library itself reads authors, themes, fonts and fills, too, and no cell at all if one
        of them has a fault (github.com/Benchling-Open-Source/allotropy/pull/301).
        """
        self.read_manifest()
        self.read_strings()
        self.read_workbook()
        self._read_formats()
        self.read_worksheets()

    def read_strings(self) -> None:
        """Called by ``read``."""
        self.shared_strings = Strings()
        package: Any = self.package
        part = package.find(SHARED_STRINGS)
        if part is not None:
            with self.archive.open(str(part.PartName)[1:]) as source:
                _read(source, self.shared_strings)

    def _read_formats(self) -> None:
        if ARC_STYLE not in self.valid_files:
            return
        root: Any = fromstring(self.archive.read(ARC_STYLE))
        for part in [*root]:
            if part.tag not in _FORMATS:
                root.remove(part)
        for cell_format in root.iter(_FORMAT):
            del cell_format[:]
        styles = Stylesheet.from_tree(root)
        if styles.cell_styles:
            for name in ("cell_styles", "number_formats", "date_formats", "timedelta_formats"):
                setattr(self.wb, f"_{name}", getattr(styles, name))


def _read(source: IO[bytes], strings: Strings) -> None:
    until = time.process_time() + _WITHIN_S
    events = ET.iterparse(source, ("start", "end"))  # noqa: S314 - the container has no part with a DTD
    _, root = next(events)
    for event, element in events:
        if event == "end" and element.tag == _STRING:
            # Runs of text; the reading of a word (rPh) is not one.
            texts = [element.find(_TEXT), *(run.find(_TEXT) for run in element.findall(_RUN))]
            text = "".join(each.text or "" for each in texts if each is not None)
            strings.append(text.replace("x005F_", ""))
            root.clear()
            if len(strings) % 1_000 == 0 and time.process_time() > until:
                return
