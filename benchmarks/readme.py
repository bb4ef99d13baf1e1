"""The figures in the READMEs: written from the stored results, so that none stands there alone."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal

ROOT: Final = Path(__file__).parents[1]
_BLOCK: Final = re.compile(r"(<!-- measured -->\n).*?(<!-- /measured -->)", re.DOTALL)
_WORDS: Final[Mapping[Literal["en", "ja"], tuple[str, str, str, str]]] = {
    "en": (
        "what",
        "measured",
        "limit",
        "Measured {on} by `make bench` ({machine}); all of it: {link}.",
    ),
    "ja": (
        "項目",
        "測定値",
        "目標",
        "{on} に `make bench` で測定しました（{machine}）。すべての結果は {link} にあります。",
    ),
}
# What a visitor wants to know first, by the goal's name; the link has the rest.
_SHOWN: Final[Mapping[str, str]] = {
    "first sign, p95": "質問から最初の表示まで、p95",
    "added to Gemini's time until finished, p95": "回答が終わるまでに Gemini の時間に加わる分、p95",
    "first words, p95, as a multiple of the floor's": "最初の言葉まで、p95、floor に対する倍率",
    "questions a second, one processor": "1 秒あたりの質問数、processor 1 台",
}
_READMES: Final[Mapping[Literal["en", "ja"], str]] = {"en": "README.md", "ja": "README.ja.md"}
_LINK: Final = "[benchmarks/results/latest.md](benchmarks/results/latest.md)"


def with_figures(readme: str, locale: Literal["en", "ja"], record: Mapping[str, Any]) -> str:
    """``readme`` with the record's figures between its marks; raises ValueError without marks."""
    if not _BLOCK.search(readme):
        raise ValueError("The README has no marks for the figures.")
    what, measured, limit, note = _WORDS[locale]
    rows = [f"| {what} | {measured} | {limit} |", "|---|---|---|"]
    for goal in record["goals"]:
        if goal["name"] not in _SHOWN:
            continue
        name = _SHOWN[goal["name"]] if locale == "ja" else goal["name"]
        sign, unit = "≥" if goal["at_least"] else "≤", f" {goal['unit']}" if goal["unit"] else ""
        rows.append(f"| {name} | {goal['value']:.3g}{unit} | {sign} {goal['limit']:g}{unit} |")
    told = note.format(on=record["measured_at"][:10], machine=record["machine"], link=_LINK)
    block = "\n".join([told, "", *rows]) + "\n"
    return _BLOCK.sub(lambda found: f"{found[1]}{block}{found[2]}", readme)


def write_figures(stored: Path) -> None:
    """Bring both READMEs up to the stored results."""
    record = json.loads(stored.read_text(encoding="utf-8"))
    for locale, name in _READMES.items():
        path = ROOT / name
        path.write_text(
            with_figures(path.read_text(encoding="utf-8"), locale, record), encoding="utf-8"
        )
