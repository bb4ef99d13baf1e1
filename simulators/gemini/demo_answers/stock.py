"""The subjects that the simulated model has answers ready for, each in more than one approach."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simulators.gemini.demo_answers.answer import Mode
from simulators.gemini.demo_answers.draft import Draft
from simulators.gemini.demo_answers.question import Locale, Question
from simulators.gemini.demo_answers.texts import texts

# Between Japanese and Latin letters there is a word boundary only in ASCII terms.
_WORDS = re.IGNORECASE | re.ASCII
_LOCALES: tuple[Locale, ...] = ("ja", "en")


@dataclass(frozen=True)
class Stock:
    """A subject, found by its words, with its approaches in both languages."""

    words: re.Pattern[str]
    mode: Mode
    approaches: Mapping[Locale, Sequence[Draft]]


def _approach(mode: Mode, locale: Locale, said: Mapping[str, Any]) -> Draft:
    return Draft(
        mode,
        locale,
        said["lead"],
        text=said.get("text", "").strip("\n"),
        points=tuple(said["points"]),
        more=tuple(said["more"]),
        casual=said.get("casual", "").strip("\n"),
    )


STOCK: Sequence[Stock] = tuple(
    Stock(
        re.compile(each["words"], _WORDS),
        each["mode"],
        {
            locale: tuple(_approach(each["mode"], locale, said) for said in each[locale])
            for locale in _LOCALES
        },
    )
    for each in texts("stock")["stock"]
)


def stock_of(text: str) -> Stock | None:
    """The first subject whose words occur in ``text``."""
    return next((stock for stock in STOCK if stock.words.search(text)), None)


def from_stock(question: Question) -> Draft | None:
    """The answer to a question about a known subject: each time in the next approach."""
    stock = stock_of(question.plain)
    if stock is None:
        return None
    approaches = stock.approaches[question.locale]
    draft = approaches[question.variation % len(approaches)]
    others = tuple(each.text or each.lead for each in approaches if each is not draft)
    return replace(draft, others=others)
