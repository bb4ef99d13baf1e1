"""Invisible characters, and characters that would ping people."""

import re

ZERO_WIDTH_SPACE = "\u200b"
# White space by CommonMark's rules, and hardly a pixel wide.
HAIR_SPACE = "\u200a"

# Tag characters spell words that only machines read, except in three flags, which are made of them
# (UTS #51, emoji tag sequences: England, Scotland, Wales).
_FLAG = "\U0001f3f4\U000e0067\U000e0062(?:{})\U000e007f".format(
    "|".join("".join(chr(0xE0000 + ord(char)) for char in name) for name in ("eng", "sct", "wls"))
)
# Control characters except tab and line ends; overrides, embeddings and isolates of direction.
_HIDDEN = re.compile(
    f"({_FLAG})|[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\U000e0000-\U000e007f]"
)

_PINGS = re.compile(r"<(?=(?:@[UW]|!(?:channel|here|everyone|subteam\^))[^<>\n]*>)")


def neutralise(text: str) -> str:
    """The same text to the eye, but no ``<!channel>`` or ``<@U…>`` in it pings anybody.

    Characters that control terminals, reverse letters or hide words are dropped.
    """
    return _PINGS.sub("<\u200b", _HIDDEN.sub(r"\1", text))
