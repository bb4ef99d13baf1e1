"""HTML: line breaks and tags that only dress words. Everything else is text."""

import re

from processor_service.rendering.markdown.characters import ZERO_WIDTH_SPACE
from processor_service.rendering.markdown.html_tags import (
    break_at,
    closed_at,
    small_letters,
    tag_at,
)
from processor_service.rendering.markdown.inline.edits import LINE_BREAK
from processor_service.rendering.markdown.inline.state import GROWS, State

_TAG = re.compile(r"<[A-Za-z/!?]")


def read_tag(state: State, silent: bool) -> bool:
    """Drop tags that only dress words; keep other HTML, and commands in Slack's syntax, as text."""
    if silent or not _TAG.match(state.src, state.pos):
        return False
    if _break(state) or _dressing(state):
        return True
    state.edit(state.pos + 1, state.pos + 1, ZERO_WIDTH_SPACE)
    return False


def _break(state: State) -> bool:
    end = break_at(state.src, state.pos)
    if not end or (end == len(state.src) and GROWS in state.env):
        return False
    state.push("hardbreak", "br", 0).content = "\n"
    state.replace(end, LINE_BREAK, " ")
    return True


def _dressing(state: State) -> bool:
    """Drop both tags of a pair; an index or exponent between them gets small letters."""
    found = tag_at(state.src, state.pos)
    if found is None:
        return False
    end, name, closes = found
    if closes:
        if state.pos not in state.closing:
            return False
        state.closing.remove(state.pos)
        state.replace(end, "", "")
        return True
    closing = closed_at(state.src, name, state.pos, state.closing)
    if closing < 0:
        return False
    small = small_letters(name, state.src[end:closing])
    if small:
        state.push("text", "", 0).content = small
        state.replace(closing + len(f"</{name}>"), small, small)
    else:
        state.closing.add(closing)
        state.replace(end, "", "")
    return True
