"""Wishes about an earlier answer: shorter, longer, another tone, the other language."""

import re
from collections.abc import Callable, Sequence
from dataclasses import replace

from simulators.gemini.demo_answers.draft import Draft, first_sentence
from simulators.gemini.demo_answers.question import Question
from simulators.gemini.demo_answers.shortcuts import translation
from simulators.gemini.demo_answers.stock import from_stock, stock_of
from simulators.gemini.demo_answers.texts import texts

_WISH_CHARS = 60

Answerer = Callable[[Question], Draft]
Composer = Callable[[Question, Question, Answerer], Draft]


def follow_up(question: Question, answer: Answerer) -> Draft | None:
    """The earlier answer as the question wishes it; None if it wishes nothing of the kind.

    ``answer`` composes the answer to the earlier question.
    """
    wish = _wish(question.plain)
    if wish is None:
        return None
    earlier = next((each for each in reversed(question.earlier) if not _is_wish(each)), None)
    if earlier is None and not question.answers:
        said = texts("follow_ups")[question.locale]
        return Draft("general", question.locale, said["no_earlier"])
    # A command's question is shown as a quote.
    return wish(question, Question((earlier or "").lstrip("> ")), answer)


def _wish(text: str) -> Composer | None:
    if len(text) > _WISH_CHARS or stock_of(text) is not None:
        return None
    return next((make for words, make in _WISHES if words.search(text)), None)


def _is_wish(text: str) -> bool:
    return _wish(Question(text).plain) is not None or Question(text).is_greeting


def _shorter(question: Question, earlier: Question, answer: Answerer) -> Draft:
    draft = answer(earlier) if earlier.text else None
    if draft is None or not draft.known:
        return Draft("general", question.locale, first_sentence(_gist(question, earlier)))
    return draft.of_length("short")


def _longer(question: Question, earlier: Question, answer: Answerer) -> Draft:
    draft = answer(earlier) if earlier.text else None
    if draft is None or not draft.known or not draft.more:
        said = texts("follow_ups")[question.locale]
        return Draft("general", question.locale, said["no_more"])
    return draft.of_length("long")


def _tone_kept(question: Question, earlier: Question) -> Draft:
    gist = first_sentence(_gist(question, earlier))
    said = texts("follow_ups")[question.locale]["no_casual"]
    return Draft("general", question.locale, said.format(gist=gist))


def _casual(question: Question, earlier: Question, answer: Answerer) -> Draft:
    draft = from_stock(earlier) if earlier.text else None
    said = texts("follow_ups")[question.locale]
    if draft is None or not draft.casual:
        return _tone_kept(question, earlier)
    if not draft.text:
        return replace(draft, lead=draft.casual, points=(), more=(), others=())
    return replace(draft, lead=said["casual"], text=draft.casual, points=(), more=(), others=())


def _polite(question: Question, earlier: Question, answer: Answerer) -> Draft:
    draft = answer(earlier) if earlier.text else None
    said = texts("follow_ups")[question.locale]
    if draft is None or not draft.known:
        return _tone_kept(question, earlier)
    if not draft.text:
        return replace(draft, more=(), others=())
    return replace(draft, lead=said["polite"], points=(), more=(), others=())


def _in_the_other_language(question: Question, earlier: Question, answer: Answerer) -> Draft:
    """What was answered already, in the language asked for; the own question is none of it."""
    return translation(replace(question, quotes=()))


def _gist(question: Question, earlier: Question) -> str:
    """The beginning of the last answer, else of the question before."""
    said = question.answers[-1] if question.answers else earlier.plain
    return next((line for line in said.splitlines() if line.strip()), "").strip("-*_>| ")


_WISHES: Sequence[tuple[re.Pattern[str], Composer]] = (
    (
        re.compile(
            r"短く|簡潔に|要点だけ|一言で|ひとことで|"
            r"\bshort(?:er|en)\b|\bbriefly\b|in one sentence",
            re.IGNORECASE,
        ),
        _shorter,
    ),
    (
        re.compile(
            r"詳しく|くわしく|具体的に|長くして|\blonger\b|more detail|\belaborate\b|tell me more",
            re.IGNORECASE,
        ),
        _longer,
    ),
    (
        re.compile(r"カジュアル|くだけた|フランクに|\bcasual|\binformal|friendlier", re.IGNORECASE),
        _casual,
    ),
    (
        re.compile(r"(?:もっと|もう少し)丁寧に|フォーマル|more (?:polite|formal)", re.IGNORECASE),
        _polite,
    ),
    (
        re.compile(
            r"^\W*(?:英語|日本語)(?:で|に)|^\W*(?:and |now )?in(?:to)? (?:English|Japanese)",
            re.IGNORECASE,
        ),
        _in_the_other_language,
    ),
)
