"""Questions about code: a program that works, or an honest place to start."""

import re

from simulators.gemini.demo_answers.draft import Code, Draft
from simulators.gemini.demo_answers.kinds.known import RECIPES, Recipe
from simulators.gemini.demo_answers.question import Question
from simulators.gemini.demo_answers.texts import texts

_LANGUAGES = (
    (
        "javascript",
        re.compile(r"javascript|\bjs\b|node|typescript|ブラウザ", re.IGNORECASE | re.ASCII),
    ),
    ("sql", re.compile(r"\bsql\b|クエリ", re.IGNORECASE | re.ASCII)),
    ("bash", re.compile(r"\bbash\b|\bshell\b|シェル", re.IGNORECASE | re.ASCII)),
    ("go", re.compile(r"\bgolang\b|\bin Go\b|\bGo(?:言語| ?で)", re.ASCII)),
)


def draft(question: Question) -> Draft:
    """A program with its explanation; without a ready one a skeleton."""
    recipe, said = _recipe(question), texts("code")[question.locale]
    if recipe is None:
        lead, code = said["unknown"], skeleton()
    else:
        lead, code = (
            recipe.texts[question.locale],
            Code(recipe.language, recipe.code.strip("\n")),
        )
        wanted = _language(question.plain)
        if wanted not in (None, recipe.language):
            lead += said["other_language"].format(wanted=wanted, language=recipe.language)
    return Draft(
        "code",
        question.locale,
        lead,
        code=code,
        points=said["suggestions"],
        more=said["more"],
        known=recipe is not None,
    )


def skeleton() -> Code:
    """A small program to begin with."""
    found = texts("code")["skeleton"]
    return Code(found["language"], found["code"].strip("\n"))


def _language(text: str) -> str | None:
    return next((name for name, words in _LANGUAGES if words.search(text)), None)


def _recipe(question: Question) -> Recipe | None:
    fitting = [recipe for recipe in RECIPES if recipe.words.search(question.plain)]
    wanted = _language(question.plain) or "python"
    same = [recipe for recipe in fitting if recipe.language == wanted] or fitting[:1]
    return same[question.variation % len(same)] if same else None
