"""Translations of the sentences that the simulated model knows in both languages."""

import re
from collections.abc import Iterator
from functools import cache

from simulators.gemini.demo_answers.draft import Draft, sentences
from simulators.gemini.demo_answers.kinds.known import RECIPES
from simulators.gemini.demo_answers.question import Locale
from simulators.gemini.demo_answers.stock import STOCK
from simulators.gemini.demo_answers.texts import texts

_FRAME = re.compile(r"^(\s*(?:[-*•>]|\d+[.)]|#{1,6})\s+)?(.*)$")
_SIGNS = re.compile(r"[\s*_`。．.!?！？、,“”\"「」]+")
_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_MENTION = re.compile(r"^\s*(?:<@[^>]*>|@\S+)\s*")


def translated(text: str, target: Locale) -> tuple[str, list[str]]:
    """``text`` in the other language, line by line, and the lines that could not be translated.

    Code and lines that are in the target language already stay as they are.
    """
    lines, unknown, in_code = [], [], False
    for line in text.split("\n"):
        in_code ^= line.startswith("```")
        if in_code or line.startswith("```") or not _is_foreign(line, target):
            lines.append(line)
            continue
        frame, words = _frame(line)
        found = _whole(words, target)
        unknown += [] if found is not None else [words]
        lines.append(f"{frame}{words if found is None else found}")
    return "\n".join(lines), unknown


def _is_foreign(line: str, target: Locale) -> bool:
    if target == "en":
        return bool(_JAPANESE.search(line))
    return bool(re.search(r"[A-Za-z]{2}", line)) and not _JAPANESE.search(line)


def _frame(line: str) -> tuple[str, str]:
    line = _MENTION.sub("", line)
    found = _FRAME.match(line)
    return (found[1] or "", found[2]) if found else ("", line)


def _whole(words: str, target: Locale) -> str | None:
    known = _known(target)
    if (whole := known.get(_key(words))) is not None:
        return whole
    parts = [known.get(_key(sentence)) for sentence in sentences(words)]
    if not parts or None in parts:
        return None
    return ("" if target == "ja" else " ").join(part for part in parts if part)


def _key(sentence: str) -> str:
    return _SIGNS.sub("", sentence).casefold()


@cache
def _known(target: Locale) -> dict[str, str]:
    return {_key(pair["ja" if target == "en" else "en"]): pair[target] for pair in _pairs()}


def _pairs() -> Iterator[dict[str, str]]:
    for pair in texts("translations")["pairs"]:
        yield {"ja": f"{pair['ja']}。", "en": _ended(pair["en"])}
    for recipe in RECIPES:
        yield dict(recipe.texts)
    for stock in STOCK:
        for ja, en in zip(*stock.approaches.values(), strict=True):
            yield from _of_drafts(ja, en)


def _ended(sentence: str) -> str:
    return sentence if sentence[-1] in ".?!" else f"{sentence}."


def _of_drafts(ja: Draft, en: Draft) -> Iterator[dict[str, str]]:
    said = [(ja.lead, en.lead), *zip(ja.points, en.points, strict=True)]
    for mine, theirs in [*said, *zip(ja.more, en.more, strict=True)]:
        yield {"ja": mine, "en": theirs}
