"""The words of a workbook's cells, which have a part of their own in the package, each once."""

import time
import xml.etree.ElementTree as ET
from typing import IO, Any, Final

from openpyxl.reader.excel import ExcelReader
from openpyxl.xml.constants import SHARED_STRINGS, SHEET_MAIN_NS

_STRING: Final = f"{{{SHEET_MAIN_NS}}}si"
_TEXT: Final = f"{{{SHEET_MAIN_NS}}}t"
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
    """Reads strings for a bounded time."""

    shared_strings: Strings

    def read_strings(self) -> None:
        """Called by ``read``."""
        self.shared_strings = Strings()
        package: Any = self.package
        part = package.find(SHARED_STRINGS)
        if part is not None:
            with self.archive.open(str(part.PartName)[1:]) as source:
                _read(source, self.shared_strings)


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
