"""What the simulated model knows by heart: small programs, and a few subjects."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simulators.gemini.demo_answers.texts import texts

# Between Japanese and Latin letters there is a word boundary only in ASCII terms.
_WORDS = re.IGNORECASE | re.ASCII


@dataclass(frozen=True)
class Recipe:
    """A program, found by its words, with its explanation in both languages."""

    words: re.Pattern[str]
    language: str
    code: str
    texts: Mapping[str, str]


@dataclass(frozen=True)
class Topic:
    """A subject, found by its words, with a ``summary`` and ``points`` in both languages."""

    words: re.Pattern[str]
    texts: Mapping[str, Mapping[str, Any]]


RECIPES: Sequence[Recipe] = tuple(
    Recipe(
        re.compile(each["words"], _WORDS),
        each["language"],
        each["code"],
        {"ja": each["ja"], "en": each["en"]},
    )
    for each in texts("recipes")["recipes"]
)
TOPICS: Sequence[Topic] = tuple(
    Topic(re.compile(each["words"], _WORDS), {"ja": each["ja"], "en": each["en"]})
    for each in texts("topics")["topics"]
)
