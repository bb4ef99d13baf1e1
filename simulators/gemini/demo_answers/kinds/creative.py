"""Creative wishes: a short text of the form asked for, with variations."""

import re

from simulators.gemini.demo_answers.draft import Draft
from simulators.gemini.demo_answers.question import Question, pick
from simulators.gemini.demo_answers.texts import texts

_FORMS = (
    ("haiku", re.compile(r"haiku|俳句|川柳", re.IGNORECASE | re.ASCII)),
    (
        "slogan",
        re.compile(
            r"slogan|tagline|catchphrase|キャッチコピー|スローガン|標語", re.IGNORECASE | re.ASCII
        ),
    ),
    ("joke", re.compile(r"joke|ジョーク|ダジャレ", re.IGNORECASE | re.ASCII)),
    ("story", re.compile(r".")),
)


def draft(question: Question) -> Draft:
    """A text, its style, and the other texts of its form."""
    form = next(name for name, words in _FORMS if words.search(question.plain or " "))
    said = texts("creative")[question.locale][form]
    choices = [text.strip("\n") for text in said["texts"]]
    chosen = pick(question, choices)
    others = tuple(text for text in choices if text != chosen)
    return Draft("creative", question.locale, said["style"], text=chosen, others=others)
