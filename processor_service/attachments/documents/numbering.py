"""The bullets and numbers before a Word document's paragraphs, which are counted, not written."""

from collections import defaultdict
from typing import Any, Final

from docx.oxml.ns import qn

_BULLET: Final = "-"
_LEVELS: Final = 9


class Numbering:
    """Counts the paragraphs of each list. ``root`` is the part with the lists' formats, if any."""

    def __init__(self, root: Any | None) -> None:
        self._formats: dict[str, dict[int, tuple[str, str]]] = {}
        self._counts: dict[str, list[int]] = defaultdict(lambda: [0] * _LEVELS)
        if root is not None:
            self._read(root)

    def _read(self, root: Any) -> None:
        abstract = {
            each.get(qn("w:abstractNumId")): {
                _level(level.get(qn("w:ilvl"))): (
                    value_of(level, "w:numFmt"),
                    value_of(level, "w:lvlText"),
                )
                for level in each.findall(qn("w:lvl"))
            }
            for each in root.findall(qn("w:abstractNum"))
        }
        for num in root.findall(qn("w:num")):
            of = value_of(num, "w:abstractNumId")
            self._formats[num.get(qn("w:numId"))] = abstract.get(of, {})

    def before(self, list_id: str, level: int) -> str:
        """The bullet or number before the next paragraph of that list at that level."""
        counts, formats = self._counts[list_id], self._formats.get(list_id, {})
        counts[level] += 1
        counts[level + 1 :] = [0] * (_LEVELS - level - 1)
        number_format, text = formats.get(level, ("bullet", ""))
        if number_format in {"bullet", "none", ""} or "%" not in text:
            shown = _BULLET
        else:
            shown = text
            for each in range(_LEVELS):
                shown = shown.replace(f"%{each + 1}", str(max(1, counts[each])))
        return "  " * level + shown


def value_of(element: Any | None, name: str) -> str:
    """The value of an element's child with that name; "" if there is none."""
    found = None if element is None else element.find(qn(name))
    return "" if found is None else found.get(qn("w:val")) or ""


def _level(written: str | None) -> int:
    if written is None or len(written) != 1 or not written.isdecimal():
        return 0
    return min(int(written), _LEVELS - 1)


def list_of(properties: Any | None) -> tuple[str, int] | None:
    """The list and the level in a paragraph's or style's properties; "0" is none (17.9.18)."""
    found = None if properties is None else properties.find(qn("w:numPr"))
    if found is None:
        return None
    return value_of(found, "w:numId"), _level(value_of(found, "w:ilvl"))
