"""The paper that a document is written on: a bounded text, and a list of what was left out."""

import time
from collections.abc import Sequence
from typing import Final

# Slack shows it in a line below the answer.
_TOLD_CHARS: Final = 200


def one_line(text: str) -> str:
    """``text`` with its white space as single blanks."""
    return " ".join(text.split())


def picture(described: str) -> str:
    """A picture in its author's words."""
    return f"[picture: {described}]" if described else "[picture]"


class Paper:
    """A text of at most ``room`` bytes. A reader stops once it is ``over``: it is full, or
    ``seconds`` of the processor's time are used up.
    """

    def __init__(self, room: int, seconds: float) -> None:
        self.left = room
        self.has_words = False
        self.left_out: list[str] = []
        self._until = time.process_time() + seconds
        self.lines: list[str] = []
        self._full = False

    @property
    def over(self) -> bool:
        """Whether its reader should stop."""
        return self._full or time.process_time() > self._until

    def write(self, line: str, *, words: bool = True) -> bool:
        """Add a line. False if it does not fit any more. ``words``: it is from the document."""
        size = len(line.encode("utf-8", "replace")) + 1
        if self._full or size > self.left:
            self._full = True
            return False
        self.lines.append(line)
        self.left -= size
        self.has_words = self.has_words or (words and bool(line.strip()))
        return True

    def part(self, sizes: Sequence[int]) -> "Paper":
        """The rest of room and time for the first of pieces of these sizes: it leaves the later
        ones enough, up to equal shares.
        """
        share = self.left // max(1, len(sizes))
        room = max(0, self.left - sum(min(share, size) for size in sizes[1:]))
        seconds = max(0.0, self._until - time.process_time())
        return Paper(room, seconds * room / max(1, self.left))

    def add(self, part: "Paper") -> None:
        """Take over the text on a part."""
        self.lines += part.lines
        self.left -= sum(len(line.encode("utf-8", "replace")) + 1 for line in part.lines)
        self.has_words = self.has_words or part.has_words
        self.left_out += part.left_out

    def text(self) -> str:
        """The whole text, and the list of what was left out."""
        told = self.left_out_told()
        end = [f"[left out: {told}]"] if told else []
        return "\n".join([*self.lines, *end])

    def left_out_told(self) -> str:
        """The places that were left out, in a line."""
        told = ", ".join(self.left_out)
        return told if len(told) <= _TOLD_CHARS else told[: _TOLD_CHARS - 1] + "…"
