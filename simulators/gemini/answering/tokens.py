"""Believable token counts: no tokeniser, but lengths a bill would not contradict by much."""

import re

_WORD_OR_SIGN = re.compile(r"[A-Za-z0-9_]{1,5}|\s+|[^\x00-\x7f]|[^\sA-Za-z0-9_]")


def pieces(text: str) -> list[str]:
    """``text`` cut into token-like pieces that join to exactly ``text``."""
    return _WORD_OR_SIGN.findall(text)


def count(text: str) -> int:
    """About as many tokens as a Gemini model counts; white space is part of its neighbours."""
    return sum(1 for piece in pieces(text) if not piece.isspace())


def chunks(text: str, tokens: int) -> list[str]:
    """``text`` in pieces of about ``tokens`` tokens; an empty text has none."""
    parts = pieces(text)
    return ["".join(parts[start : start + tokens]) for start in range(0, len(parts), tokens)]


def truncate(text: str, tokens: int) -> tuple[str, bool]:
    """At most ``tokens`` tokens of ``text``, and whether anything was cut off."""
    kept: list[str] = []
    for piece in pieces(text):
        if not piece.isspace():
            if tokens == 0:
                return "".join(kept), True
            tokens -= 1
        kept.append(piece)
    return text, False
