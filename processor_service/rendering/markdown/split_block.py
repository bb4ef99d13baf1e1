"""Cutting a block that is longer than a message, at its best places."""

import re
import unicodedata
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from functools import partial
from itertools import accumulate, chain

from processor_service.rendering.markdown.characters import ZERO_WIDTH_SPACE
from processor_service.rendering.markdown.document import MarkdownBlock, read_document
from processor_service.rendering.markdown.inline.parser import Inline, read_blocks, read_inline
from shared.markdown import fenced

Size = Callable[[str], int]
_Pieces = Iterator[tuple[str, str]]

# Room for an item's marker, and for emphasis markers closed and reopened at a cut.
_SPARE = 24
_ITEM = re.compile(r" *(?:[-+*]|(\d{1,9})[.)])(?: {1,4}(?! )| |$)")
_QUOTE = re.compile(r"^ {0,3}> ?", re.MULTILINE)
# Text that would begin a block if it began a line.
_BLOCK_START = re.compile(
    r"(?:[-+*]|\d{1,9}[.)]|#{1,6})(?:[ \t\n]|$)|[>\[]|`{3}|~{3}|\||-{2}|={2}|_{3}|\["
)
_SENTENCE_ENDS = "。．！？.!?"
_JOINER = "\u200d"
_LONGEST_MARKER = _SPARE // 4
# Each level is read again for the next one; the parser itself reads 20.
_MOST_DEEP = 5


def cut(
    block: MarkdownBlock, first: int, limit: int, size: Size, deep: int = 0
) -> Iterator[MarkdownBlock]:
    """``block`` in pieces of at most ``limit``; of code or text the first is at most ``first``.

    ``size`` is additive over characters. Code stays in code blocks, items stay in lists and keep
    their numbers, quotes stay quotes. Content nested too ``deep`` is cut as text.
    """
    if _is_mostly_fence(block, limit, size):
        code = "\n".join(block.text.split("\n")[1:-1])
        block = replace(block, kind="paragraph", text=code, unclosed=False)
    elif deep > _MOST_DEEP:
        block = replace(block, kind="paragraph", unclosed=False)
    if block.kind in ("fence", "code_block"):
        pieces = _cut_code(block.text, first, limit, size)
    elif block.kind in ("bullet_list", "ordered_list"):
        pieces = _cut_list(block.text, limit, size, deep)
    elif block.kind == "blockquote":
        pieces = _cut_quote(block.text, limit, size, deep)
    else:
        pieces = _cut_text(block.text, first, limit, size)
    for number, (gap, text) in enumerate(pieces):
        yield replace(block, text=text, gap=gap if number else block.gap)


def _is_mostly_fence(block: MarkdownBlock, limit: int, size: Size) -> bool:
    """Whether a fence, longer than any run of backticks in the code, fills most of a message."""
    return block.kind in ("fence", "code_block") and size(block.text.split("\n")[-1]) > limit // 4


def _cut_code(text: str, first: int, limit: int, size: Size) -> _Pieces:
    opening, *lines, fence = text.split("\n")
    frame = size(f"{opening}\n\n{fence}")
    room, held = first - frame, list[str]()
    longest = min(first, limit) - frame
    for line in chain.from_iterable(_short(line, longest, size) for line in lines):
        if held and size(f"\n{line}") > room:
            yield "\n", fenced(held, opening.lstrip("`"), len(fence))
            room, held = limit - frame, []
        held.append(line)
        room -= size(f"\n{line}")
    yield "\n", fenced(held, opening.lstrip("`"), len(fence))


def _short(line: str, limit: int, size: Size) -> Iterator[str]:
    """A line of code in pieces that fit inside a fence."""
    limit -= size("\n")
    if size(line) <= limit:
        yield line
        return
    sizes, start = [0, *accumulate(map(size, line))], 0
    while start < len(line):
        end = _whole(line, bisect_right(sizes, sizes[start] + limit) - 1, start)
        yield line[start:end]
        start = end


def _cut_list(text: str, limit: int, size: Size, deep: int) -> _Pieces:
    lines = text.split("\n")
    items = [
        token
        for token in read_blocks(text)
        if token.type == "list_item_open" and token.level == 1 and token.map
    ]
    number, apart = int(items[0].info or 0), False
    for place, token in enumerate(items):
        start, end = token.map or (0, 0)
        gap = "\n\n" if apart or (start and not lines[start - 1].strip()) else "\n"
        item = _numbered(lines[start:end], number + place)
        # The rest of a cut item is outside of the list, and would absorb the next item.
        apart = size(item) > limit
        if apart:
            yield from _cut_item(gap, item, limit, size, deep)
        else:
            yield gap, item


