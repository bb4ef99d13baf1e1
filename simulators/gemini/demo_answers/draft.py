"""What an answer says, before it takes the form of a mode or of Markdown."""

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace

from simulators.gemini.demo_answers.answer import Mode
from simulators.gemini.demo_answers.question import Length, Locale

_SENTENCE = re.compile(r"(?<=[。！？])|(?<=[.!?])\s+")


@dataclass(frozen=True)
class Code:
    """A program with the language of its block."""

    language: str
    text: str


@dataclass(frozen=True)
class Draft:
    """An answer in ``mode``. ``lead`` is the answer in a sentence or two, ``text`` what was asked
    for (a draft, a table, a poem), ``points`` what else is worth knowing, ``more`` what only a
    longer answer says, ``others`` other versions. ``known`` is False for an answer that only says
    that there is none.
    """

    mode: Mode
    locale: Locale
    lead: str
    text: str = ""
    code: Code | None = None
    points: Sequence[str] = ()
    more: Sequence[str] = ()
    others: Sequence[str] = ()
    casual: str = ""
    sentiment: str | None = None
    known: bool = True

    def of_length(self, length: Length) -> "Draft":
        """The same answer shorter, or with all there is to say."""
        if length == "short":
            lead = first_sentence(self.lead)
            # The table of a comparison only supports the answer; a draft or a poem is the answer.
            text = "" if self.mode == "data" else self.text
            return replace(self, lead=lead, text=text, points=(), more=(), others=())
        if length == "long":
            return replace(self, points=(*self.points, *self.more), more=())
        return self


def first_sentence(text: str) -> str:
    """The first sentence of a text."""
    return _SENTENCE.split(text.strip(), maxsplit=1)[0].strip()


def sentences(text: str) -> list[str]:
    """The sentences of a line."""
    return [each.strip() for each in _SENTENCE.split(text) if each.strip()]
