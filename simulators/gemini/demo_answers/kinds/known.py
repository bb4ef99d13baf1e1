"""The programs that the simulated model knows by heart."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

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


RECIPES: Sequence[Recipe] = tuple(
    Recipe(
        re.compile(each["words"], _WORDS),
        each["language"],
        each["code"],
        {"ja": each["ja"], "en": each["en"]},
    )
    for each in texts("recipes")["recipes"]
)
