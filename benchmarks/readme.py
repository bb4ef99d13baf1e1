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
_READMES: Final[Mapping[Literal["en", "ja"], str]] = {"en": "README.md", "ja": "README.ja.md"}
_LINK: Final = "[benchmarks/results/latest.md](benchmarks/results/latest.md)"


def with_figures(readme: str, locale: Literal["en", "ja"], record: Mapping[str, Any]) -> str:
    """``readme`` with the record's figures between its marks; raises ValueError without marks."""
    if not _BLOCK.search(readme):
        raise ValueError("The README has no marks for the figures.")
    what, measured, limit, note = _WORDS[locale]
    rows = [f"| {what} | {measured} | {limit} |", "|---|---|---|"]
    for goal in record["goals"]:
        sign, unit = "≥" if goal["at_least"] else "≤", f" {goal['unit']}" if goal["unit"] else ""
        rows.append(
            f"| {goal['name']} | {goal['value']:.3g}{unit} | {sign} {goal['limit']:g}{unit} |"
        )
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
