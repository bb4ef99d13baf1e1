"""A text while it is read: its edits and spans so far, and the characters beside a place."""

import re
import unicodedata
from collections.abc import Callable, Iterable
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import StateInline
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token

from processor_service.rendering.markdown.characters import ZERO_WIDTH_SPACE
from processor_service.rendering.markdown.references import Env, defined_at, labels_in

# A line break that an edit inserts: edits count the lines of a text.
LINE_BREAK = "\ue00b"
# In ``env``: the text ends here only for now.
GROWS = "grows"

Span = tuple[int, int]

# A multiplication ("2*3"), or a power ("x**2", not "x**2**").
_CALCULATES = re.compile(
    r"(?<=[A-Za-z0-9])\*[A-Za-z0-9]"
    r"|(?:(?<=[0-9)])|(?<=[A-Za-z])(?<![A-Za-z]{2}))\*\*[0-9]{1,20}+[^0-9*]"
)


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


class State(StateInline):
    """Emphasis opens and closes beside Chinese, Japanese and Korean text as its authors mean it.

    By CommonMark 0.31.2 (delimiter runs) a marker with punctuation inside needs white space or
    punctuation outside, which those scripts do not write: ``**「注意」**です`` would keep its
    asterisks. Asterisks and tildes follow github.com/tats-u/markdown-cjk-friendly instead. Models
    leave that space out in Latin text, too (``**Status:**OK``): two or more markers only need a
    character other than white space inside. Between letters or digits they calculate (``2*3``).
    """

    def __init__(self, src: str, md: MarkdownIt, env: Env, tokens: list[Token]) -> None:
        super().__init__(src, md, env, tokens)
        self.edits: list[Edit] = []
        self.spans: list[Span] = []
        self.coded: list[tuple[Span, str]] = []
        self.runs: set[Span] = set()
        self.literal: set[Span] = set()
        self.defined = defined_at(src, env)
        self.labels = labels_in(src)
        self.last_parenthesis = src.rfind(")")
        # Where an address ends that stays as it is.
        self.bare_until = 0
        self.open: list[int] = []
        self.closing: set[int] = set()
        self._replaced: dict[int, tuple[int, str]] = {}
        self._replaced_before: dict[int, tuple[int, str]] = {}

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 - the library's names
        """Whether the run of markers at ``start`` can open and close."""
        strict = super().scanDelims(start, canSplitWord)
        if self.src[start] == "_":
            return strict
        before, after = self.around(start, start + strict.length)
        if _CALCULATES.match(self.src, start):
            self.literal.add((start, start + strict.length))
            for at in range(start, start + strict.length):
                self.edit(at, at, "\\")
            return Scanned(False, False, strict.length)
        if strict.length > 1:
            return Scanned(not is_space(after), not is_space(before), strict.length)
        opens = not is_space(after) and (not _is_foreign_punctuation(after) or _parts(before))
        closes = not is_space(before) and (not _is_foreign_punctuation(before) or _parts(after))
        return Scanned(opens, closes, strict.length)

    def around(self, start: int, end: int) -> tuple[str, str]:
        """The characters before and after, a space at the edges of the text."""
        while start in self._replaced_before:
            start, text = self._replaced_before[start]
            if text:
                return text[-1], self.around(0, end)[1]
        while end in self._replaced:
            end, text = self._replaced[end]
            if text:
                return self.around(start, 0)[0], text[0]
        before = self.src[start - 1] if start else " "
        return before, self.src[end] if end < len(self.src) else " "

    def replace(self, end: int, text: str, shown: str) -> None:
        """Replace the text from here to ``end`` by ``text``, of which readers see ``shown``."""
        start, self.pos = self.pos, end
        self.edits.append(Edit(start, end, text))
        self.spans.append((start, end))
        self._replaced[start] = (end, shown)
        self._replaced_before[end] = (start, shown)

    def enclose(self, start: int, end: int) -> None:
        """Put the text from ``start`` to ``end`` in angle brackets."""
        self.edit(start, start, "<")
        self.edit(end, end, ">")
        self._replaced[start] = (end, "<")
        self._replaced_before[end] = (start, ">")

    def edit(self, start: int, end: int, text: str) -> bool:
        """Note an edit, unless it would join two lines."""
        noted = "\n" not in self.src[start:end]
        if noted:
            self.edits.append(Edit(start, end, text))
        return noted


# It makes tokens of the text from ``state.pos`` on, unless ``silent``; whether it is what it reads.
Rule = Callable[[State, bool], bool]


def is_space(char: str) -> bool:
    """Whether it is white space by CommonMark's rules."""
    return isWhiteSpace(ord(char))


def is_punctuation(char: str) -> bool:
    """Whether it is punctuation by CommonMark's rules, in any script."""
    return isMdAsciiPunct(ord(char)) or isPunctChar(char)


def _is_cjk(char: str) -> bool:
    return char == ZERO_WIDTH_SPACE or unicodedata.east_asian_width(char) in "FHW"


def _is_foreign_punctuation(char: str) -> bool:
    return is_punctuation(char) and not _is_cjk(char)


def _parts(outer: str) -> bool:
    """Whether this character separates words."""
    return is_space(outer) or is_punctuation(outer) or _is_cjk(outer)
