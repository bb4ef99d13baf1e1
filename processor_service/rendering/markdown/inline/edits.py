"""The changes in a text that make Slack show it as it is meant."""

from collections.abc import Iterable
from dataclasses import dataclass

# A line break that an edit inserts: edits count the lines of a text.
LINE_BREAK = "\ue00b"


@dataclass(frozen=True)
class Edit:
    """Replace the characters from ``start`` to ``end`` by ``text``."""

    start: int
    end: int
    text: str


def repaired(source: str, edits: Iterable[Edit]) -> str:
    """``source`` with its edits."""
    written, end = [], 0
    for edit in edits:
        written += [source[end : edit.start], edit.text]
        end = edit.end
    return "".join([*written, source[end:]])
