"""HTML: line breaks, and tags that only dress words, where Slack would show the tags themselves.

A pair goes, so that its words stay; a tag that is alone may be what the text is about, and stays.
Everything else is text.
"""

import re

from processor_service.rendering.markdown.characters import ZERO_WIDTH_SPACE
from processor_service.rendering.markdown.formula_places import MOST_FORMULA_CHARS
from processor_service.rendering.markdown.formulas import small_form
from processor_service.rendering.markdown.inline.state import GROWS, LINE_BREAK, State
from processor_service.rendering.markdown.latex_symbols import LOWERED, RAISED

_NAMES = "b|strong|i|em|u|s|del|ins|mark|small|big|sub|sup|span|font|center|kbd"
_ANY_TAG = re.compile(r"<[A-Za-z/!?]")
_DRESSING = re.compile(rf"<(/?)({_NAMES})(?:\s[^<>\n]*+)?>", re.IGNORECASE)
OPEN_TAG = re.compile(rf"<\u200b?(?:{_NAMES})(?:\s[^<>\n]*+)?>", re.IGNORECASE)
BREAK = re.compile(r"<br\s*/?>", re.IGNORECASE)
# The text behind a tag that is spoken of: "<br>で改行します".
_PARTICLES = "でをはがのともにへやタ要、"
_SMALL = {"sub": LOWERED, "sup": RAISED}


def read_tag(state: State, silent: bool) -> bool:
    """Drop tags that only dress words; keep other HTML, and commands in Slack's syntax, as text."""
    if silent or not _ANY_TAG.match(state.src, state.pos):
        return False
    if _break(state) or _dressing(state):
        return True
    state.edit(state.pos + 1, state.pos + 1, ZERO_WIDTH_SPACE)
    return False


def _break(state: State) -> bool:
    found = BREAK.match(state.src, state.pos)
    if (
        found is None
        or _is_spoken_of(found)
        or (found.end() == len(state.src) and GROWS in state.env)
    ):
        return False
    state.push("hardbreak", "br", 0).content = "\n"
    state.replace(found.end(), LINE_BREAK, " ")
    return True


def _is_spoken_of(tag: re.Match[str]) -> bool:
    before = tag.string[tag.start() - 1 : tag.start()]
    after = tag.string[tag.end() : tag.end() + 1]
    return (after in _PARTICLES if after else False) or before == after == " "


def _dressing(state: State) -> bool:
    """Drop both tags of a pair; an index or exponent between them gets small letters."""
    found = _DRESSING.match(state.src, state.pos)
    if found is None:
        return False
    if found[1]:
        if state.pos not in state.closing:
            return False
        state.closing.remove(state.pos)
        state.replace(found.end(), "", "")
        return True
    name = found[2].lower()
    closing = _closing(state, name)
    if closing is None:
        return False
    inside = state.src[found.end() : closing.start()]
    small = small_form(inside.strip(), _SMALL[name]) if name in _SMALL else None
    if small:
        state.push("text", "", 0).content = small
        state.replace(closing.end(), small, small)
    else:
        state.closing.add(closing.start())
        state.replace(found.end(), "", "")
    return True


def _closing(state: State, name: str) -> re.Match[str] | None:
    """The end of the tag ``name`` that begins here, which no other tag has; None if it has none, or
    far away.
    """
    ends = re.compile(f"</{name}>", re.IGNORECASE)
    near = ends.finditer(state.src, state.pos, state.pos + MOST_FORMULA_CHARS)
    return next((each for each in near if each.start() not in state.closing), None)
