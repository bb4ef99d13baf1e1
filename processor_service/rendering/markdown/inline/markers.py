"""Emphasis and strikethrough: which run each marker belongs to, and what Slack needs beside it."""

from collections.abc import Iterable, Iterator

from markdown_it.token import Token

from processor_service.rendering.markdown.characters import HAIR_SPACE, ZERO_WIDTH_SPACE
from processor_service.rendering.markdown.inline.state import (
    Edit,
    Rule,
    Span,
    State,
    is_punctuation,
    is_space,
)

# In a marker's ``meta``: the run it belongs to.
RUN = "run"


def with_run(rule: Rule) -> Rule:
    """Note for each marker the run of markers it belongs to."""

    def with_run(state: State, silent: bool) -> bool:
        start, first = state.pos, len(state.tokens)
        found = rule(state, silent)
        if found:
            for token in state.tokens[first:]:
                token.meta[RUN] = (start, state.pos)
            state.runs.add((start, state.pos))
        return found

    return with_run


def gaps(state: State) -> Iterator[Edit]:
    """The characters to insert outside of markers so that Slack recognises them."""
    opening = {each.meta[RUN] for each in state.tokens if is_marker(each) and each.nesting == 1}
    closing = {each.meta[RUN] for each in state.tokens if is_marker(each) and each.nesting == -1}
    for start, end in opening ^ closing:
        before, after = state.around(start, end)
        opens = (start, end) in opening
        at = start if opens else end
        yield Edit(at, at, gap(before, after) if opens else gap(after, before))


def gap(outer: str, inner: str) -> str:
    """The character to insert between a marker and its ``outer`` neighbour.

    Slack takes a marker directly beside Japanese for text, but not with a zero-width space between
    them (github.com/darkgaldragon/slack-markdown-parser, observed in March 2026). For CommonMark
    that is no space, so beside punctuation, where CommonMark needs one, a real space is inserted.
    """
    if is_space(outer) or (outer.isascii() and is_punctuation(outer)):
        return ""
    if is_punctuation(inner):
        return HAIR_SPACE
    return "" if outer.isascii() or outer == ZERO_WIDTH_SPACE else ZERO_WIDTH_SPACE


def is_marker(token: Token) -> bool:
    """Whether it opens or closes a stretch between two equal markers."""
    return token.nesting != 0 and RUN in token.meta


def emphasised(tokens: Iterable[Token]) -> Iterator[tuple[Span, str]]:
    """The spans between two equal markers, with the marker."""
    opened: list[Token] = []
    for token in tokens:
        if is_marker(token) and token.nesting == 1:
            opened.append(token)
        elif is_marker(token) and opened:
            start = opened.pop()
            yield (start.meta[RUN][0], token.meta[RUN][1]), token.markup
