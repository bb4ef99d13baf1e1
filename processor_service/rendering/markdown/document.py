"""A Markdown document as a sequence of blocks, rewritten so that Slack shows what they mean."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from operator import itemgetter

from markdown_it.token import Token

from processor_service.rendering.markdown.characters import HAIR_SPACE, ZERO_WIDTH_SPACE
from processor_service.rendering.markdown.dense import link_places
from processor_service.rendering.markdown.fences import indented_code, lengthen_fences
from processor_service.rendering.markdown.inline.bounded import WORK, Work
from processor_service.rendering.markdown.inline.parser import read_blocks, read_inline
from processor_service.rendering.markdown.inline.state import GROWS, LINE_BREAK, Edit, repaired
from processor_service.rendering.markdown.links import escaped
from processor_service.rendering.markdown.references import (
    Env,
    Footnotes,
    find_definitions,
    notes_in,
)
from processor_service.rendering.markdown.tables import Table, read_table
from shared.markdown import fenced

HELD = "held"
_LEAD_CHARS = 200
_NEWLINES = re.compile(r"\r\n?")
_INVISIBLE = str.maketrans("", "", ZERO_WIDTH_SPACE + HAIR_SPACE)
_MARKERS = re.compile(r"(?:[>\s]|[-+*]\s|\d{1,9}[.)]\s)*")
_INDENT = re.compile(r"[>\s]*")
_ITEM = re.compile(r"[>\s]*(?:[-+*]|\d{1,9}[.)])\s")


@dataclass(frozen=True)
class MarkdownBlock:
    """One top-level block: Markdown, or a table.

    ``kind`` is the parser's name for it, ``gap`` the line breaks between it and the block before,
    ``line`` its first line in the document, from 0. ``unclosed``: the document does not end this
    code, perhaps not yet; ``text`` does.
    """

    kind: str
    text: str
    gap: str = "\n\n"
    table: Table | None = None
    unclosed: bool = False
    line: int = field(default=0, compare=False)

    @property
    def leads_in(self) -> bool:
        """Whether it must stay with the next block: a heading, or "For example:"."""
        if self.kind == "paragraph":
            return len(self.text) <= _LEAD_CHARS and self.text.rstrip("*_ ").endswith((":", "："))
        return self.kind in ("heading", "hr")


def with_newlines(source: str) -> str:
    """``source`` with uniform line ends."""
    return _NEWLINES.sub("\n", source)


def read_document(source: str, *, whole: bool = True, grows: bool = False) -> list[MarkdownBlock]:
    """The blocks of a document. Linear in its length.

    Unless it is ``whole``, reference links and footnotes stay as written. While it ``grows``, a
    formula that it does not end is left out; a block of nothing else is empty, of kind ``HELD``.
    """
    source = lengthen_fences(with_newlines(source), grows=grows)
    tokens = read_blocks(source)
    env: Env = {WORK: Work.on(source)}
    definitions = find_definitions(tokens, env) if whole else {}
    if whole:
        _number_notes(tokens, env["footnotes"], env)
        env[WORK] = Work.on(source)
    lines: list[str | None] = list(source.split("\n"))
    tables = {start: read_table(tokens[start:end], env) for start, end in _tables(tokens)}
    for start, table in tables.items():
        if tokens[start].level:
            _write_as_code(lines, tokens[start], table)
    held = None
    for number, token in enumerate(tokens):
        if token.type == "formula":
            hidden = grows and token.meta["growing"]
            held = token.map[0] if hidden and token.map else held
            _write_formula(lines, token, hidden=hidden)
        elif token.type == "inline" and tokens[number - 1].type not in ("th_open", "td_open"):
            if grows and token.map and token.map[1] >= len(lines):
                env[GROWS] = True
            _write_edits(lines, token, tokens[number - 1], env)
        elif token.type == "paragraph_open" and token.content:
            _disable_links(lines, token)
    notes: list[MarkdownBlock] = []
    if whole:
        _drop(lines, [line for label, line in definitions.items() if label in env["used"]])
        notes = list(_take_notes(lines, tokens, env["footnotes"]))
    return [*_blocks(lines, tokens, tables, held), *notes]


def _number_notes(tokens: Sequence[Token], footnotes: Footnotes, env: Env) -> None:
    if footnotes.defined:
        for token in tokens:
            if token.type == "inline":
                read_inline(token.content, env)
        footnotes.settle()


def _drop(lines: list[str | None], numbers: Iterable[int]) -> None:
    """Remove lines, except those that begin an item."""
    for number in numbers:
        if _ITEM.match(lines[number] or "") is None:
            lines[number] = None


def _take_notes(
    lines: list[str | None], tokens: Sequence[Token], footnotes: Footnotes
) -> Iterator[MarkdownBlock]:
    """The document's footnotes, which go to its end."""
    taken: list[tuple[int, str]] = []
    for opening, token in pairwise(tokens):
        if opening.type != "paragraph_open" or opening.level or not token.map:
            continue
        for number, start, end in notes_in(token.content, footnotes):
            place = slice(token.map[0] + start, token.map[0] + end)
            taken.append((int(number), "\n".join(_trimmed(lines[place])).lstrip()))
            lines[place] = [None] * (end - start)
    if taken:
        text = "\n".join(note for _, note in sorted(taken, key=itemgetter(0)))
        yield MarkdownBlock("paragraph", text, line=len(lines))


