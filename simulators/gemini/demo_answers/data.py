"""Questions about data: numbers are really computed, comparisons get a table of criteria."""

import re
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from simulators.gemini.demo_answers.question import Question
from simulators.gemini.demo_answers.texts import texts

_NUMBER = re.compile(r"(?<![A-Za-z0-9_.])-?\d+(?:,\d{3})*(?:\.\d+)?")
_PAIR = (
    re.compile(
        r"(?:「|『)?([^「」『』、。\s]{1,24}?)(?:」|』)?と(?:「|『)?([^「」『』、。\s]{1,24}?)"
        r"(?:」|』)?(?:の違い|を比|の比較|を表|はどちら)"
    ),
    re.compile(
        r"(?:compare|between)\s+(.{1,30}?)\s+(?:and|with|to)\s+(.{1,30}?)(?:[.,?!]|$|\s+(?:in|as|for|by)\b)",
        re.IGNORECASE,
    ),
    re.compile(r"([\w.+#-]{1,24})\s+(?:vs\.?|versus)\s+([\w.+#-]{1,24})", re.IGNORECASE),
)


def compose(question: Question) -> dict[str, Any]:
    """``analysis`` (with a Markdown table), ``insights``, ``recommendations``, and the table."""
    numbers = [float(found.replace(",", "")) for found in _NUMBER.findall(question.plain)]
    if len(numbers) >= 2:
        return _figures(question, numbers)
    return _comparison(question)


def _figures(question: Question, numbers: Sequence[float]) -> dict[str, Any]:
    said = texts("data")[question.locale]["figures"]
    mean, change = statistics.fmean(numbers), numbers[-1] - numbers[0]
    values = [
        len(numbers),
        sum(numbers),
        mean,
        statistics.median(numbers),
        min(numbers),
        max(numbers),
        change,
    ]
    rows = [[label, _number(value)] for label, value in zip(said["labels"], values, strict=True)]
    shown = {
        "topic": question.topic,
        "count": len(numbers),
        "mean": _number(mean),
        "change": _signed(change),
    }
    return _fields(said, said["columns"], rows, shown)


def _comparison(question: Question) -> dict[str, Any]:
    said = texts("data")[question.locale]["comparison"]
    a, b = _pair(question.plain) or said["unnamed"]
    columns = [column.format(a=a, b=b) for column in said["columns"]]
    return _fields(said, columns, said["rows"], {"topic": question.topic, "a": a, "b": b})


def _fields(
    said: Mapping[str, Any],
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    shown: Mapping[str, Any],
) -> dict[str, Any]:
    opening = said["opening"].format(**shown)
    return {
        "analysis": f"{opening}\n\n{_table(columns, rows)}",
        "insights": [insight.format(**shown) for insight in said["insights"]],
        "recommendations": list(said["recommendations"]),
        "columns": columns,
        "headers": columns,
        "rows": rows,
    }


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


def render(fields: Mapping[str, Any], locale: str) -> str:
    """The answer as Markdown."""
    said = texts("data")[locale]
    insights, recommendations = said["insights_heading"], said["recommendations_heading"]
    found = "\n".join(f"- {item}" for item in fields["insights"])
    advised = "\n".join(f"- {item}" for item in fields["recommendations"])
    return (
        f"{fields['analysis']}\n\n**{insights}**\n\n{found}\n\n**{recommendations}**\n\n{advised}"
    )
