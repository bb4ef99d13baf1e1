"""Inline Markdown: what its author meant, and the edits that make Slack show it."""

import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from markdown_it import MarkdownIt
from markdown_it.common.utils import isMdAsciiPunct, isPunctChar, isWhiteSpace
from markdown_it.rules_inline import (
    StateInline,
    autolink,
    backtick,
    emphasis,
    entity,
    escape,
    image,
    link,
    strikethrough,
)
from markdown_it.rules_inline.state_inline import Scanned
from markdown_it.token import Token

from processor_service.rendering.markdown.bounded import (
    WORK,
    BoundedParser,
    TooDense,
    Work,
    read_rule,
)
from processor_service.rendering.markdown.characters import HAIR_SPACE, ZERO_WIDTH_SPACE
from processor_service.rendering.markdown.dense import is_dense, link_places, read_roughly
from processor_service.rendering.markdown.formula_places import formula_at, is_open, read_formula
from processor_service.rendering.markdown.html_tags import (
    break_at,
    closed_at,
    small_letters,
    tag_at,
)
from processor_service.rendering.markdown.links import beside, escaped, is_address
from processor_service.rendering.markdown.references import NOTE_MARK, Env, defined_at, labels_in
from processor_service.rendering.markdown.rows import hide_pipes, read_rows, show_pipes

# A line break that an edit inserts: edits count the lines of a text.
LINE_BREAK = "\ue00b"
# In ``env``: the text ends here only for now.
GROWS = "grows"
# Slack's links take 3,000 characters (slack_sdk.models.blocks).
LINK_CHARS = 3_000

_RUN = "run"
_SCHEME = re.compile(r"https?$")
# All visible ASCII but <>[]"`|\^{}: a negated class, up to the last of Unicode, compiles in 3 ms.
_IN_ADDRESS = r"[!#-;=?-Z_a-z~]"
_ADDRESS = re.compile(f"://{_IN_ADDRESS}{{1,{LINK_CHARS}}}")
_TAG = re.compile(r"<[A-Za-z/!?]")

Span = tuple[int, int]
_Rule = Callable[[StateInline, bool], bool]


@dataclass(frozen=True)
class Edit:
    """Replace the characters from ``start`` to ``end`` by ``text``."""

    start: int
    end: int
    text: str


@dataclass(frozen=True)
class Inline:
    """The meaning of a stretch of inline Markdown, and the edits that make Slack show it.

    Positions in the source: ``spans`` that no cut may fall into, ``marked`` spans between two equal
    markers (with the marker), ``unmatched`` markers, and where a formula is ``open`` at the end.
    """

    tokens: list[Token]
    edits: list[Edit]
    spans: list[Span]
    marked: list[tuple[Span, str]]
    unmatched: list[Span]
    open: list[int] = field(default_factory=list)


class _State(StateInline):
    """Emphasis opens and closes beside Chinese, Japanese and Korean text as its authors mean it.

    By CommonMark 0.31.2 (delimiter runs) a marker with punctuation inside needs white space or
    punctuation outside, which those scripts do not write: ``**「注意」**です`` would keep its
    asterisks. Asterisks and tildes follow github.com/tats-u/markdown-cjk-friendly instead.
    """

    def __init__(self, src: str, md: MarkdownIt, env: Env, tokens: list[Token]) -> None:
        super().__init__(src, md, env, tokens)
        self.edits: list[Edit] = []
        self.spans: list[Span] = []
        self.coded: list[tuple[Span, str]] = []
        self.runs: set[Span] = set()
        self.defined = defined_at(src, env)
        self.labels = labels_in(src)
        self.last_parenthesis = src.rfind(")")
        self.open: list[int] = []
        self.closing: set[int] = set()
        self._replaced: dict[int, tuple[int, str]] = {}
        self._replaced_before: dict[int, tuple[int, str]] = {}

    def scanDelims(self, start: int, canSplitWord: bool) -> Scanned:  # noqa: N802, N803 - the library's names
        """Whether the run of markers at ``start`` can open and close."""
        strict = super().scanDelims(start, canSplitWord)
        if self.src[start] == "_":
            return strict
        before, after = self.around(start, start + strict.length)
        opens = not _is_space(after) and (not _is_foreign_punctuation(after) or _parts(before))
        closes = not _is_space(before) and (not _is_foreign_punctuation(before) or _parts(after))
        return Scanned(opens, closes, strict.length)

    def around(self, start: int, end: int) -> tuple[str, str]:
        """The characters before and after, a space at the edges of the text."""
        while start in self._replaced_before:
            start, text = self._replaced_before[start]
            if text:
                return text[-1], self.around(0, end)[1]
        while end in self._replaced:
            end, text = self._replaced[end]
            if text:
                return self.around(start, 0)[0], text[0]
        before = self.src[start - 1] if start else " "
        return before, self.src[end] if end < len(self.src) else " "

    def replace(self, end: int, text: str, shown: str) -> None:
        """Replace what stands from here to ``end`` by ``text``, of which ``shown`` is seen."""
        start, self.pos = self.pos, end
        self.edits.append(Edit(start, end, text))
        self.spans.append((start, end))
        self._replaced[start] = (end, shown)
        self._replaced_before[end] = (start, shown)

    def edit(self, start: int, end: int, text: str) -> bool:
        """Note an edit, unless it would join two lines."""
        noted = "\n" not in self.src[start:end]
        if noted:
            self.edits.append(Edit(start, end, text))
        return noted


