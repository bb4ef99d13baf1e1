"""Chooses what to say and puts the answer together."""

from simulators.gemini.demo_answers.answer import Answer, Mode
from simulators.gemini.demo_answers.draft import Draft
from simulators.gemini.demo_answers.files import about_files, received
from simulators.gemini.demo_answers.follow_ups import follow_up
from simulators.gemini.demo_answers.forms import fields_of, markdown_of
from simulators.gemini.demo_answers.kinds import code, creative, data, general
from simulators.gemini.demo_answers.question import Question
from simulators.gemini.demo_answers.shortcuts import about_quotes
from simulators.gemini.demo_answers.stock import from_stock, stock_of
from simulators.gemini.demo_answers.texts import texts

_COMPOSERS = {
    "general": general.draft,
    "code": code.draft,
    "data": data.draft,
    "creative": creative.draft,
}


def compose(question: Question, mode: Mode | None = None) -> Answer:
    """The answer to ``question``; in the kind that suits it unless ``mode`` says which."""
    draft = draft_of(question, mode)
    mode = mode or draft.mode
    note: str = texts("note")[question.locale]["simulated"]
    told = received(question)
    opening = told if told and told not in draft.lead else ""
    markdown = "\n\n".join(filter(None, (opening, markdown_of(draft, mode), f"_{note}_")))
    said = " ".join(filter(None, (opening, note)))
    fields = _with_common(fields_of(draft, mode, said), draft, mode, question, markdown)
    return Answer(mode, draft.locale, fields, markdown, known=draft.known)


def natural_mode(question: Question) -> Mode:
    """The kind of answer that suits the question."""
    return draft_of(question, None).mode


def draft_of(question: Question, mode: Mode | None) -> Draft:
    """What to say: about quotes or an earlier answer, by heart, about files, or composed."""
    draft = about_quotes(question) or follow_up(question, lambda it: draft_of(it, None))
    if draft is None and not question.is_greeting and not _is_a_program(question):
        draft = from_stock(question)
    if draft is None and question.attachments and question.kind == "general":
        draft = about_files(question)
    if draft is None:
        kind = question.kind if mode in (None, "general") else mode
        draft = _COMPOSERS[kind](question)
    return draft.of_length(question.length)


def _is_a_program(question: Question) -> bool:
    """A program is asked for, not what its subject is."""
    stock = stock_of(question.plain)
    return stock is None or (question.kind == "code" and code.draft(question).known)


def _with_common(
    fields: dict[str, object], draft: Draft, mode: Mode, question: Question, markdown: str
) -> dict[str, object]:
    common = {
        "mode": mode,
        "kind": mode,
        "type": mode,
        "title": question.topic,
        "topic": question.topic,
        "locale": draft.locale,
        "lang": draft.locale,
        "answer": markdown,
        "markdown": markdown,
        "text": markdown,
        "response": markdown,
        "body": markdown,
        "note": texts("note")[question.locale]["simulated"],
        "confidence": 0.5,
    }
    return {**common, **fields}
