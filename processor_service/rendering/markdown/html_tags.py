"""HTML tags that only dress words: Slack would show the tags themselves.

A pair goes, so that its words stay; a tag that is alone may be what the text is about, and stays.
"""

import re
from collections.abc import Container

from processor_service.rendering.markdown.formula_places import MOST_FORMULA_CHARS
from processor_service.rendering.markdown.formulas import small_form
from processor_service.rendering.markdown.latex_symbols import LOWERED, RAISED

_NAMES = "b|strong|i|em|u|s|del|ins|mark|small|big|sub|sup|span|font|center|kbd"
_TAG = re.compile(rf"<(/?)({_NAMES})(?:\s[^<>\n]*+)?>", re.IGNORECASE)
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# The text behind a tag that is spoken of: "<br>で改行します".
_PARTICLES = "でをはがのともにへやタ要、"
OPEN_TAG = re.compile(rf"<\u200b?(?:{_NAMES})(?:\s[^<>\n]*+)?>", re.IGNORECASE)


def tag_at(source: str, at: int) -> tuple[int, str, bool] | None:
    """The end and the name of the harmless tag at ``at``, and whether it closes."""
    found = _TAG.match(source, at)
    return (found.end(), found[2].lower(), bool(found[1])) if found else None


def closed_at(source: str, name: str, at: int, taken: Container[int]) -> int:
    """Where the tag ``name`` that begins at ``at`` is closed, by an end that is not ``taken``;
    -1 if it is not, or far away.
    """
    ends = re.compile(f"</{name}>", re.IGNORECASE).finditer(source, at, at + MOST_FORMULA_CHARS)
    return next((each.start() for each in ends if each.start() not in taken), -1)


def small_letters(name: str, text: str) -> str | None:
    """The text between ``<sub>`` or ``<sup>`` and its end in small letters, if it has them."""
    forms = {"sub": LOWERED, "sup": RAISED}
    return small_form(text.strip(), forms[name]) if name in forms else None


def break_at(source: str, at: int) -> int:
    """The end of the ``<br>`` at ``at`` that breaks a line; 0 if it is spoken of."""
    found = BREAK.match(source, at)
    if found is None:
        return 0
    after, before = source[found.end() : found.end() + 1], source[at - 1 : at]
    spoken = after in _PARTICLES if after else False
    apart = before == after == " "
    return 0 if spoken or apart else found.end()
