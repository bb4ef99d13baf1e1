"""Chooses what to say and puts the answer together."""

from dataclasses import replace

from simulators.gemini.demo_answers.answer import Answer, Mode
from simulators.gemini.demo_answers.draft import Draft, first_sentence
from simulators.gemini.demo_answers.files import about_files, received
from simulators.gemini.demo_answers.follow_ups import follow_up
from simulators.gemini.demo_answers.forms import fields_of, markdown_of
from simulators.gemini.demo_answers.kinds import code, creative, data, general
from simulators.gemini.demo_answers.question import Question
from simulators.gemini.demo_answers.shortcuts import about_quotes
from simulators.gemini.demo_answers.stock import from_stock, stock_of
from simulators.gemini.demo_answers.texts import texts

_MOST_APPROACHES = 4

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
    """What to say; instead of another answer, that one in another length or another approach."""
    if not question.replaced:
        return _in_full(question, mode).of_length(question.length)
    tries = (replace(question, variation=number) for number in range(_MOST_APPROACHES))
    drafts = [_in_full(each, mode) for each in tries]
    same = [draft for draft in drafts if _is_told_in(question.replaced, draft)]
    if question.length == "usual":
        others = (*drafts, _turned_round(drafts[0]))
        return next((one for one in others if not _is_told_in(question.replaced, one)), drafts[0])
    draft = (same or drafts)[0]
    beside = dict.fromkeys(one.lead for one in drafts if one.lead != draft.lead)
    return replace(draft, more=(*draft.more, *beside)).of_length(question.length)


def _turned_round(draft: Draft) -> Draft:
    """The only approach that there is, told the other way round."""
    said: str = texts("follow_ups")[draft.locale]["another"]
    return replace(draft, lead=said.format(lead=draft.lead), points=tuple(reversed(draft.points)))


def _is_told_in(answer: str, draft: Draft) -> bool:
    told = draft.code.text if draft.code else draft.text or first_sentence(draft.lead)
    return "".join(told.split()) in "".join(answer.split())


def _in_full(question: Question, mode: Mode | None) -> Draft:
    """What to say: about quotes or an earlier answer, by heart, about files, or composed."""
    draft = about_quotes(question) or follow_up(question, lambda it: draft_of(it, None))
    if draft is None and not question.is_greeting and not _is_a_program(question):
        draft = from_stock(question)
    if draft is None and question.attachments and question.kind == "general":
        draft = about_files(question)
    if draft is None:
        kind = question.kind if mode in (None, "general") else mode
        if kind == "data" and kind != mode and not data.can_tell(question):
            kind = "general"
        draft = _COMPOSERS[kind](question)
    return draft


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
