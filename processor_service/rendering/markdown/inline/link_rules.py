"""Links, images, footnotes and bare addresses, each in a form that Slack reads as one."""

import re

from markdown_it.rules_inline import autolink, image, link
from markdown_it.token import Token

from processor_service.rendering.markdown.characters import ZERO_WIDTH_SPACE
from processor_service.rendering.markdown.inline.state import State, is_punctuation, is_space
from processor_service.rendering.markdown.links import beside, escaped
from processor_service.rendering.markdown.references import NOTE_MARK

# Slack's links take 3,000 characters (slack_sdk.models.blocks).
LINK_CHARS = 3_000

_SCHEME = re.compile(r"https?$")
# All visible ASCII but <>[]"`|\^{}: a negated class, up to the last of Unicode, compiles in 3 ms.
_IN_ADDRESS = r"[!#-;=?-Z_a-z~]"
_SLACK_LINK = re.compile(
    rf"<((?:https?://|mailto:)[^\s<>|]{{1,{LINK_CHARS}}})\|([^<>|\n]{{0,500}}[^\s<>|])>"
)
_CITATION = re.compile(r"\[cite(?:_start|_end|:?\s?\d{1,4}(?:\s?[,\u2013-]\s?\d{1,4}){0,50})\]")
_MARKED = re.compile(r"[*~]|(?<![A-Za-z0-9])_|_(?![A-Za-z0-9])")
_ADDRESS = re.compile(f"://{_IN_ADDRESS}{{1,{LINK_CHARS}}}")


def read_address(state: State, silent: bool) -> bool:
    """Put a bare address in angle brackets if Japanese follows, so that it ends there, or if it
    holds markers that would count as emphasis.
    """
    if silent or state.linkLevel or state.pos < state.bare_until:
        return False
    scheme = _SCHEME.search(state.src, max(0, state.pos - len("https")), state.pos)
    rest = _ADDRESS.match(state.src, state.pos)
    if scheme is None or rest is None:
        return False
    start, end = state.pos - len(scheme[0]), rest.end()
    address = state.src[start:end].rstrip("*_~.,:;!?'" if "(" in rest[0] else "*_~.,:;!?')")
    apart = state.around(start, end)[1].isascii() and not _MARKED.search(address)
    if apart:
        # What is in it would be read to the same end again and again.
        state.bare_until = end
    if apart or state.src[start - 1 : start] == "<":
        return False
    end = start + len(address)
    if end <= state.pos + len("://"):
        return False
    state.enclose(start, end)
    state.append_pending(state.src[state.pos : end])
    state.spans.append((start, end))
    state.pos = end
    return True


def guard_bracket(state: State, silent: bool) -> bool:
    """Keep Slack from reading a link or definition where we see none."""
    if not silent:
        after = state.src[state.pos + 1 : state.pos + 2]
        linked = after == "(" and state.pos < state.last_parenthesis
        if linked or (after == ":" and state.pos in state.labels):
            state.edit(state.pos + 1, state.pos + 1, ZERO_WIDTH_SPACE)
    return False


def read_footnote(state: State, silent: bool) -> bool:
    """Replace the mark of a footnote by its number, also before the note itself."""
    footnotes, found = state.env.get("footnotes"), NOTE_MARK.match(state.src, state.pos)
    if not footnotes or not found:
        return False
    defines = state.labels.get(found.end() - 1) == state.pos
    number = footnotes.number(found[1], refers=not defines)
    if number is None:
        return False
    start, state.pos = state.pos, found.end() + defines
    if not silent:
        after = state.src[state.pos : state.pos + 1]
        gap = " " * (not after.isspace()) if defines else ZERO_WIDTH_SPACE * (after in ("(", "["))
        state.edit(start, state.pos, f"[{number}]{gap}")
        state.push("text", "", 0).content = f"[{number}]"
    return True


def drop_citation(state: State, silent: bool) -> bool:
    """Drop the marks that Gemini leaves around what it takes from a source."""
    found = _CITATION.match(state.src, state.pos)
    if silent or found is None:
        return False
    after = state.src[found.end() : found.end() + 1]
    if state.pending.endswith(" ") and (not after or is_space(after) or is_punctuation(after)):
        state.pending, state.pos = state.pending[:-1], state.pos - 1
    state.replace(found.end(), "", "")
    return True


