"""A runbook as a machine reads it: its fenced blocks, and what each is there for.

The first word behind the fence is the language, the second the block's role: ``confirm`` shows
that the page is the right one, ``fix`` mends it, ``verify`` shows that it is mended. A
``text shows`` block says what the command above it prints. The drill does what the roles say; a
block without one is for people only.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

RUNBOOKS = Path(__file__).parents[3] / "docs" / "runbooks"

_FENCE = re.compile(r"^```(?P<info>[^\n]*)\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Block:
    """One fenced block. ``target`` is the third word: whose answer a ``json`` block shows."""

    language: str
    role: str
    target: str
    text: str
    shows: str = ""

    def lines(self) -> list[str]:
        """What is to be typed, one command each: a backslash goes on in the next line."""
        joined = self.text.replace("\\\n", " ")
        lines = (" ".join(line.split()) for line in joined.splitlines())
        return [line for line in lines if line and not line.startswith("#")]


@dataclass(frozen=True)
class Page:
    """A runbook by its file's name."""

    name: str
    text: str
    blocks: Sequence[Block]

    def of(self, role: str) -> list[Block]:
        """The blocks with this role, in their order."""
        return [block for block in self.blocks if block.role == role]

    def commands(self) -> Iterator[str]:
        """Every command of every ``sh`` block."""
        for block in self.blocks:
            if block.language == "sh":
                yield from block.lines()


def read(path: Path) -> Page:
    """The page at ``path``."""
    text = path.read_text(encoding="utf-8")
    return Page(path.stem, text, tuple(_blocks(text)))


def pages(folder: Path = RUNBOOKS) -> list[Page]:
    """Every runbook of a folder by name; its README is not one."""
    return [read(path) for path in sorted(folder.glob("*.md")) if path.stem != "README"]


def _blocks(text: str) -> Iterator[Block]:
    found: list[Block] = []
    for fence in _FENCE.finditer(text):
        language, role, target = (*fence["info"].split(), "", "", "")[:3]
        block = Block(language, role, target, fence["text"])
        if role == "shows" and found:
            last = found.pop()
            block = Block(last.language, last.role, last.target, last.text, shows=fence["text"])
        found.append(block)
    yield from found
