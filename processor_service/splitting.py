"""Splitting long Markdown into parts that each render on their own."""

import re
from collections.abc import Iterator

_FENCE = re.compile(r"^ {0,3}(`{3,}|~{3,})[^`]*$")


def split_markdown(text: str, limit: int) -> list[str]:
    """Parts of at most ``limit`` characters, cut between lines, blank lines preferred.

    No text is lost: without the fence lines added at a joint inside a code block, the parts joined
    by newlines are ``text``. A line longer than a part is cut inside. ``limit`` is at least 200.
    """
    parts: list[str] = []
    builder = _Part(limit)
    for line in _short_lines(text, limit // 2):
        if not builder.fits(line):
            part, builder = builder.cut()
            parts.append(part)
        builder.add(line)
    parts.append(builder.text())
    return parts


def _short_lines(text: str, longest: int) -> Iterator[str]:
    for line in text.split("\n"):
        for start in range(0, max(len(line), 1), longest):
            yield line[start : start + longest]


class _Part:
    """The part being filled: its lines, and the code fence open at its end."""

    def __init__(self, limit: int, opening: str = "") -> None:
        self._limit = limit
        self._opening = opening
        self._lines: list[str] = [opening] if opening else []
        self._fence = opening

    def fits(self, line: str) -> bool:
        # Room for the line, its newline, and the fence that may have to be closed behind it.
        return len(self.text()) + len(line) + 1 + len(line) + 8 + len(self._fence) <= self._limit

    def add(self, line: str) -> None:
        self._lines.append(line)
        self._fence = _fence_after(self._fence, line)

    def text(self) -> str:
        return "\n".join(self._lines)

    def cut(self) -> tuple[str, "_Part"]:
        """This part, finished, and the next one to fill."""
        if self._fence:
            closing = _marker(self._fence)
            return f"{self.text()}\n{closing}", _Part(self._limit, self._fence)
        at = self._last_blank_line()
        following = _Part(self._limit)
        for line in self._lines[at:]:
            following.add(line)
        self._lines = self._lines[:at]
        return self.text(), following

    def _last_blank_line(self) -> int:
        """Where to cut: behind the last blank line outside code in the second half, or the end."""
        fence, best = "", len(self._lines)
        half = len(self.text()) // 2
        length = 0
        for number, line in enumerate(self._lines, start=1):
            fence = _fence_after(fence, line)
            length += len(line) + 1
            if not line and not fence and length > half:
                best = number
        return best


def _fence_after(fence: str, line: str) -> str:
    """The line that opened the code block we are in after ``line``, or "" outside one."""
    match = _FENCE.match(line)
    if match is None:
        return fence
    if not fence:
        return line
    closes = match[1].startswith(_marker(fence)) and line.strip() == match[1]
    return "" if closes else fence


def _marker(fence: str) -> str:
    match = _FENCE.match(fence)
    return match[1] if match else "```"
