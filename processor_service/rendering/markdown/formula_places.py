"""Where formulas in LaTeX begin and end within Markdown, and where dollars are money.

While a text grows, ``may_grow`` says whether what is open may still become a formula: it is
monotonic, so that what it once denied stays text.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it.rules_block import StateBlock

from processor_service.rendering.markdown.characters import ZERO_WIDTH_SPACE
from processor_service.rendering.markdown.formulas import readable_formula, readable_rows
from processor_service.rendering.markdown.links import escaped

# ``stable_prefix`` holds open marks back for 300 characters, in which invisible ones count.
MOST_FORMULA_CHARS = 240
_BLOCK_CHARS = 2_000

_BODY = r"(?:[^$\\\n`]|\\[^\n`()\[\]])"
_BRACKETED = r"(?:[^\\\n`]|\\[^\n`()\[\]])"
_FORMULA = re.compile(
    rf"\$\$(?P<display>{_BODY}++)\$\$(?!\$)"
    rf"|\$(?![\s$])(?P<dollars>{_BODY}++)(?<!\s)\$(?![0-9$])"
    rf"|\\\((?P<round>{_BRACKETED}++)\\\)"
    rf"|\\\[(?P<square>{_BRACKETED}++)\\\](?!\()"
)
_OPEN = re.compile(rf"(?:\$\$?(?P<dollars>{_BODY}*+)|\\[(\[](?P<brackets>{_BRACKETED}*+))[\\$]?\Z")
_COMMAND = re.compile(
    r"\\[A-Za-z]{2}|\\[a-zA-Z]\b|[\^]|_\{|(?<![A-Za-z])[A-Za-z]_[A-Za-z0-9]|\A_[0-9a-z]{1,2}\Z"
)
# A sign that LaTeX takes for itself, as models write prices ("$\$0.60$").
_SIGN = re.compile(r"\\([$%&#])")
_TERMS = re.compile(r"[A-Za-z0-9 +\-*/=<>()\[\],.:;|!'%]*[A-Za-z0-9)\]'!|%]")
# Marks alone are none: dollars beside brackets, as in a shell or a pattern.
_NAMED = re.compile(r"[A-Za-z0-9]")
_WORD = re.compile(r"[A-Za-z]{3}")
_UNITS = re.compile(r"\d.*[A-Za-z]{2}")
# Two plain words in a row, or punctuation of Japanese sentences: no formula, whatever follows.
_PROSE = re.compile(r"(?<![\\A-Za-z])[A-Za-z]{2,}[,.;:!?]?[ \n]+[A-Za-z]{2,}|[。、「」！？]")
# A character that would begin a block at the beginning of a line.
_BLOCK_START = re.compile(r"[-+*#=>|~]|\d{1,9}[.)](?:\s|\Z)")

_ENVIRONMENTS = (
    "equation|align|aligned|gather|gathered|split|multline|cases|array"
    "|[pbvBV]?matrix|smallmatrix|eqnarray"
)
_BEGIN = re.compile(rf"\$\$|\\\[|\\begin\{{((?:{_ENVIRONMENTS})\*?)\}}")


@dataclass(frozen=True)
class Formula:
    """A formula up to ``end``: what is shown for it, in code if it stays LaTeX."""

    end: int
    text: str
    coded: bool

    def markdown(self) -> str:
        """The escaped Markdown that is shown; a beginning that could begin a block does not."""
        guard = ZERO_WIDTH_SPACE if _BLOCK_START.match(self.text) else ""
        return f"`{self.text}`" if self.coded else guard + escaped(self.text)


def formula_at(source: str, at: int) -> Formula | None:
    """The formula within a line that begins at ``at``."""
    found = _FORMULA.match(source, at, at + MOST_FORMULA_CHARS)
    if found is None or source.endswith("$", 0, at):
        return None
    latex = str(found[found.lastgroup or 0]).strip()
    if not _is_formula(found, latex, source):
        return None
    text = readable_formula(latex)
    return Formula(found.end(), text or latex, not text)


def is_open(source: str, at: int) -> bool:
    """Whether a formula that begins at ``at`` may still be ended by what follows ``source``."""
    if len(source) - at > MOST_FORMULA_CHARS or source.endswith("$", 0, at):
        return False
    found = _OPEN.match(source, at)
    return found is not None and may_grow(found["dollars"] or found["brackets"] or "")


def may_grow(latex: str) -> bool:
    """Whether this may be, or become, a formula: outside of braces it is not prose."""
    outside = "".join(_outside_braces(latex)) if "{" in latex else latex
    return _PROSE.search(outside) is None


def _outside_braces(latex: str) -> Iterator[str]:
    depth = 0
    for char in latex:
        depth = max(0, depth - (char == "}"))
        if not depth:
            yield char
        depth += char == "{"


def _is_formula(found: re.Match[str], latex: str, source: str) -> bool:
    if not latex or not may_grow(latex):
        return False
    before = source[found.start() - 1 : found.start()]
    after = source[found.end() : found.end() + 1]
    if _COMMAND.search(latex):
        return True
    plain = _SIGN.sub("", latex)
    if found.lastgroup == "square" or not _TERMS.fullmatch(plain) or not _NAMED.search(plain):
        return False
    joined = (before.isascii() and before.isalnum()) or (
        after.isascii() and after.isalnum() and len(latex) > 1
    )
    return not joined and not _WORD.search(latex) and not _UNITS.match(latex)


def read_formula(state: StateBlock, first_line: int, end_line: int, silent: bool) -> bool:
    """The rule for a formula on lines of its own.

    One that the text does not end is a formula that grows (``meta["growing"]``).
    """
    if state.is_code_block(first_line):
        return False
    text = _line(state, first_line)
    opening = _BEGIN.match(text)
    if opening is None:
        return False
    read = _read_lines(state, (first_line, end_line), opening)
    if read is None:
        return False
    latex, last, growing = read
    if not silent:
        token = state.push("formula", "", 0)
        token.map = [first_line, last + 1]
        rows = None if growing else readable_rows(latex)
        token.content = "\n".join(rows or [latex])
        coded = rows is None or len(rows) > 1
        token.meta = {"kind": "fence" if coded else "paragraph", "growing": growing}
        state.line = last + 1
    return True


def _line(state: StateBlock, line: int) -> str:
    return state.src[state.bMarks[line] + state.tShift[line] : state.eMarks[line]].rstrip()


def _read_lines(
    state: StateBlock, lines: tuple[int, int], opening: re.Match[str]
) -> tuple[str, int, bool] | None:
    """The formula, its last line, and whether it grows."""
    closing = {"$$": "$$", "\\[": "\\]"}.get(opening[0]) or f"\\end{{{opening[1]}}}"
    begin = 0 if opening[1] else len(opening[0])
    held, chars, all_lines = list[str](), 0, len(state.bMarks) - 1
    for number in range(*lines):
        text = _line(state, number)[begin if number == lines[0] else 0 :]
        if number == all_lines - 1 and not text:
            # A last line that is empty may still be written.
            break
        chars += len(text) + 1
        outside = state.sCount[number] < state.blkIndent
        if (not text and number > lines[0]) or outside or chars > _BLOCK_CHARS:
            return None
        held.append(text)
        if closing in text:
            latex = "\n".join(held)
            body = latex if opening[1] else latex.removesuffix(closing)
            body = body.strip("\n ")
            whole = text.endswith(closing) and closing not in latex[: -len(closing)]
            return (body, number, False) if whole and _stands_alone(body, opening[0]) else None
    latex = opening[0] * (not opening[1]) + "\n".join(held)
    grows = lines[1] >= all_lines and may_grow(latex)
    return (latex, lines[1] - 1, True) if grows else None


def _stands_alone(latex: str, opening: str) -> bool:
    if opening == "\\[" and "=" not in latex and not _COMMAND.search(latex):
        return False
    plain = _TERMS.fullmatch(latex.replace("\n", " ")) and not _WORD.search(latex)
    return may_grow(latex) and bool(_COMMAND.search(latex) or (plain and not _UNITS.match(latex)))