def _tables(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    start = 0
    for number, token in enumerate(tokens):
        if token.type == "table_open":
            start = number
        elif token.type == "table_close":
            yield start, number


def _write_as_code(lines: list[str | None], token: Token, table: Table) -> None:
    """Turn a table within a list or a quote, where Slack has none, into a code block."""
    first, end = token.map or (0, 0)
    lead, indent = _MARKERS.match(lines[first] or ""), _INDENT.match(lines[first + 1] or "")
    code = [f"{indent[0] if indent else ''}{line}" for line in fenced(table.lines()).split("\n")]
    code[0] = f"{lead[0] if lead else ''}{code[0].lstrip('> ')}"
    lines[first:end] = ["\n".join(code), *[None] * (end - first - 1)]


def _write_formula(lines: list[str | None], token: Token, *, hidden: bool) -> None:
    """Write a formula as a line of text, or as code."""
    first, end = token.map or (0, 0)
    lead = _MARKERS.match(lines[first] or "")
    indent = "".join(each if each in ">\t" else " " for each in lead[0]) if lead else ""
    coded, shown = token.meta["kind"] == "fence", token.content
    text = fenced(shown.split("\n")).split("\n") if coded else [escaped(shown)]
    text = [""] if hidden else text
    lines[first:end] = [
        "\n".join([f"{lead[0] if lead else ''}{text[0]}", *(indent + each for each in text[1:])]),
        *[None] * (end - first - 1),
    ]


def _write_edits(lines: list[str | None], token: Token, opening: Token, env: Env) -> None:
    """Write the edits of an inline token into its lines."""
    edits = read_inline(token.content, env).edits
    if not edits:
        return
    first, _ = token.map or (0, 0)
    before, after = token.content.split("\n"), repaired(token.content, edits).split("\n")
    # White space alone would not keep what follows from beginning a block.
    line_break = " " if opening.type == "heading_open" else f"\n{ZERO_WIDTH_SPACE}"
    after = [line.replace(LINE_BREAK, line_break) for line in after]
    for number, (old, new) in enumerate(zip(before, after, strict=True), start=first):
        line = lines[number] or ""
        # White space at the start of a line belongs to the block; the rest ends as the line does.
        at = line.rfind(old.lstrip())
        if opening.type == "heading_open" and opening.markup.startswith("#"):
            at = line.find(old, line.find(opening.markup) + len(opening.markup))
        if at >= 0:
            lines[number] = line[:at] + new.lstrip() + line[at + len(old.lstrip()) :]


def _disable_links(lines: list[str | None], token: Token) -> None:
    """Disable all links in text that was not parsed."""
    for number in range(*(token.map or ())):
        line = lines[number] or ""
        edits = [Edit(at, at, ZERO_WIDTH_SPACE) for at in link_places(line)]
        lines[number] = repaired(line, edits)


def _blocks(
    lines: Sequence[str | None],
    tokens: Sequence[Token],
    tables: Mapping[int, Table],
    held: int | None,
) -> Iterator[MarkdownBlock]:
    end = 0
    for number, token in enumerate(tokens):
        if token.level or token.nesting < 0 or token.map is None:
            continue
        first, after = token.map
        own, table = lines[first:after], tables.get(number)
        text, unclosed = _written(token, own) if table is None else ("", False)
        gone = None in own or token.type == "formula"
        if gone and not text.strip("> \n") and table is None:
            if held is not None and first <= held < after:
                yield MarkdownBlock(HELD, "", line=first)
            continue
        blank = any(not (line or "").strip() for line in lines[end:first])
        gap = "\n\n" if blank else "\n"
        kind = str(token.meta.get("kind") or token.type.removesuffix("_open"))
        yield MarkdownBlock(kind, text, gap, table, unclosed, first)
        end = first + max(1, len(_trimmed(own)))


def _written(token: Token, lines: Sequence[str | None]) -> tuple[str, bool]:
    """The text of a block that is no table, and whether it is code without an end."""
    code = token.content.removesuffix("\n").split("\n") if token.content else []
    if token.type == "code_block":
        return indented_code(code)
    if token.type == "fence":
        label = token.info.strip().replace("`", "")
        return fenced(code, label, len(token.markup)), len(lines) < len(code) + 2
    return "\n".join(_trimmed(lines)), False


def _trimmed(lines: Sequence[str | None]) -> list[str]:
    kept = [line for line in lines if line is not None]
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


def words_of(source: str) -> str:
    """The words of a document without markup, on one line."""
    words: list[str] = []
    env: Env = {WORK: Work.on(source)}
    for token in read_blocks(lengthen_fences(source)):
        if token.type == "inline":
            # A table of many columns may have thousands of empty cells.
            children = read_inline(token.content, env).tokens if token.content else []
            words += [" " if each.type.endswith("break") else each.content for each in children]
        else:
            words.append(token.content)
        words.append(" ")
    return " ".join("".join(words).translate(_INVISIBLE).split())