def _is_space(char: str) -> bool:
    return isWhiteSpace(ord(char))


def _is_punctuation(char: str) -> bool:
    return isMdAsciiPunct(ord(char)) or isPunctChar(char)


def _is_cjk(char: str) -> bool:
    return char == ZERO_WIDTH_SPACE or unicodedata.east_asian_width(char) in "FHW"


def _is_foreign_punctuation(char: str) -> bool:
    return _is_punctuation(char) and not _is_cjk(char)


def _parts(outer: str) -> bool:
    """Whether this character separates words."""
    return _is_space(outer) or _is_punctuation(outer) or _is_cjk(outer)


class _Parser(BoundedParser):
    """The library's rules, each of which also notes the edits that Slack needs."""

    def __init__(self) -> None:
        super().__init__()
        self.ruler.at("linkify", _address)
        self.ruler.at("escape", _spanning(escape))
        self.ruler.before("escape", "formula", _formula)
        self.ruler.before("escape", "bracket", _bracket)
        self.ruler.at("backticks", _code)
        self.ruler.at("strikethrough", _with_run(strikethrough.tokenize))
        self.ruler.at("emphasis", _with_run(emphasis.tokenize))
        self.ruler.before("link", "footnote", _spanning(_footnote))
        self.ruler.at("link", _spanning(_link))
        self.ruler.at("image", _spanning(_image))
        self.ruler.at("autolink", _spanning(_autolink))
        self.ruler.at("html_inline", _tag)
        self.ruler.at("entity", _spanning(entity))
        self.prepare()

    def parse(self, src: str, md: MarkdownIt, env: Env, tokens: list[Token]) -> list[Token]:
        """Parse an image's description."""
        env[WORK].enter()
        found = self.read(src, md, {WORK: env[WORK]}, tokens).tokens
        env[WORK].leave()
        return found

    def read(self, src: str, md: MarkdownIt, env: Env, tokens: list[Token]) -> Inline:
        """Parse ``src`` into ``tokens``; links may refer to addresses in ``env``."""
        state = _State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        edits = sorted([*state.edits, *_gaps(state)], key=lambda edit: (edit.start, edit.end))
        marked = sorted([*state.coded, *_emphasised(state.tokens)])
        matched = {each.meta[_RUN] for each in state.tokens if _is_marker(each)}
        unmatched = sorted(state.runs - matched)
        return Inline(state.tokens, edits, state.spans, marked, unmatched, state.open)


def _spanning(rule: _Rule) -> _Rule:
    def spanning(state: StateInline, silent: bool) -> bool:
        start = state.pos
        found = rule(state, silent)
        if found and not silent and isinstance(state, _State):
            state.spans.append((start, state.pos))
        return found

    return spanning


def _with_run(rule: _Rule) -> _Rule:
    """Note for each marker the run of markers it belongs to."""

    def with_run(state: StateInline, silent: bool) -> bool:
        start, first = state.pos, len(state.tokens)
        found = rule(state, silent)
        if found:
            for token in state.tokens[first:]:
                token.meta[_RUN] = (start, state.pos)
        if found and isinstance(state, _State):
            state.runs.add((start, state.pos))
        return found

    return with_run


def _address(state: StateInline, silent: bool) -> bool:
    """Put a bare address in angle brackets if Japanese follows, so that it ends there."""
    if silent or state.src[state.pos] != ":" or state.linkLevel or not isinstance(state, _State):
        return False
    scheme = _SCHEME.search(state.src, max(0, state.pos - len("https")), state.pos)
    rest = _ADDRESS.match(state.src, state.pos)
    if scheme is None or rest is None:
        return False
    start, end = state.pos - len(scheme[0]), rest.end()
    if state.src[start - 1 : start] == "<" or state.around(start, end)[1].isascii():
        return False
    address = state.src[start:end].rstrip("*_~.,:;!?'" if "(" in rest[0] else "*_~.,:;!?')")
    end = start + len(address)
    if end <= state.pos + len("://"):
        return False
    state.edit(start, start, "<")
    state.edit(end, end, ">")
    state.append_pending(state.src[state.pos : end])
    state.spans.append((start, end))
    state.pos = end
    return True


