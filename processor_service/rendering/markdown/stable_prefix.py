"""How much of a text that is still being written its next words cannot change any more."""

import re

from processor_service.rendering.markdown.characters import ZERO_WIDTH_SPACE
from processor_service.rendering.markdown.inline import read_inline

# What stays open for longer is taken for the plain characters that it is so far.
_OPEN_CHARS = 300
# Of a longer paragraph it is not known which marks open and which close.
_READ_CHARS = 4_000

_FENCE = re.compile(r"(?:^|\n)[ \t]*[`~]+\Z")
# Nothing inline goes on into a new item or heading, or over an empty line.
_BEGINNING = re.compile(r"^(?=[ \t>]*(?:[-+*]|\d{1,9}[.)]|#{1,6})[ \t])|\n[ \t>]*\n", re.MULTILINE)
# The head of a table, perhaps with a part of the rule below it.
_TABLE = re.compile(r"(?:^|\n)[^\n|]*\|[^\n]*(?:\n[ \t>|:-]*)?\Z")
# Possessive repeats: what a model writes must not be tried again in 2^n other ways, nor a run of
# blanks or markers from each of its characters.
_OPEN_AT_THE_END = (
    # An address: it gets angle brackets if Japanese follows.
    re.compile(r"h(?:t(?:t(?:p(?:s?(?::(?:/(?:/[\x21-\x7e]*+)?)?)?)?)?)?)?\Z"),
    # A link or an image; its label may hold another one.
    re.compile(
        r"!?\[(?:[^\[\]\n]++|\[[^\[\]\n]*+\](?:\([^()\n]*+\))?+)*+"
        r"(?:\](?:\([^)\n]*+|\[[^\]\n]*+)?+)?+\Z"
    ),
    # A tag, or one of Slack's own.
    re.compile(r"<\u200b?(?:[A-Za-z/!?@#][^<>\n]*+)?+\Z"),
    re.compile(r"(?<![!\\*_~`\u200a\u200b])[!\\*_~`\u200a\u200b]++\Z"),
    # The marker of an item or a heading.
    re.compile(r"(?:^|\n)[ \t>]*+(?:[-+#]++|\d{1,9}+[.)]?+)?+[ \t]*+\Z"),
)
_PING = re.compile(r"<(?:[@!][^<>\n]*)?\Z")


def settled_code(text: str) -> str:
    """``text``, which ends with code, without a last line that is its fence or becomes it."""
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
    recent = (at for at in opened if len(segment) - at <= _OPEN_CHARS)
    return text[: start + min(recent, default=len(segment))].rstrip().rstrip(ZERO_WIDTH_SPACE)


def _open_marks(segment: str) -> list[int]:
    """Where something between two markers begins that has no end yet, or may end later."""
    inline = read_inline(segment, {})
    ended = [start for start, end in inline.spans if end == len(segment)]
    ended += [start for (start, end), _ in inline.marked if end == len(segment)]
    # A marker before white space opens nothing.
    unmatched = [start for start, end in inline.unmatched if not segment[end : end + 1].isspace()]
    return [*ended, *unmatched]
