"""A structured answer as Markdown, also while its JSON is still being written.

A growing answer only ever adds to its text: a section appears once all before it are complete. Only
code with a longer run of backticks than its fence changes what was shown, because its fence grows.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from processor_service.prompt.answer_language import answer_language
from shared.task import Locale, Mode, Texts

_FENCE = re.compile(r" {0,3}(`{3,}|~{3,})")
_BULLET = re.compile(r"[-*•]\s+(?=\S)")
_BACKTICKS = re.compile(r"`{3,}")


@dataclass(frozen=True)
class _Text:
    field: str
    heading: Texts | None = None

    def show(self, fields: Mapping[str, Any], spoken: Locale | None, *, growing: bool) -> str:
        text = _string(fields.get(self.field)).strip()
        return _headed(self.heading, spoken, text if growing else _closed(text))


@dataclass(frozen=True)
class _List:
    field: str
    heading: Texts | None = None

    def show(self, fields: Mapping[str, Any], spoken: Locale | None, *, growing: bool) -> str:
        found = fields.get(self.field)
        items = [_string(item).strip() for item in found] if isinstance(found, list) else []
        shown = [
            _point(item, growing=growing and number == len(items))
            for number, item in enumerate(items, start=1)
        ]
        return _headed(self.heading, spoken, "\n".join(filter(None, shown)))


@dataclass(frozen=True)
class _Code:
    field: str

    def show(self, fields: Mapping[str, Any], spoken: Locale | None, *, growing: bool) -> str:
        language = _string(fields.get("language"))
        code = _bare(_string(fields.get(self.field)).strip("\n").rstrip(), language)
        if not code or (growing and code in {"`", "``"}):
            return ""
        longest = max((len(run) for run in _BACKTICKS.findall(code)), default=2)
        fence = "`" * (longest + 1)
        end = "" if growing else f"\n{fence}"
        return f"{fence}{_label(language)}\n{code}{end}"


@dataclass(frozen=True)
class _Unseen:
    """A field that is not shown, but must be known before the next one is."""

    field: str

    def show(self, fields: Mapping[str, Any], spoken: Locale | None, *, growing: bool) -> str:
        return ""


_Section = _Text | _List | _Code | _Unseen

_SECTIONS: Final[dict[Mode, tuple[_Section, ...]]] = {
    Mode.GENERAL: (
        _Text("summary"),
        _List("key_points", {"ja": "主なポイント", "en": "Key points"}),
    ),
    Mode.CODE: (
        _Unseen("language"),
        _Text("explanation", {"ja": "説明", "en": "Explanation"}),
        _Code("code"),
        _List("suggestions", {"ja": "提案", "en": "Suggestions"}),
    ),
    Mode.DATA: (
        _Text("analysis", {"ja": "分析", "en": "Analysis"}),
        _List("insights", {"ja": "発見事項", "en": "Insights"}),
        _List("recommendations", {"ja": "推奨事項", "en": "Recommendations"}),
    ),
    Mode.CREATIVE: (
        _Text("content"),
        _Text("style", {"ja": "スタイル", "en": "Style"}),
        _List("variations", {"ja": "バリエーション", "en": "Variations"}),
    ),
}

_FIRST_TEXT: Final = {
    mode: next(one.field for one in sections if isinstance(one, _Text))
    for mode, sections in _SECTIONS.items()
}
"""The field whose words tell the answer's language."""


def layout_as_markdown(
    mode: Mode, fields: Mapping[str, Any], locale: Locale, *, growing: bool = False
) -> str:
    """The Markdown of an answer in ``mode``; "" if there is nothing to show.

    With ``growing`` the last of ``fields``, and the answer, may continue. Missing or mistyped
    fields are left out. Headings are in the answer's own language; the ``locale`` only decides if
    the words do not. While it is not known no heading is shown, and nothing below one.
    """
    last = next(reversed(list(fields)), None)
    first = _FIRST_TEXT[mode]
    decides = _string(fields.get(first))
    goes_on = growing and (first == last or first not in fields)
    spoken = answer_language(decides, locale, growing=goes_on)
    shown: list[str] = []
    for section in _SECTIONS[mode]:
        goes_on = growing and (section.field == last or section.field not in fields)
        shown.append(section.show(fields, spoken, growing=goes_on))
        if goes_on:
            break
    return "\n\n".join(filter(None, shown))


def _string(value: object) -> str:
    return value if isinstance(value, str) else ""


def _headed(heading: Texts | None, spoken: Locale | None, text: str) -> str:
    if heading is None or not text:
        return text
    return f"### {heading[spoken]}\n\n{text}" if spoken else ""


def _point(item: str, *, growing: bool) -> str:
    """An item of a list, with its further lines indented so that they belong to it."""
    if growing and item in {"-", "*", "•"}:
        return ""
    text = _BULLET.sub("", item, count=1) if _BULLET.match(item) else item
    text = text if growing else _closed(text)
    return "- " + re.sub(r"\n(?=[^\n])", "\n  ", text) if text else ""


def _closed(text: str) -> str:
    """``text`` with its last code block closed, so that it does not swallow what follows."""
    fence = ""
    for line in text.splitlines():
        mark = _FENCE.match(line)
        if mark is None:
            continue
        if not fence:
            fence = mark[1]
        elif mark[1].startswith(fence) and line.strip() == mark[1]:
            fence = ""
    return f"{text}\n{fence}" if fence else text


def _bare(code: str, language: str) -> str:
    """``code`` without a fence that the model put around all of it despite the schema."""
    if not code.startswith("```") or _label(language) in {"markdown", "md"}:
        return code
    body = code.partition("\n")[2]
    return re.sub(r"(?:\A|\n)`+\Z", "", body).strip("\n").rstrip()


def _label(language: str) -> str:
    """The first word of a language's name, as far as a fence can carry it."""
    return re.sub(r"[^\w+#.-]", "", language.strip().lower().partition(" ")[0])
