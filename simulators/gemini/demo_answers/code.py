"""Questions about code: a recipe that works, or an honest place to start."""

import re
from collections.abc import Mapping
from typing import Any

from simulators.gemini.demo_answers.known import RECIPES, Recipe
from simulators.gemini.demo_answers.question import Question
from simulators.gemini.demo_answers.texts import texts

_LANGUAGES = (
    (
        "javascript",
        re.compile(r"javascript|\bjs\b|node|typescript|ブラウザ", re.IGNORECASE | re.ASCII),
    ),
    ("sql", re.compile(r"\bsql\b|クエリ", re.IGNORECASE | re.ASCII)),
    ("bash", re.compile(r"\bbash\b|\bshell\b|シェル", re.IGNORECASE | re.ASCII)),
)


def compose(question: Question) -> dict[str, Any]:
    """``language``, ``explanation``, ``code`` and ``suggestions``."""
    recipe, said = _recipe(question.plain), texts("code")[question.locale]
    if recipe is None:
        skeleton = texts("code")["skeleton"]
        language, code = skeleton["language"], skeleton["code"]
        explanation = said["unknown"].format(topic=question.topic)
    else:
        language, code = recipe.language, recipe.code
        text = recipe.texts[question.locale]
        explanation = said["known"].format(topic=question.topic, text=text)
        wanted = _language(question.plain)
        if wanted not in (None, language):
            explanation += said["other_language"].format(wanted=wanted, language=language)
    return {
        "language": language,
        "explanation": explanation,
        "code": code.rstrip("\n"),
        "suggestions": list(said["suggestions"]),
    }


def _language(text: str) -> str | None:
    return next((name for name, words in _LANGUAGES if words.search(text)), None)


def _recipe(text: str) -> Recipe | None:
    fitting = [recipe for recipe in RECIPES if recipe.words.search(text)]
    wanted = _language(text) or "python"
    same = [recipe for recipe in fitting if recipe.language == wanted]
    return next(iter([*same, *fitting]), None)


def render(fields: Mapping[str, Any], locale: str) -> str:
    """The answer as Markdown with one fenced block."""
    heading = texts("code")[locale]["heading"]
    advised = "\n".join(f"- {item}" for item in fields["suggestions"])
    block = f"```{fields['language']}\n{fields['code']}\n```"
    return f"{fields['explanation']}\n\n{block}\n\n**{heading}**\n\n{advised}"
