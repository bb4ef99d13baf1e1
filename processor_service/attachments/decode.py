"""The text of a file in any encoding that programs in Japanese companies use."""

import codecs
import re
from typing import Final

from shared.errors import FileUnusable

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# The order tells them apart. ISO-2022-JP is ASCII with escapes, so UTF-8 would take it. Shift_JIS
# text is hardly ever valid EUC-JP, while EUC-JP read as Shift_JIS often gives half-width nonsense.
# cp932 is Shift_JIS as Windows writes it.
_ENCODINGS: Final = ("utf-8", "euc_jp", "cp932")
# What Excel writes in Europe: accented letters, each alone among letters of ASCII. Japanese has no
# text without two such bytes in a row (github.com/dust-tt/dust/pull/27143).
_WESTERN: Final = re.compile(
    rb"(?=[\x00-\x7f]*+(?:[\x80\x85\x91-\x97\x99\xa0-\xff][\x00-\x7f]++)*+[\x80-\xff]?\Z)"
    rb"(?s:.*?)(?:[A-Za-z][\xc0-\xff]|[\xc0-\xff][a-z])"
)
# White space, and the control characters of coloured logs.
_HARMLESS: Final = frozenset("\t\n\r\f\v\b\x1b")


def decode_text(content: bytes) -> str:
    """``content`` as text. Raises FileUnusable (``file_unreadable``) if it is not text."""
    for encoding in _candidates(content):
        try:
            text = content.decode(encoding)
        except UnicodeDecodeError:
            continue
        if _is_text(text):
            return text.replace("\r\n", "\n")
    raise FileUnusable("The file is no text in a known encoding.", reason="file_unreadable")


def _candidates(content: bytes) -> tuple[str, ...]:
    for mark, encoding in _MARKS:
        if content.startswith(mark):
            return (encoding,)
    if b"\x1b" in content:
        return ("iso2022_jp_ext", *_ENCODINGS)
    return ("utf-8", "cp1252") if _WESTERN.match(content) else _ENCODINGS


def _is_text(text: str) -> bool:
    return not any(ord(each) < 0x20 and each not in _HARMLESS for each in text[:100_000])
