"""The library with our rules: what a text's author meant, and the edits that make Slack show it."""

from collections.abc import Sequence
from dataclasses import dataclass

from markdown_it import MarkdownIt
from markdown_it.rules_inline import emphasis, entity, escape, newline, strikethrough
from markdown_it.token import Token

from processor_service.rendering.markdown.characters import ZERO_WIDTH_SPACE
from processor_service.rendering.markdown.dense import is_dense, link_places, read_roughly
from processor_service.rendering.markdown.formula_places import read_formula
from processor_service.rendering.markdown.inline.bounded import (
    WORK,
    BoundedParser,
    TooDense,
    Work,
    read_rule,
)
from processor_service.rendering.markdown.inline.code_rules import read_code, read_inline_formula
from processor_service.rendering.markdown.inline.link_rules import (
    drop_citation,
    guard_bracket,
    read_address,
    read_autolink,
    read_footnote,
    read_image,
    read_link,
    read_slack_link,
)
from processor_service.rendering.markdown.inline.markers import (
    RUN,
    emphasised,
    gaps,
    is_marker,
    with_run,
)
from processor_service.rendering.markdown.inline.state import Edit, Rule, Span, State
from processor_service.rendering.markdown.inline.tag_rules import read_tag
from processor_service.rendering.markdown.links import is_address
from processor_service.rendering.markdown.references import Env
from processor_service.rendering.markdown.rows import hide_pipes, read_rows, show_pipes

# In ``env``: how many images' descriptions the text is within.
_DEEP = "deep"
_MOST_DEEP = 20


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
    open: list[int]


def _spanning(rule: Rule) -> Rule:
    def spanning(state: State, silent: bool) -> bool:
        start = state.pos
        found = rule(state, silent)
        if found and not silent:
            state.spans.append((start, state.pos))
        return found

    return spanning


# The library's rules, each of which also notes the edits that Slack needs, and ours.
_RULES: dict[str, Sequence[Rule]] = {
    ":": [read_address],
    "\n": [newline],
    "$": [read_inline_formula],
    "\\": [read_inline_formula, _spanning(escape)],
    "`": [read_code],
    "~": [with_run(strikethrough.tokenize)],
    "*": [with_run(emphasis.tokenize)],
    "_": [with_run(emphasis.tokenize)],
    "]": [guard_bracket],
    "[": [drop_citation, _spanning(read_footnote), _spanning(read_link)],
    "!": [_spanning(read_image)],
    "<": [_spanning(read_slack_link), _spanning(read_autolink), read_tag],
    "&": [_spanning(entity)],
}


class _Parser(BoundedParser):
    def parse(self, src: str, md: MarkdownIt, env: Env, tokens: list[Token]) -> list[Token]:
        """Parse an image's description; raises TooDense if it is nested too deep."""
        deep = env.get(_DEEP, 0) + 1
        if deep > _MOST_DEEP:
            raise TooDense
        return self.read(src, md, {WORK: env[WORK], _DEEP: deep}, tokens).tokens

    def read(self, src: str, md: MarkdownIt, env: Env, tokens: list[Token]) -> Inline:
        """Parse ``src`` into ``tokens``; links may refer to addresses in ``env``."""
        state = State(src, md, env, tokens)
        self.tokenize(state)
        for rule in self.ruler2.getRules(""):
            rule(state)
        edits = sorted([*state.edits, *gaps(state)], key=lambda edit: (edit.start, edit.end))
        marked = sorted([*state.coded, *emphasised(state.tokens)])
        matched = {each.meta[RUN] for each in state.tokens if is_marker(each)}
        unmatched = sorted(state.runs - matched - state.literal)
        return Inline(state.tokens, edits, state.spans, marked, unmatched, state.open)


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


_PARSER = _Parser(_RULES)
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
    env.setdefault(WORK, Work.on(source))
    try:
        return _PARSER.read(source, _LIBRARY, env, [])
    except (TooDense, RecursionError):
        edits = [Edit(at, at, ZERO_WIDTH_SPACE) for at in link_places(source)]
        return Inline([Token("text", "", 0, content=source)], edits, [], [], [], [])
