"""Questions about code: a recipe that works, or an honest place to start."""

import re
from collections.abc import Mapping
from typing import Any

from simulators.gemini.demo_answers.question import Question
from simulators.gemini.demo_answers.recipes import RECIPES, Recipe

_LANGUAGES = (
    (
        "javascript",
        re.compile(r"javascript|\bjs\b|node|typescript|ブラウザ", re.IGNORECASE | re.ASCII),
    ),
    ("sql", re.compile(r"\bsql\b|クエリ", re.IGNORECASE | re.ASCII)),
    ("bash", re.compile(r"\bbash\b|\bshell\b|シェル", re.IGNORECASE | re.ASCII)),
)
_START = '''def solve(items: list[str]) -> list[str]:
    """Return the items that matter, in their original order."""
    return [item for item in items if item.strip()]


if __name__ == "__main__":
    assert solve(["a", " ", "b"]) == ["a", "b"]
'''
_SUGGESTIONS = {
    "ja": [
        "境界の値（空、一件、とても大きい入力）を先にテストにしておくと安心です。",
        "型ヒントと一行の説明を添えると、後から読む人の助けになります。",
    ],
    "en": [
        "Write tests for the edges first: empty, a single item, something very large.",
        "Type hints and a one-line description help whoever reads it later.",
    ],
}
_UNKNOWN = {
    "ja": "「{topic}」にそのまま使えるレシピは持っていないため、動く小さなひな形から始めます。"
    "入力と期待する結果を一組書き、関数の中身を置き換えてください。",
    "en": "I have no ready recipe for “{topic}”, so here is a small working skeleton. Write down "
    "one input with its expected result, then replace the body.",
}
_KNOWN = {
    "ja": "「{topic}」へのお答えです。{text}",
    "en": "You asked: “{topic}”. {text}",
}
_OTHER_LANGUAGE = {
    "ja": "（{wanted}のレシピがないため、{language}でお示しします。）",
    "en": " (I have no {wanted} recipe for this, so it is in {language}.)",
}
_HEADING = {"ja": "提案", "en": "Suggestions"}


def compose(question: Question) -> dict[str, Any]:
    """``language``, ``explanation``, ``code`` and ``suggestions``."""
    recipe = _recipe(question.plain)
    locale = question.locale
    if recipe is None:
        language, code = "python", _START
        explanation = _UNKNOWN[locale].format(topic=question.topic)
    else:
        language, code = recipe.language, recipe.code
        explanation = _KNOWN[locale].format(topic=question.topic, text=recipe.texts[locale])
        wanted = _language(question.plain)
        if wanted not in (None, language):
            explanation += _OTHER_LANGUAGE[locale].format(wanted=wanted, language=language)
    return {
        "language": language,
        "explanation": explanation,
        "code": code.rstrip("\n"),
        "suggestions": list(_SUGGESTIONS[locale]),
    }


def _language(text: str) -> str | None:
    return next((name for name, words in _LANGUAGES if words.search(text)), None)


def _recipe(text: str) -> Recipe | None:
    fitting = [recipe for recipe in RECIPES if recipe.matches(text)]
    wanted = _language(text) or "python"
    same = [recipe for recipe in fitting if recipe.language == wanted]
    return next(iter([*same, *fitting]), None)


def render(fields: Mapping[str, Any], locale: str) -> str:
    """The answer as Markdown with one fenced block."""
    advised = "\n".join(f"- {item}" for item in fields["suggestions"])
    block = f"```{fields['language']}\n{fields['code']}\n```"
    return f"{fields['explanation']}\n\n{block}\n\n**{_HEADING[locale]}**\n\n{advised}"