def read_slack_link(state: State, silent: bool) -> bool:
    """Write a link in Slack's own markup as Markdown: whether Slack reads it in Markdown differs
    from place to place (github.com/NousResearch/hermes-agent/issues/113761).
    """
    found = _SLACK_LINK.match(state.src, state.pos)
    if found is None or state.linkLevel:
        return False
    if silent:
        state.pos = found.end()
        return True
    address, label = found[1], found[2].strip()
    more = beside(label, address)
    state.push("link_open", "a", 1).attrs = {"href": address}
    state.push("text", "", 0).content = label
    state.push("link_close", "a", -1)
    if more:
        state.push("text", "", 0).content = more
    state.replace(found.end(), f"[{escaped(label)}]{_target(address)}{escaped(more)}", "[)")
    return True


def read_autolink(state: State, silent: bool) -> bool:
    """An address in angle brackets, with its real host behind it if it could deceive."""
    found = autolink(state, silent)
    if found and not silent:
        address, _, label = state.tokens[-2].content.partition("|")
        _stand_beside(state, beside(label, address))
    return found


def read_link(state: State, silent: bool) -> bool:
    """Write the address into a reference link; of one too long for Slack only the label stays."""
    start, first = state.pos, len(state.tokens)
    if start in state.defined:
        return False
    found = link(state, silent)
    if found and not silent:
        opening, *label = state.tokens[first + (state.tokens[first].type != "link_open") :]
        words = (each.content for each in label if each.content.strip("*_~"))
        _write_link(state, start, opening, "".join(words))
    return found


def _write_link(state: State, start: int, opening: Token, label: str) -> None:
    end, address = _label_end(state, start), str(opening.attrs["href"])
    more = beside(label, address, str(opening.attrs.get("title", "")))
    if not address or state.pos - start > LINK_CHARS:
        state.edit(start, start + 1, "")
        state.edit(end, state.pos, escaped(more))
    else:
        _write_target(state, end + 1, opening, address, more)


def read_image(state: State, silent: bool) -> bool:
    """Slack shows no images in text: an image becomes a link, or within a link its description."""
    start = state.pos
    found = image(state, silent)
    if not found or silent:
        return found
    token = state.tokens[-1]
    address = str(token.attrs["src"])
    more = beside(token.content, address, str(token.attrs.get("title", "")))
    end = _label_end(state, start + 1)
    if state.linkLevel or not address or state.pos - start > LINK_CHARS:
        state.edit(start, start + 2, "")
        state.edit(end, state.pos, escaped(more))
    elif end == start + 2:
        written = f"<{address}>" if ":" in address else address
        _use(state, token, state.edit(start, state.pos, written + escaped(more)))
    else:
        # After "!" or "]" the rest would be read as an image or a reference again.
        state.edit(start, start + 1, ZERO_WIDTH_SPACE * state.src.endswith(("!", "]"), 0, start))
        _write_target(state, end + 1, token, address, more)
    return found


def _write_target(state: State, at: int, token: Token, address: str, more: str) -> None:
    if "label" not in token.meta and "title" not in token.attrs:
        _stand_beside(state, more)
    elif _use(state, token, state.edit(at, state.pos, _target(address) + escaped(more))):
        state.push("text", "", 0).content = more
    else:
        state.edit(at, at, ZERO_WIDTH_SPACE)


def _stand_beside(state: State, more: str) -> None:
    if more and not state.src.startswith(escaped(more), state.pos):
        state.edit(state.pos, state.pos, escaped(more))
        state.push("text", "", 0).content = more


def _use(state: State, token: Token, written: bool) -> bool:
    """Note that a definition is used, if its use could be ``written``."""
    if written and "label" in token.meta:
        state.env["used"].add(token.meta["label"])
    return written


def _label_end(state: State, start: int) -> int:
    position, state.pos = state.pos, start
    end: int = state.md.helpers.parseLinkLabel(state, start)
    state.pos = position
    return end


def _target(address: str) -> str:
    return f"(<{address}>)" if re.search(r"[()\s]", address) else f"({address})"
