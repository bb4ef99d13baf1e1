"""Texts of so many short lines that parsing each of them is not worth the time.

They are shown as written, which is what Slack gets of most Markdown anyway: nothing is lost. Only
code is recognised, so that no message ends inside it.
"""

import re
from collections.abc import Iterator

from markdown_it.token import Token

# Code and tables aside, real lines are longer. The parser takes 50 to 100 microseconds for each.
_LINES = 200
_BYTES_A_LINE = 50
_PARAGRAPH_CHARS = 1_500

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})([^\n]*)")
_LINKS = re.compile(r"(?<=\])(?=[(\[:])|(?<=<)(?=[A-Za-z/!?])")
_Fence = re.Match[str] | None


def link_places(text: str) -> Iterator[int]:
    """Where to put an invisible character so that Slack sees no link and no tag in ``text``.

    Link targets are only checked when they are parsed, so no unparsed link may work.
    """
    return (found.start() for found in _LINKS.finditer(text))


def is_dense(source: str) -> bool:
    """Whether a document has far more lines outside of code than people or models write."""
    least = source.count("\n")
    if least <= _LINES:
        return False
    most = _LINES + len(source.encode("utf-8", "replace")) // _BYTES_A_LINE
    return least > most and sum(1 for _, fence in _lines(source) if fence is None) > most


def read_roughly(source: str) -> list[Token]:
    """A document's code and, in pieces, the text between, as block tokens."""
    return [_token(*run) for run in _runs(source) if run[2] or any(map(str.strip, run[1]))]


def _runs(source: str) -> Iterator[tuple[int, list[str], _Fence]]:
    """Lines that belong together, with the number of the first and their code fence."""
    start, held, chars, code = 0, list[str](), 0, None
    for number, (line, fence) in enumerate(_lines(source)):
        if held and (fence is not code or (fence is None and chars > _PARAGRAPH_CHARS)):
            yield start, held, code
            start, held, chars = number, [], 0
        held.append(line)
        chars += len(line)
        code = fence
    yield start, held, code


def _token(start: int, lines: list[str], fence: _Fence) -> Token:
    where = [start, start + len(lines)]
    if fence is None:
        blank = next(number for number, line in enumerate(lines) if line.strip())
        where[0] += blank
        content = "\n".join(lines[blank:])
        return Token("paragraph_open", "p", 1, map=where, content=content)
    code = lines[1:-1] if len(lines) > 1 and _closes(lines[-1], fence) else lines[1:]
    content = "".join(f"{line}\n" for line in code)
    return Token("fence", "code", 0, map=where, content=content, info=fence[2], markup=fence[1])


def _lines(source: str) -> Iterator[tuple[str, _Fence]]:
    """Each line with the fence of the code it is in."""
    open_fence: _Fence = None
    for line in source.split("\n"):
        if open_fence is None:
            match = _FENCE.match(line)
            open_fence = match if match and "`" not in match[2] else None
            yield line, open_fence
        else:
            yield line, open_fence
            if _closes(line, open_fence):
                open_fence = None


def _closes(line: str, fence: re.Match[str]) -> bool:
    match = _FENCE.match(line)
    return match is not None and match[1].startswith(fence[1]) and not match[2].strip()
