"""Creative wishes: a short text of the form asked for, with variations."""

import re
from collections.abc import Mapping
from typing import Any

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


def compose(question: Question) -> dict[str, Any]:
    """``content``, ``style`` and ``variations``."""
    form = next(name for name, words in _FORMS if words.search(question.plain or " "))
    said = texts("creative")[question.locale]
    choices, style = said[form]["texts"], said[form]["style"]
    content = pick(question, choices)
    return {
        "content": content,
        "style": said["based_on"].format(topic=question.topic, style=style),
        "variations": [text for text in choices if text != content],
    }


def render(fields: Mapping[str, Any], locale: str) -> str:
    """The answer as Markdown; line breaks of a poem are kept."""
    said = texts("creative")[locale]
    style, variations = said["style_heading"], said["variations_heading"]
    others = "\n".join(f"- {text.replace(chr(10), ' / ')}" for text in fields["variations"])
    content = "\n".join(f"> {line}" for line in fields["content"].split("\n"))
    return f"{content}\n\n**{style}**\n\n{fields['style']}\n\n**{variations}**\n\n{others}"
