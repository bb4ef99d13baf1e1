"""Documents in code that hold code themselves.

Models put a document into a fence of three backticks, and its code into fences of three as well.
CommonMark ends the outer one at the first end of an inner one, and the rest of the document falls
apart (github.com/FiligranHQ/filigran-ui/issues/288).
"""

import re
from collections.abc import Sequence

from shared.markdown import fenced

_DOCUMENT = re.compile(
    r"([ \t>]*(?:(?:[-+*]|\d{1,9}[.)])[ \t]+)?)```([ \t]*(?:markdown|mdx?)[ \t]*)\Z", re.IGNORECASE
)
_ANY_DOCUMENT = re.compile(r"```[ \t]*m", re.IGNORECASE)
_FENCE = re.compile(r"[ \t>]*(`{3,}|~{3,})([^`]*)\Z")
_ONLY_BACKTICKS = re.compile(r"`{1,3}")
_BACKTICKS = "```"


def lengthen_fences(source: str, *, grows: bool = False) -> str:
    """``source`` with a fence of four backticks around each document, which then holds its code.

    A document that has no end goes on while ``source`` grows; else CommonMark says where it ends.
    """
    if _ANY_DOCUMENT.search(source) is None:
        return source
    lines, at = source.split("\n"), 0
    while at < len(lines):
        opening = _DOCUMENT.match(lines[at])
        if opening is None:
            at = _after_code(lines, at)
            continue
        end = _end_of_document(lines, at + 1, grows=grows)
        lines[at] = f"{opening[1]}{_BACKTICKS}`{opening[2]}"
        if end < len(lines):
            lines[end] = lines[end].replace(_BACKTICKS, f"{_BACKTICKS}`", 1)
        at = end + 1
    return "\n".join(lines)


def indented_code(lines: Sequence[str]) -> tuple[str, bool]:
    """Indented code in a fence, which takes the place of one that models indent with it
    (github.com/huggingface/chat-ui/issues/1337); and whether that one has no end yet.
    """
    if len(lines) == 1 and _ONLY_BACKTICKS.fullmatch(lines[0]):
        return fenced(()), True
    opening = _FENCE.match(lines[0]) if lines else None
    if opening is None:
        return fenced(lines), False
    ended = lines[-1].strip() == opening[1] and len(lines) > 1
    return fenced(lines[1 : len(lines) - ended], opening[2].strip()), not ended


def _after_code(lines: Sequence[str], at: int) -> int:
    """The number of the next line, or of the one behind the code that begins ``at`` this one."""
    opening = _FENCE.match(lines[at])
    if opening is None:
        return at + 1
    for number in range(at + 1, len(lines)):
        found = _FENCE.match(lines[number])
        if found and found[1].startswith(opening[1]) and not found[2].strip():
            return number + 1
    return len(lines)


def _end_of_document(lines: Sequence[str], first: int, *, grows: bool) -> int:
    """The line with the fence that ends a document; the number of lines if there is none."""
    deep, earliest = 0, len(lines)
    for number in range(first, len(lines)):
        found = _FENCE.match(lines[number])
        if found is None or not found[1].startswith(_BACKTICKS):
            continue
        if found[2].strip():
            deep += 1
        elif not deep:
            return number
        else:
            deep, earliest = deep - 1, min(earliest, number)
    return len(lines) if grows else earliest
