"""Questions about data: numbers are really computed, comparisons get a table of criteria."""

import re
import statistics
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from simulators.gemini.demo_answers.draft import Draft
from simulators.gemini.demo_answers.question import Question, pick
from simulators.gemini.demo_answers.texts import texts

# A month or a year names a figure, and is none.
_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])-?\d+(?:,\d{3})*(?:\.\d+)?(?![\d月年日時位番])")
_PAIR = (
    re.compile(
        r"(?:「|『)?([^「」『』、。\s]{1,24}?)(?:」|』)?と(?!き|は|ころ|いう)(?:「|『)?([^「」『』、。\s]{1,24}?)"
        r"(?:」|』)?(?:の違い|を比|の比較|を表|はどちら)"
    ),
    re.compile(
        r"(?:compare|between)\s+(.{1,30}?)\s+(?:and|with|to)\s+(.{1,30}?)(?:[.,?!]|$|\s+(?:in|as|for|by)\b)",
        re.IGNORECASE,
    ),
    re.compile(r"([\w.+#-]{1,24})\s+(?:vs\.?|versus)\s+([\w.+#-]{1,24})", re.IGNORECASE),
)
_COMPARES = re.compile(r"compar|versus|differen|違い|比較|比べ", re.IGNORECASE)


def draft(question: Question) -> Draft:
    """A table of the computed figures, or of criteria for a comparison."""
    numbers = [float(found.replace(",", "")) for found in _NUMBER.findall(question.plain)]
    if len(numbers) >= 2:
        return _figures(question, numbers)
    return _comparison(question)


def can_tell(question: Question) -> bool:
    """Whether there is something to compute or to compare in it."""
    text = question.plain
    return len(_NUMBER.findall(text)) >= 2 or bool(_pair(text) or _COMPARES.search(text))


def _figures(question: Question, numbers: Sequence[float]) -> Draft:
    said = texts("data")[question.locale]["figures"]
    mean, change = statistics.fmean(numbers), numbers[-1] - numbers[0]
    low, middle, high = min(numbers), statistics.median(numbers), max(numbers)
    values = [len(numbers), sum(numbers), mean, middle, low, high, change]
    rows = [[label, _number(value)] for label, value in zip(said["labels"], values, strict=True)]
    shown = {
        "count": len(numbers),
        "mean": _number(mean),
        "change": _signed(change),
        "low": _number(low),
        "high": _number(high),
        "median": _number(middle),
    }
    return _draft(question, said, _table(said["columns"], rows), shown)


def _comparison(question: Question) -> Draft:
    said = texts("data")[question.locale]["comparison"]
    a, b = _pair(question.plain) or said["unnamed"]
    columns = [column.format(a=a, b=b) for column in said["columns"]]
    table = _table(columns, said["rows"])
    return replace(_draft(question, said, table, {"a": a, "b": b}), known=False)


def _draft(
    question: Question, said: Mapping[str, Any], table: str, shown: Mapping[str, Any]
) -> Draft:
    return Draft(
        "data",
        question.locale,
        pick(question, said["openings"]).format(**shown),
        text=table,
        points=[insight.format(**shown) for insight in said["insights"]],
        more=list(said["recommendations"]),
    )


def _pair(text: str) -> tuple[str, str] | None:
    found = next((match for pattern in _PAIR if (match := pattern.search(text))), None)
    return (found[1].strip(), found[2].strip()) if found else None


def _table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [columns, ["---"] * len(columns), *rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "/") for cell in line) + " |" for line in lines
    )


def _number(value: float) -> str:
    return f"{value:,.2f}".rstrip("0").rstrip(".")


def _signed(value: float) -> str:
    return f"+{_number(value)}" if value > 0 else _number(value)
