"""A document in Markdown as a sequence of blocks, written so that Slack shows what they mean."""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markdown_it.token import Token

from processor_service.markdown.characters import HAIR_SPACE, ZERO_WIDTH_SPACE
from processor_service.markdown.inline import (
    Env,
    mended,
    read_blocks,
    read_inline,
)
from processor_service.markdown.tables import Table, fenced, read_table

_LEAD_CHARS = 200
_NEWLINES = re.compile(r"\r\n?")
_INVISIBLE = str.maketrans("", "", ZERO_WIDTH_SPACE + HAIR_SPACE)
_MARKERS = re.compile(r"(?:[>\s]|[-+*]\s|\d{1,9}[.)]\s)*")
_INDENT = re.compile(r"[>\s]*")


@dataclass(frozen=True)
class Block:
    """One top-level block: Markdown, or a table.

    ``kind`` is the parser's name for it, ``gap`` the line breaks that separate it from the block
    before, ``line`` where it begins in its document, from 0. The end of ``unclosed`` code was not
    written, perhaps not yet; ``text`` has one.
    """

    kind: str
    text: str
    gap: str = "\n\n"
    table: Table | None = None
    unclosed: bool = False
    line: int = field(default=0, compare=False)

    @property
    def leads_in(self) -> bool:
        """Whether it belongs to what follows: a heading, or "For example:"."""
        if self.kind == "paragraph":
            return len(self.text) <= _LEAD_CHARS and self.text.rstrip("*_ ").endswith((":", "："))
        return self.kind in ("heading", "hr")


def with_newlines(source: str) -> str:
    """``source`` with every line ended the same way."""
    return _NEWLINES.sub("\n", source)


def read_document(source: str, env: Env | None = None) -> list[Block]:
    """The blocks of a document. Linear in its length.

    Links may refer to addresses in ``env``, which takes those that the document defines.
    """
    source = with_newlines(source)
    env = {} if env is None else env
    tokens = read_blocks(source, env)
    lines: list[str | None] = list(source.split("\n"))
    tables = list(_tables(tokens))
    for start, end in tables:
        if tokens[start].level:
            _write_as_code(lines, tokens[start], read_table(tokens[start:end], env))
    for number, token in enumerate(tokens):
        if token.type == "inline" and not any(start < number < end for start, end in tables):
            _mend(lines, token, tokens[number - 1], env)
    return list(_blocks(lines, tokens, dict(tables), env))


def _tables(tokens: Sequence[Token]) -> Iterator[tuple[int, int]]:
    start = 0
    for number, token in enumerate(tokens):
        if token.type == "table_open":
            start = number
        elif token.type == "table_close":
            yield start, number


def _write_as_code(lines: list[str | None], token: Token, table: Table) -> None:
    """A table within a list or a quote, where Slack has none, becomes a code block."""
    first, end = token.map or (0, 0)
    lead, indent = _MARKERS.match(lines[first] or ""), _INDENT.match(lines[first + 1] or "")
    code = [f"{indent[0] if indent else ''}{line}" for line in fenced(table.lines()).split("\n")]
    code[0] = f"{lead[0] if lead else ''}{code[0].lstrip('> ')}"
    lines[first:end] = ["\n".join(code), *[None] * (end - first - 1)]


def _mend(lines: list[str | None], token: Token, opening: Token, env: Env) -> None:
    """Write the edits of an inline token into the lines it stands in."""
    edits = read_inline(token.content, env).edits
    if not edits:
        return
    first, _ = token.map or (0, 0)
    before, after = token.content.split("\n"), mended(token.content, edits).split("\n")
    for number, (old, new) in enumerate(zip(before, after, strict=True), start=first):
        line = lines[number] or ""
        # White space at the start of a line is the block's; the rest ends as the line does.
        at = line.rfind(old.lstrip())
        if opening.type == "heading_open" and opening.markup.startswith("#"):
            at = line.find(old, line.find(opening.markup) + len(opening.markup))
        if at >= 0:
            lines[number] = line[:at] + new.lstrip() + line[at + len(old.lstrip()) :]


def _blocks(
    lines: Sequence[str | None], tokens: Sequence[Token], tables: Mapping[int, int], env: Env
) -> Iterator[Block]:
    end = 0
    for number, token in enumerate(tokens):
        if token.level or token.nesting < 0 or token.map is None:
            continue
        blank = any(not (line or "").strip() for line in lines[end : token.map[0]])
        gap = "\n\n" if blank else "\n"
        kind = token.type.removesuffix("_open")
        table = read_table(tokens[number : tables[number]], env) if number in tables else None
        text = "" if table else _written(token, lines[slice(*token.map)])
        yield Block(kind, text, gap, table, _is_unclosed(token), token.map[0])
        end = token.map[0] + max(1, len(_trimmed(lines[slice(*token.map)])))


def _is_unclosed(token: Token) -> bool:
    first, end = token.map or (0, 0)
    return token.type == "fence" and end - first < len(_code_of(token)) + 2


def _written(token: Token, lines: Sequence[str | None]) -> str:
    if token.type in ("fence", "code_block"):
        return fenced(_code_of(token), token.info.strip().replace("`", ""), len(token.markup))
    return "\n".join(_trimmed(lines))


def _code_of(token: Token) -> list[str]:
    return token.content.removesuffix("\n").split("\n") if token.content else []


def _trimmed(lines: Sequence[str | None]) -> list[str]:
    """The lines that are left, without blank ones at the end."""
    kept = [line for line in lines if line is not None]
    while kept and not kept[-1].strip():
        kept.pop()
    return kept


def words_of(source: str) -> str:
    """The words of a document without its markup, on one line."""
    env: Env = {}
    words: list[str] = []
    for token in read_blocks(source, env):
        if token.type == "inline":
            children = read_inline(token.content, env).tokens
            words += [" " if each.type.endswith("break") else each.content for each in children]
        else:
            words.append(token.content)
        words.append(" ")
    return " ".join("".join(words).translate(_INVISIBLE).split())
