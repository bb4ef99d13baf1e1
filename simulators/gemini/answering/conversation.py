"""Reads a request as a model does: the question, and what its system instruction says of the rest.

Frames are lines like ``[word message from "Name" …]`` whose word the system instruction explains;
what stands behind ``[word question …]`` is the question. A line with another word is a user's.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simulators.gemini.answering.attachments import attachments_of
from simulators.gemini.demo_answers import Question, Said
from simulators.gemini.demo_answers.question import Length
from simulators.gemini.protocol.payload import Content, GenerateContentRequest

_EXPLAINED = re.compile(r"\[([0-9a-f]{8,}) (?:message|question|file|missing|end)")
_LINE = re.compile(r"^\[([0-9a-f]{8,}) ([^\n]*)\]$")
_LINKED = re.compile(r", link: (\S+)$")
_NAMED = re.compile(r'"([^"]*)"')
_SHORT = re.compile(r"今回は[^。]*短[いく]|This time[^.]*\bshort", re.IGNORECASE)
# An app's request to rework the model's last answer.
_REWORK = re.compile(r"直前の回答|your previous answer", re.IGNORECASE)
_LONG = re.compile(r"今回は[^。]*(?:詳し|長)|This time[^.]*\b(?:long|detail)", re.IGNORECASE)


@dataclass(frozen=True)
class _Piece:
    """A text of one kind: a ``message``, the ``question``, a ``missing`` file, or ``plain``."""

    kind: str
    about: str
    text: str
    link: str = ""


def question_of(request: GenerateContentRequest, variation: int = 0) -> Question:
    """The question with the conversation before it. A wish for another length asks for the same
    answer, so it is no reason for another approach.
    """
    system = request.system_instruction.text() if request.system_instruction else ""
    words = frozenset(_EXPLAINED.findall(system))
    contents, replaced = _without_rework(request.contents)
    turns = [content for content in contents if content.role != "model"]
    pieces = [piece for turn in turns for piece in _pieces(turn, words)]
    text, before = _asked(pieces)
    length = _length(system)
    return Question(
        text=text,
        earlier=[one.text for one in before if one.kind in ("message", "plain")],
        answers=[each.text() for each in contents if each.role == "model"],
        quotes=[Said(one.about, one.text, one.link) for one in before if one.kind == "message"],
        attachments=attachments_of(turns),
        missing=[one.about for one in before if one.kind == "missing"],
        length=length,
        variation=variation if length == "usual" else 0,
        replaced=replaced,
    )


def _without_rework(contents: Sequence[Content]) -> tuple[Sequence[Content], str]:
    """The conversation up to its question, and the answer that the last turn asks to rework."""
    if len(contents) < 3 or contents[-2].role != "model" or not _REWORK.search(contents[-1].text()):
        return contents, ""
    return contents[:-2], contents[-2].text()


def _asked(pieces: Sequence[_Piece]) -> tuple[str, Sequence[_Piece]]:
    """The last words that are in no frame of another kind, and what comes before them."""
    for place in range(len(pieces) - 1, -1, -1):
        if pieces[place].kind in ("question", "plain"):
            return pieces[place].text, pieces[:place]
    return "", pieces


def _length(system: str) -> Length:
    if _SHORT.search(system):
        return "short"
    return "long" if _LONG.search(system) else "usual"


def _pieces(turn: Content, words: frozenset[str]) -> Iterator[_Piece]:
    """The turn cut at its frames; content of files is left to ``attachments``."""
    kind, about, link, lines = "plain", "", "", list[str]()
    texts = [part.text for part in turn.parts if part.text and not part.thought]
    for line in "\n".join(texts).split("\n"):
        frame = _LINE.match(line)
        if frame is None or frame[1] not in words:
            lines.append(line)
            continue
        yield from _piece(kind, about, lines, link)
        name, address = _NAMED.search(frame[2]), _LINKED.search(frame[2])
        link = address[1] if address else ""
        kind, about, lines = frame[2].split(" ")[0], name[1] if name else "", []
        if kind == "missing":
            yield _Piece("missing", about, "")
        if kind not in ("message", "question", "file"):
            kind, about = "plain", ""
    yield from _piece(kind, about, lines, link)


def _piece(kind: str, about: str, lines: Sequence[str], link: str) -> Iterator[_Piece]:
    text = "\n".join(lines).strip()
    if text and kind != "file":
        yield _Piece(kind, about, text, link)
