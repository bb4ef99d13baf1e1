"""Chooses the kind of answer and puts it together."""

from collections.abc import Callable, Mapping
from typing import Any

from simulators.gemini.answers import code, creative, data, general
from simulators.gemini.answers.answer import Answer, Mode
from simulators.gemini.answers.question import Question

_SIMULATED = {
    "ja": "手元で動くシミュレーション用モデルの回答です（本物のGeminiではありません）。",
    "en": "Composed by a local simulated model, not by the real Gemini.",
}
_COMPOSERS: Mapping[Mode, Callable[[Question], dict[str, Any]]] = {
    "general": general.compose,
    "code": code.compose,
    "data": data.compose,
    "creative": creative.compose,
}
_RENDERERS: Mapping[Mode, Callable[[Mapping[str, Any], str], str]] = {
    "general": general.render,
    "code": code.render,
    "data": data.render,
    "creative": creative.render,
}
# Where each kind of answer says that it is simulated.
_NOTE_FIELD: Mapping[Mode, str] = {
    "general": "key_points",
    "code": "suggestions",
    "data": "recommendations",
    "creative": "style",
}


def compose(question: Question, mode: Mode | None = None) -> Answer:
    """The answer to ``question``; in the kind that suits it unless ``mode`` says which."""
    mode = mode or question.kind
    fields = _COMPOSERS[mode](question)
    note = _SIMULATED[question.locale]
    markdown = f"{_RENDERERS[mode](fields, question.locale)}\n\n_{note}_"
    return Answer(mode, question.locale, _with_common(fields, mode, question, markdown), markdown)


def _with_common(
    fields: dict[str, Any], mode: Mode, question: Question, markdown: str
) -> dict[str, Any]:
    note = _SIMULATED[question.locale]
    field = _NOTE_FIELD[mode]
    said = fields[field]
    fields[field] = [*said, note] if isinstance(said, list) else f"{said} {note}"
    common = {
        "mode": mode,
        "kind": mode,
        "type": mode,
        "title": question.topic,
        "topic": question.topic,
        "locale": question.locale,
        "lang": question.locale,
        "answer": markdown,
        "markdown": markdown,
        "text": markdown,
        "response": markdown,
        "body": markdown,
        "note": note,
        "confidence": 0.5,
    }
    return {**common, **fields}