def _code(state: StateInline, silent: bool) -> bool:
    start, known = state.pos, len(state.tokens)
    found = backtick(state, silent)
    if found and not silent and isinstance(state, _State):
        if len(state.tokens) == known or state.tokens[-1].type != "code_inline":
            state.spans.append((start, state.pos))
            state.runs.add((start, state.pos))
        else:
            before, after = state.around(start, state.pos)
            state.coded.append(((start, state.pos), state.tokens[-1].markup))
            state.edit(start, start, _gap(before, "x"))
            state.edit(state.pos, state.pos, _gap(after, "x"))
    return found


def _formula(state: StateInline, silent: bool) -> bool:
    """Show a formula in LaTeX as characters, or as code."""
    found = formula_at(state.src, state.pos)
    if found is None or (found.end == len(state.src) and GROWS in state.env):
        if isinstance(state, _State) and not silent and is_open(state.src, state.pos):
            state.open.append(state.pos)
        return False
    if silent or not isinstance(state, _State):
        state.pos = found.end
        return True
    kind, tag = ("code_inline", "code") if found.coded else ("text", "")
    token = state.push(kind, tag, 0)
    token.content, token.markup = found.text, "`" * found.coded
    before, after = state.around(state.pos, found.end)
    written = found.markdown()
    if found.coded:
        gaps = (ZERO_WIDTH_SPACE if each == "`" else _gap(each, "x") for each in (before, after))
        written = written.join(gaps)
    state.replace(found.end, written, "x" if found.coded else found.text)
    return True


def _bracket(state: StateInline, silent: bool) -> bool:
    """Keep Slack from reading a link or definition where we see none."""
    if not silent and state.src[state.pos] == "]" and isinstance(state, _State):
        after = state.src[state.pos + 1 : state.pos + 2]
        linked = after == "(" and state.pos < state.last_parenthesis
        if linked or (after == ":" and state.pos in state.labels):
            state.edit(state.pos + 1, state.pos + 1, ZERO_WIDTH_SPACE)
    return False


def _footnote(state: StateInline, silent: bool) -> bool:
    """Replace the mark of a footnote by its number, also before the note itself."""
    footnotes, found = state.env.get("footnotes"), NOTE_MARK.match(state.src, state.pos)
    if not footnotes or not found or not isinstance(state, _State):
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


def _autolink(state: StateInline, silent: bool) -> bool:
    """Slack knows ``<address|label>`` too."""
    found = autolink(state, silent)
    if found and not silent and isinstance(state, _State):
        address, _, label = state.tokens[-2].content.partition("|")
        _stand_beside(state, beside(label, address))
    return found


def _link(state: StateInline, silent: bool) -> bool:
    """Write the address into a reference link; of one too long for Slack only the label stays."""
    start, first = state.pos, len(state.tokens)
    if isinstance(state, _State) and start in state.defined:
        return False
    found = link(state, silent)
    if found and not silent and isinstance(state, _State):
        opening, *label = state.tokens[first + (state.tokens[first].type != "link_open") :]
        words = (each.content for each in label if each.content.strip("*_~"))
        _write_link(state, start, opening, "".join(words))
    return found


def _write_link(state: _State, start: int, opening: Token, label: str) -> None:
    end, address = _label_end(state, start), str(opening.attrs["href"])
    more = beside(label, address, str(opening.attrs.get("title", "")))
    if not address or state.pos - start > LINK_CHARS:
        state.edit(start, start + 1, "")
        state.edit(end, state.pos, escaped(more))
    else:
        _write_target(state, end + 1, opening, address, more)


def _image(state: StateInline, silent: bool) -> bool:
    """Slack shows no images in text: an image becomes a link, or within a link its description."""
    start = state.pos
    found = image(state, silent)
    if not found or silent or not isinstance(state, _State):
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


def _write_target(state: _State, at: int, token: Token, address: str, more: str) -> None:
    if "label" not in token.meta and "title" not in token.attrs:
        _stand_beside(state, more)
    elif _use(state, token, state.edit(at, state.pos, _target(address) + escaped(more))):
        state.push("text", "", 0).content = more
    else:
        state.edit(at, at, ZERO_WIDTH_SPACE)


def _stand_beside(state: _State, more: str) -> None:
    if more and not state.src.startswith(escaped(more), state.pos):
        state.edit(state.pos, state.pos, escaped(more))
        state.push("text", "", 0).content = more


def _use(state: _State, token: Token, written: bool) -> bool:
    """Note that a definition is used, if its use could be ``written``."""
    if written and "label" in token.meta:
        state.env["used"].add(token.meta["label"])
    return written


