"""The forms of an answer: the fields of a mode, and Markdown as Slack shows it."""

from collections.abc import Sequence

from simulators.gemini.demo_answers.answer import Mode
from simulators.gemini.demo_answers.draft import Code, Draft
from simulators.gemini.demo_answers.kinds.code import skeleton
from simulators.gemini.demo_answers.texts import texts


def fields_of(draft: Draft, mode: Mode, note: str) -> dict[str, object]:
    """The fields of ``mode``; ``note`` goes where it does not disturb."""
    points, more = list(draft.points), list(draft.more)
    if mode == "code":
        code = draft.code or skeleton()
        return {
            "language": code.language,
            "explanation": _paragraphs(draft.lead, draft.text),
            "code": code.text,
            "suggestions": [*points, note],
        }
    block = _block(draft.code)
    if mode == "data":
        return {
            "analysis": _paragraphs(draft.lead, draft.text, block),
            "insights": points or ([] if draft.mode == "data" else [draft.lead]),
            "recommendations": [*more[:1], note],
        }
    if mode == "creative":
        return {
            "content": _paragraphs(draft.text or draft.lead, block),
            "style": " ".join(filter(None, (draft.lead if draft.text else "", note))),
            "variations": list(draft.others),
        }
    return {
        "summary": _paragraphs(draft.lead, draft.text, block),
        "key_points": [*points, note],
        **({"sentiment": draft.sentiment} if draft.sentiment else {}),
    }


def markdown_of(draft: Draft, mode: Mode) -> str:
    """The answer in free Markdown: the main thing first, headings only where there are parts."""
    said = texts("creative" if mode == "creative" else "general")[draft.locale]
    text = _quoted(draft.text) if draft.mode == "creative" else draft.text
    parts = [draft.lead, text, _block(draft.code), _list(draft.points)]
    if mode == "creative" and draft.others and not draft.points:
        others = [other.replace("\n", " / ") for other in draft.others]
        parts += [f"**{said['variations_heading']}**", _list(others)]
    return _paragraphs(*parts)


def _paragraphs(*parts: str) -> str:
    return "\n\n".join(filter(None, parts))


def _block(code: Code | None) -> str:
    return f"```{code.language}\n{code.text}\n```" if code is not None else ""


def _list(items: Sequence[str]) -> str:
    return "\n".join(f"- {item}" for item in items)


def _quoted(text: str) -> str:
    return "\n".join(f"> {line}".rstrip() for line in text.split("\n")) if text else ""
