"""Chooses the kind of answer and puts it together."""

from collections.abc import Callable, Mapping
from typing import Any

from simulators.gemini.demo_answers import code, creative, data, general
from simulators.gemini.demo_answers.answer import Answer, Mode
from simulators.gemini.demo_answers.question import Question
from simulators.gemini.demo_answers.texts import texts

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
    note, attached = _simulated(question), _attached(question)
    shown = [attached] if attached else []
    shown += [_RENDERERS[mode](fields, question.locale), f"_{note}_"]
    markdown = "\n\n".join(shown)
    return Answer(mode, question.locale, _with_common(fields, mode, question, markdown), markdown)


def _simulated(question: Question) -> str:
    said: str = texts("note")[question.locale]["simulated"]
    return said


def _attached(question: Question) -> str:
    names = ("、" if question.locale == "ja" else ", ").join(question.attachments)
    attached: str = texts("note")[question.locale]["attached"]
    return attached.format(names=names) if names else ""


def _with_common(
    fields: dict[str, Any], mode: Mode, question: Question, markdown: str
) -> dict[str, Any]:
    note = " ".join(filter(None, (_attached(question), _simulated(question))))
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
