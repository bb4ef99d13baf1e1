"""Questions about data: numbers are really computed, comparisons get a table of criteria."""

import re
import statistics
from collections.abc import Mapping, Sequence
from typing import Any

from simulators.gemini.demo_answers.question import Question

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
_LABELS = {
    "ja": ("件数", "合計", "平均", "中央値", "最小", "最大", "最初から最後までの変化"),
    "en": ("Count", "Sum", "Mean", "Median", "Minimum", "Maximum", "Change from first to last"),
}
_COLUMNS = {"ja": ["項目", "値"], "en": ["Figure", "Value"]}
_CRITERIA = {
    "ja": (
        ["判断軸", "{a}で確かめること", "{b}で確かめること"],
        [
            ["目的との相性", "いちばん頻繁な使い方で試します", "同じ使い方で試します"],
            ["費用", "導入と運用を分けて見積もります", "同じ期間で見積もります"],
            ["学びやすさ", "初めての人が一日でできること", "初めての人が一日でできること"],
            ["やめやすさ", "移行にかかる手間", "移行にかかる手間"],
        ],
    ),
    "en": (
        ["Criterion", "To check for {a}", "To check for {b}"],
        [
            ["Fit", "Try the most frequent use", "Try the very same use"],
            ["Cost", "Estimate setup and running apart", "Estimate over the same period"],
            ["Learning", "What a newcomer does in a day", "What a newcomer does in a day"],
            ["Leaving", "Effort to move away", "Effort to move away"],
        ],
    ),
}
_HEADINGS = {"ja": ("発見事項", "推奨事項"), "en": ("Insights", "Recommendations")}


def compose(question: Question) -> dict[str, Any]:
    """``analysis`` (with a Markdown table), ``insights``, ``recommendations``, and the table."""
    numbers = [float(found.replace(",", "")) for found in _NUMBER.findall(question.plain)]
    if len(numbers) >= 2:
        return _figures(question, numbers)
    return _comparison(question)


def _figures(question: Question, numbers: Sequence[float]) -> dict[str, Any]:
    japanese = question.locale == "ja"
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
    rows = [
        [label, _number(value)]
        for label, value in zip(_LABELS[question.locale], values, strict=True)
    ]
    count = len(numbers)
    opening = (
        f"「{question.topic}」にある{count}個の数値を集計しました。"
        if japanese
        else f"I computed the {count} numbers in “{question.topic}”."
    )
    insights = (
        [f"平均は{_number(mean)}です。", f"最初から最後までに{_signed(change)}変化しています。"]
        if japanese
        else [f"The mean is {_number(mean)}.", f"From first to last: {_signed(change)}."]
    )
    recommendations = (
        ["件数が少ないため、期間を延ばして傾向を確かめることをお勧めします。"]
        if japanese
        else ["These are few values: confirm the trend over a longer period."]
    )
    return _fields(opening, _COLUMNS[question.locale], rows, insights, recommendations)


def _comparison(question: Question) -> dict[str, Any]:
    japanese = question.locale == "ja"
    a, b = _pair(question.plain) or (("案A", "案B") if japanese else ("Option A", "Option B"))
    columns, rows = _CRITERIA[question.locale]
    opening = (
        f"「{question.topic}」について、{a}と{b}を同じ基準で比べるための表です。"
        if japanese
        else f"On “{question.topic}”: a table to compare {a} and {b} under equal criteria."
    )
    insights = (
        [f"{a}と{b}は、使う場面を一つに決めると違いがはっきりします。"]
        if japanese
        else [f"{a} and {b} differ most clearly once a single use is chosen."]
    )
    recommendations = (
        ["上の表を実際の数値で埋め、いちばん差の大きい行から検討することをお勧めします。"]
        if japanese
        else ["Fill the table with real figures and start at the row that differs most."]
    )
    columns = [column.format(a=a, b=b) for column in columns]
    return _fields(opening, columns, rows, insights, recommendations)


def _fields(
    opening: str,
    columns: list[str],
    rows: list[list[str]],
    insights: list[str],
    recommendations: list[str],
) -> dict[str, Any]:
    return {
        "analysis": f"{opening}\n\n{_table(columns, rows)}",
        "insights": insights,
        "recommendations": recommendations,
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
    insights, recommendations = _HEADINGS[locale]
    found = "\n".join(f"- {item}" for item in fields["insights"])
    advised = "\n".join(f"- {item}" for item in fields["recommendations"])
    return (
        f"{fields['analysis']}\n\n**{insights}**\n\n{found}\n\n**{recommendations}**\n\n{advised}"
    )
