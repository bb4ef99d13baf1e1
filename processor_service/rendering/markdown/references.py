"""Definitions of links and footnotes: only those in use leave their place in the text.

CommonMark takes any line ``[label]: word`` for a link definition and hides it. Japanese has no
spaces, so ``[注意]: 再起動してください。`` would be one.
"""

import re
from collections.abc import Iterator, MutableMapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

from markdown_it.common.utils import normalizeReference
from markdown_it.token import Token

Env = MutableMapping[str, Any]

# At the beginning of a line a strict parser takes this for the label of a definition.
LABEL = re.compile(r"^[ \t]*(\[)(?:[^\[\]\\]|\\.)+\](?=:)", re.MULTILINE | re.DOTALL)
NOTE_MARK = re.compile(r"\[\^([^\[\]\s^]{1,100})\]")
_NOTE = re.compile(rf"^[ \t]*{NOTE_MARK.pattern}:", re.MULTILINE)
# An address without blanks, an ASCII host and no Japanese punctuation: not a sentence.
_DEFINITION = re.compile(
    r"[ \t]*(\[)((?:[^\[\]\\\n]|\\.)+)\]:[ \t]*"
    r"(<)?((?:https?://[!-.0-;=?-~]{1,250}(?:[/?#][^\s<>。、「」（）]{0,2700})?"
    r"|mailto:[!-;=?-~]{1,250}))(?(3)>)"
    r"(?:[ \t]+(\"[^\"\n]*\"|'[^'\n]*'|\([^()\n]*\)))?[ \t]*(?:\n|\Z)",
    re.IGNORECASE,
)


@dataclass
class Footnotes:
    """The labels of notes, and the numbers of those in use."""

    defined: set[str] = field(default_factory=set)
    numbers: dict[str, str] = field(default_factory=dict)

    def number(self, label: str, *, refers: bool) -> str | None:
        """The number of a note; None if there is no such note or the text never refers to it."""
        if refers and label in self.defined:
            self.numbers.setdefault(label, str(len(self.numbers) + 1))
        return self.numbers.get(label)

    def settle(self) -> None:
        """Keep the author's numbers if all labels are numbers."""
        if all(label.isascii() and label.isdigit() for label in self.defined):
            self.numbers = {label: label for label in self.numbers}


def find_definitions(tokens: Sequence[Token], env: Env) -> dict[str, int]:
    """The line of each label's definition in a document; collects link targets and footnotes in
    ``env``.
    """
    lines: dict[str, int] = {}
    env["references"], env["footnotes"], env["used"] = {}, Footnotes(), set()
    for opening, token in pairwise(tokens):
        if opening.type != "paragraph_open" or not token.map or "]:" not in token.content:
            continue
        env["footnotes"].defined.update(each[1] for each in _NOTE.finditer(token.content))
        for line, each in enumerate(_leading(token.content), start=token.map[0]):
            label = normalizeReference(each[2])
            if label and label not in lines:
                lines[label] = line
                env["references"][label] = {"href": each[4], "title": (each[5] or "")[1:-1]}
    return lines


def _leading(content: str) -> Iterator[re.Match[str]]:
    at = 0
    while found := _DEFINITION.match(content, at):
        yield found
        at = found.end()
        if at == len(content):
            return


def defined_at(content: str, env: Env) -> frozenset[int]:
    """Where definitions begin, which are no links themselves."""
    if not env.get("references") or "]:" not in content:
        return frozenset()
    return frozenset(each.start(1) for each in _leading(content))


def labels_in(content: str) -> dict[int, int]:
    """Where the labels of apparent definitions begin, by where they end."""
    if "]:" not in content:
        return {}
    return {each.end() - 1: each.start(1) for each in LABEL.finditer(content)}


def notes_in(content: str, footnotes: Footnotes) -> Iterator[tuple[str, int, int]]:
    """The footnotes of a paragraph that the text refers to: their numbers and lines, from 0."""
    begun: list[tuple[int, str | None]] = []
    at = line = 0
    for each in _NOTE.finditer(content):
        line += content.count("\n", at, each.start())
        at = each.start()
        begun.append((line, footnotes.numbers.get(each[1])))
    ends = [line for line, _ in begun[1:]] + [content.count("\n") + 1]
    for (line, number), end in zip(begun, ends, strict=False):
        if number is not None:
            yield number, line, end
