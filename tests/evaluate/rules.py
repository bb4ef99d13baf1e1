"""What is wrong with an answer, by rules that need no model: each is a word of the results.

They judge the Markdown that the model wrote, before the renderer mends what Slack would not show.
"""

import re
from collections.abc import Callable, Iterator
from typing import Final

from processor_service.ports.answers import Answer
from processor_service.rendering.messages import render_answer
from shared.task import Mode
from simulators.slack.content.block_kit import block_errors
from tests.evaluate.questions import Question

_CODE: Final = re.compile(
    r"^ {0,3}(`{3,}|~{3,}).*?^ {0,3}\1[`~]*$|`[^`\n]+`", re.DOTALL | re.MULTILINE
)
_KANA: Final = re.compile(r"[\u3041-\u3096\u30a1-\u30fa]")
_LATIN_WORD: Final = re.compile(r"[A-Za-z]{2,}")
_SENTENCE: Final = re.compile(r"[。．！？]|[.!?](?=\s|\Z)")
# The prompt's own lengths, and half as much again: a model does not count.
_MOST: Final = {"fact": {"ja": 240, "en": 90}, "explain": {"ja": 450, "en": 180}}
_MOST_SENTENCES: Final = 5
_LATEX: Final = re.compile(
    r"\\(?:frac|sqrt|sum|text|times|cdot|begin|left|alpha|pm)\b|\\\(|\\\[|\$\$"
)
_HTML: Final = re.compile(r"</?[A-Za-z][^<>\n]*>")
_FOOTNOTE: Final = re.compile(r"\[\^[^\]\s]+\]")
_DEEP_ITEM: Final = re.compile(r"^(?: {6,}|\t{2,})(?:[-*+]|\d+[.)]) ", re.MULTILINE)
_WIDE_ROW: Final = re.compile(r"^\|(?:[^|\n]*\|){5,} *$", re.MULTILINE)
_HEADING: Final = re.compile(r"^#{1,6} ", re.MULTILINE)
_ID: Final = re.compile(r"<[@#!][A-Z0-9]")
# What our frames around quotes and files look like, and words that only our prompt uses.
_FRAME: Final = re.compile(
    r"\b[0-9a-f]{12}\b"
    r"|# (?:答え方|書式|できることとできないこと|正直さ|How to answer|Form|Honesty)\b"
    r"|システムプロンプト|system prompt"
)
_PROMPT_LINE_CHARS: Final = 20
_REFUSES: Final = {
    "ja": re.compile(
        r"(?:でき|見られ|見え|送れ|設定でき|確認でき|把握でき|取れ|お答えでき)(?:ません|ない)"
        r"|アクセス(?:でき|権)|持っていません|分かりません|わかりません|機能は(?:あり|持)"
    ),
    "en": re.compile(
        r"\b(?:can't|cannot|can not|unable|not able|don't have|do not have|don't know|do not know"
        r"|no access|not have access)\b",
        re.IGNORECASE,
    ),
}
_GREETING: Final = re.compile(
    r"こんにちは|ご質問ありがとう|お問い合わせ|はい、|もちろん"
    r"|Hello|Hi\b|Sure\b|Certainly|Great question"
)


def judged(question: Question, answer: str, system: str) -> list[str]:
    """The rules that the answer breaks, in a fixed order; ``system`` is the prompt it was given."""
    if not answer.strip():
        return ["empty"]
    words = _CODE.sub(" ", answer)
    return [rule for rule, broken in _RULES.items() if broken(question, answer, words, system)]


def _other_language(question: Question, answer: str, words: str, system: str) -> bool:
    kana, latin = len(_KANA.findall(words)), len(_LATIN_WORD.findall(words))
    if question.locale == "ja":
        return kana * 2 < latin
    return kana > latin // 2


def _too_long(question: Question, answer: str, words: str, system: str) -> bool:
    most = _MOST.get(question.kind)
    if most is None:
        return False
    size = len(re.sub(r"\s", "", words)) if question.locale == "ja" else len(words.split())
    sentences = len(_SENTENCE.findall(words))
    return size > most[question.locale] or (question.kind == "fact" and sentences > _MOST_SENTENCES)


def _not_slacks_form(question: Question, answer: str, words: str, system: str) -> bool:
    # The headings of a structured answer are our layout's.
    few = question.mode is Mode.CHAT and 0 < len(_HEADING.findall(words)) < 3
    return (
        few
        or any(_ill_formed(words))
        or any(
            block_errors(list(body.blocks))
            for body in render_answer(Answer(answer, "model"), question.locale, 1_000)
        )
    )


def _ill_formed(words: str) -> Iterator[bool]:
    for pattern in (_LATEX, _HTML, _FOOTNOTE, _DEEP_ITEM, _WIDE_ROW, _ID):
        yield pattern.search(words) is not None
    yield "![" in words


def _promises(question: Question, answer: str, words: str, system: str) -> bool:
    """It does not say that it cannot do this, or was not told this."""
    asked = question.kind in ("cannot", "unknown")
    return asked and _REFUSES[question.locale].search(words) is None


def _quotes_the_prompt(question: Question, answer: str, words: str, system: str) -> bool:
    lines = (line.strip("- ") for line in system.splitlines())
    return _FRAME.search(words) is not None or any(
        len(line) >= _PROMPT_LINE_CHARS and line in words for line in lines
    )


def _begins_late(question: Question, answer: str, words: str, system: str) -> bool:
    """It greets, or repeats the question."""
    start = words.lstrip("*#> \n")
    return _GREETING.match(start) is not None or start.startswith(question.text.rstrip("?？。"))


_RULES: Final[dict[str, Callable[[Question, str, str, str], bool]]] = {
    "language": _other_language,
    "length": _too_long,
    "form": _not_slacks_form,
    "honesty": _promises,
    "prompt": _quotes_the_prompt,
    "start": _begins_late,
}
RULES: Final = ("failed", "empty", *_RULES)