def _numbered(lines: list[str], number: int) -> str:
    """An item with its number written out, so that it keeps it in another message."""
    match = _ITEM.match(lines[0])
    if match and match[1] and int(match[1]) != number:
        wider = " " * (len(str(number)) - len(match[1]))
        lines = [
            f"{lines[0][: match.start(1)]}{number}{lines[0][match.end(1) :]}",
            *[wider + line if line.strip() else line for line in lines[1:]],
        ]
    return "\n".join(lines).rstrip()


def _cut_item(gap: str, item: str, limit: int, size: Size, deep: int) -> _Pieces:
    """Only the start of an item can keep its marker; the rest follows outside of the list."""
    first, *rest = item.split("\n")
    match = _ITEM.match(first)
    marker = match[0] if match else ""
    inner = "\n".join([first[len(marker) :], *(_dedented(line, len(marker)) for line in rest)])
    for number, block in enumerate(
        _fitting(read_document(inner, whole=False), limit - _SPARE, size, deep)
    ):
        lead = marker.rstrip() + " " if number == 0 and block.kind == "paragraph" else ""
        yield "\n\n" if number else gap, lead + block.text


def _dedented(line: str, columns: int) -> str:
    bare = line.lstrip(" \t")
    indent = len(line[: len(line) - len(bare)].expandtabs(4))
    return " " * max(0, indent - columns) + bare


def _cut_quote(text: str, limit: int, size: Size, deep: int) -> _Pieces:
    inside = partial(_quoted_size, size)
    for block in _fitting(
        read_document(_QUOTE.sub("", text), whole=False), limit - size("> "), inside, deep
    ):
        gap = block.gap.replace("\n\n", "\n>\n")
        yield gap, "> " + block.text.replace("\n", "\n> ")


def _quoted_size(size: Size, text: str) -> int:
    return size(text.replace("\n", "\n> "))


def _fitting(
    blocks: Iterable[MarkdownBlock], limit: int, size: Size, deep: int
) -> Iterator[MarkdownBlock]:
    for block in blocks:
        if size(block.text) <= limit:
            yield block
        else:
            yield from cut(block, limit, limit, size, deep + 1)


def _cut_text(text: str, first: int, limit: int, size: Size) -> _Pieces:
    """Cut a text at a line's, sentence's or word's end; emphasis and code go on after the cut."""
    cuts = _Cuts(text)
    sizes, start, reopened = [0, *accumulate(map(size, text))], 0, ""
    room = first
    while sizes[-1] - sizes[start] > room - _SPARE:
        most = bisect_right(sizes, sizes[start] + room - 2 * _SPARE) - 1
        end = cuts.best(start, max(start + 1, most))
        open_markers = cuts.open_at(end)
        yield "\n", reopened + text[start:end].rstrip() + "".join(reversed(open_markers))
        start = end + len(text[end:]) - len(text[end:].lstrip())
        reopened = "".join(open_markers)
        if not reopened and _BLOCK_START.match(text, start):
            reopened = ZERO_WIDTH_SPACE
        room = limit
    yield "\n", reopened + text[start:]


class _Cuts:
    def __init__(self, text: str) -> None:
        inline: Inline = read_inline(text, {})
        self._text = text
        self._marked = inline.marked
        self._never = bytearray(len(text) + 1)
        self._rather_not = bytearray(len(text) + 1)
        for start, end in inline.spans:
            self._never[start + 1 : end] = b"\1" * (end - start - 1)
        for (start, end), marker in inline.marked:
            for side in (start, end - len(marker)):
                self._never[side + 1 : side + len(marker)] = b"\1" * (len(marker) - 1)
            self._rather_not[start + 1 : end] = b"\1" * (end - start - 1)

    def best(self, start: int, most: int) -> int:
        """The best place after ``start`` and not after ``most``."""
        half = start + (most - start) // 2
        for ends in ("\n".__eq__, _SENTENCE_ENDS.__contains__, str.isspace):
            for at in range(most, half, -1):
                if ends(self._text[at - 1]) and not self._never[at] and not self._rather_not[at]:
                    return at
        for taken in (self._rather_not, self._never):
            at = most
            while at > start:
                whole = _whole(self._text, at, start)
                if whole == at and not taken[at] and not self._never[at]:
                    return at
                # Between the two is one character: a row of accents is examined once.
                at = min(whole, at - 1)
        return most

    def open_at(self, at: int) -> list[str]:
        """The markers of spans that a cut divides, from outside to inside."""
        return [
            marker
            for (start, end), marker in self._marked
            if start < at < end and len(marker) <= _LONGEST_MARKER
        ]


def _whole(text: str, at: int, start: int) -> int:
    """The last place not after ``at`` that splits no combined character."""
    end = at
    while end > start + 1 and end < len(text) and _joins(text[end - 1], text[end]):
        end -= 1
    return end if end > start + 1 else max(at, start + 1)


def _joins(before: str, after: str) -> bool:
    combining = unicodedata.category(after) in ("Mn", "Me") or "\U0001f3fb" <= after <= "\U0001f3ff"
    return combining or _JOINER in (before, after)
