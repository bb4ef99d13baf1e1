"""How much of a growing text its next words cannot change any more."""

import re

from processor_service.rendering.markdown.characters import ZERO_WIDTH_SPACE
from processor_service.rendering.markdown.inline.parser import read_inline
from processor_service.rendering.markdown.inline.tag_rules import OPEN_TAG

# A mark that stays open for longer counts as plain text.
_OPEN_CHARS = 300
# In a longer paragraph open and closing marks are not told apart.
_READ_CHARS = 4_000

# A fence at the end, also one around a document: ``fences.py`` writes its beginning longer.
_FENCE = re.compile(r"(?:^|\n)[ \t]*[`~]+(?:[ \t]?m[a-z]{0,7})?\Z", re.IGNORECASE)
# No inline mark spans a new item, a heading or an empty line.
_BEGINNING = re.compile(r"^(?=[ \t>]*(?:[-+*]|\d{1,9}[.)]|#{1,6})[ \t])|\n[ \t>]*\n", re.MULTILINE)
# The head of a table, perhaps with a part of the rule below it.
_TABLE = re.compile(r"(?:^|\n)[^\n|]*\|[^\n]*(?:\n[ \t>|:-]*)?\Z")
# Possessive repeats: a model's text must not trigger exponential backtracking, nor a run of blanks
# or markers a retry from each of its characters.
_OPEN_AT_THE_END = (
    # An address: it gets angle brackets if Japanese follows.
    re.compile(r"h(?:t(?:t(?:p(?:s?(?::(?:/(?:/[\x21-\x7e]*+)?)?)?)?)?)?)?\Z"),
    # A link or an image; its label may hold another one.
    re.compile(
        r"!?\[(?:[^\[\]\n]++|\[[^\[\]\n]*+\](?:\([^()\n]*+\))?+)*+"
        r"(?:\](?:\([^)\n]*+|\[[^\]\n]*+)?+)?+\Z"
    ),
    # A tag, or one in Slack's own syntax.
    re.compile(r"<\u200b?(?:[A-Za-z/!?@#][^<>\n]*+(?:>[ \t]*+)?+)?+\Z"),
    # The beginning of a formula on lines of its own.
    re.compile(r"\\[a-z]*+(?:\{[a-zA-Z]*+\*?\}?)?+\Z"),
    re.compile(r"(?<![!\\*_~`\u200a\u200b])[!\\*_~`\u200a\u200b]++\Z"),
    # The marker of an item or a heading.
    re.compile(r"(?:^|\n)[ \t>]*+(?:[-+#]++|\d{1,9}+[.)]?+)?+[ \t]*+\Z"),
)
_PING = re.compile(r"<(?:[@!][^<>\n]*)?\Z")


def settled_code(text: str) -> str:
    """``text``, which ends in code, without a last line that is or may become one of its fences."""
    return _PING.sub("", _FENCE.sub("", text)).rstrip()


def settled_text(text: str) -> str:
    """``text`` without what is open at its end: emphasis, code, a link, an address, a table."""
    start = max(0, len(text) - _READ_CHARS)
    start = max((each.end() for each in _BEGINNING.finditer(text, start)), default=start)
    segment = text[start:]
    opened = [found.start() for each in _OPEN_AT_THE_END if (found := each.search(segment))]
    if "|" in segment and (table := _TABLE.search(segment)):
        opened.append(table.start())
    opened += _open_marks(segment)
    opened += [found.start() for found in OPEN_TAG.finditer(segment)]
    recent = (at for at in opened if len(segment) - at <= _OPEN_CHARS)
    settled = text[: start + min(recent, default=len(segment))].rstrip().rstrip(ZERO_WIDTH_SPACE)
    return _without_bare_quote(settled)


def _without_bare_quote(settled: str) -> str:
    """``settled`` without a quote at its end of which no word is settled: it may hold a formula,
    which is held back as a whole.
    """
    words = settled.rstrip("> \t\n")
    bare = settled[len(words) :]
    return words + bare.partition("\n")[0] if words else ""


def _open_marks(segment: str) -> list[int]:
    """The start of each marked span that has no end yet, or may end later."""
    segment = segment.rstrip(" \t")
    inline = read_inline(segment, {})
    ended = [start for start, end in inline.spans if end == len(segment)]
    ended += [start for (start, end), _ in inline.marked if end == len(segment)]
    # A marker before white space opens nothing.
    unmatched = [start for start, end in inline.unmatched if not segment[end : end + 1].isspace()]
    return [*ended, *unmatched, *inline.open]