def _label_end(state: StateInline, start: int) -> int:
    position, state.pos = state.pos, start
    end: int = state.md.helpers.parseLinkLabel(state, start)
    state.pos = position
    return end


def _target(address: str) -> str:
    return f"(<{address}>)" if re.search(r"[()\s]", address) else f"({address})"


def _tag(state: StateInline, silent: bool) -> bool:
    """Drop tags that only dress words; keep other HTML, and commands in Slack's syntax, as text."""
    if silent or not isinstance(state, _State) or not _TAG.match(state.src, state.pos):
        return False
    if _break(state) or _dressing(state):
        return True
    state.edit(state.pos + 1, state.pos + 1, ZERO_WIDTH_SPACE)
    return False


def _break(state: _State) -> bool:
    end = break_at(state.src, state.pos)
    if not end or (end == len(state.src) and GROWS in state.env):
        return False
    state.push("hardbreak", "br", 0).content = "\n"
    state.replace(end, LINE_BREAK, " ")
    return True


def _dressing(state: _State) -> bool:
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


def _gaps(state: _State) -> Iterator[Edit]:
    """The characters to insert outside of markers so that Slack recognises them."""
    opening = {each.meta[_RUN] for each in state.tokens if _is_marker(each) and each.nesting == 1}
    closing = {each.meta[_RUN] for each in state.tokens if _is_marker(each) and each.nesting == -1}
    for start, end in opening ^ closing:
        before, after = state.around(start, end)
        opens = (start, end) in opening
        at = start if opens else end
        yield Edit(at, at, _gap(before, after) if opens else _gap(after, before))


def _gap(outer: str, inner: str) -> str:
    """The character to insert between a marker and its ``outer`` neighbour.

    Slack takes a marker directly beside Japanese for text, but not with a zero-width space between
    them (github.com/darkgaldragon/slack-markdown-parser, observed in March 2026). For CommonMark
    that is no space, so beside punctuation, where CommonMark needs one, a real space is inserted.
    """
    if _is_space(outer) or (outer.isascii() and _is_punctuation(outer)):
        return ""
    if _is_punctuation(inner):
        return HAIR_SPACE
    return "" if outer.isascii() or outer == ZERO_WIDTH_SPACE else ZERO_WIDTH_SPACE


def _is_marker(token: Token) -> bool:
    return token.nesting != 0 and _RUN in token.meta


def _emphasised(tokens: Iterable[Token]) -> Iterator[tuple[Span, str]]:
    opened: list[Token] = []
    for token in tokens:
        if _is_marker(token) and token.nesting == 1:
            opened.append(token)
        elif _is_marker(token) and opened:
            start = opened.pop()
            yield (start.meta[_RUN][0], token.meta[_RUN][1]), token.markup


def repaired(source: str, edits: Iterable[Edit]) -> str:
    """``source`` with its edits."""
    written, end = [], 0
    for edit in edits:
        written += [source[end : edit.start], edit.text]
        end = edit.end
    return "".join([*written, source[end:]])


class _Library(MarkdownIt):
    def validateLink(self, url: str) -> bool:  # noqa: N802 - the library's name
        """Whether the address may be a link."""
        return is_address(url)


_PARAGRAPHS = ["paragraph", "blockquote", "list"]


def _library() -> MarkdownIt:
    library = _Library("commonmark", {"store_labels": True})
    library.enable("table").disable(["html_block", "reference"])
    library.core.ruler.enableOnly(["normalize", "block"])
    library.block.ruler.at("table", read_rows, {"alt": ["paragraph"]})
    library.block.ruler.before("table", "formula", read_formula, {"alt": _PARAGRAPHS})
    library.block.ruler.at("hr", read_rule, {"alt": _PARAGRAPHS})
    return library


_PARSER = _Parser()
_LIBRARY = _library()
_LIBRARY.inline = _PARSER


def read_blocks(source: str) -> list[Token]:
    """The block tokens. The content of inline tokens is not parsed yet."""
    if is_dense(source):
        return read_roughly(source)
    tokens = _LIBRARY.parse(hide_pipes(source), {})
    show_pipes(tokens)
    return tokens


def read_inline(source: str, env: Env) -> Inline:
    """Parse the content of an inline token; links and footnotes refer to definitions in ``env``.

    Content with more or deeper marks than the budget in ``env`` allows is plain text.
    """
    work = env.setdefault(WORK, Work.on(source))
    try:
        return _PARSER.read(source, _LIBRARY, env, [])
    except (TooDense, RecursionError):
        work.deep = 0
        edits = [Edit(at, at, ZERO_WIDTH_SPACE) for at in link_places(source)]
        return Inline([Token("text", "", 0, content=source)], edits, [], [], [])
