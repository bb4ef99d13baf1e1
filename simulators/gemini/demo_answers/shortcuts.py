"""What is asked about messages that were quoted: a summary, a translation, an explanation.

Nothing is invented: a summary is an extract, and what can't be translated is left and named.
"""

import re
from collections.abc import Callable, Sequence

from simulators.gemini.demo_answers.draft import Draft, first_sentence
from simulators.gemini.demo_answers.question import Locale, Question, Said
from simulators.gemini.demo_answers.stock import stock_of
from simulators.gemini.demo_answers.texts import texts
from simulators.gemini.demo_answers.translation import translated

_EXTRACT_CHARS = 80
_MOST_LINES = 10

_TOPIC = re.compile(
    r"([^\s「」：:]{2,})(?:[をにで]|について)\S{0,12}(?:要約|まとめて)|"
    r"summari[sz]e\s+([^:\n]{3,})$",
    re.IGNORECASE,
)
_WRITTEN = re.compile(
    r"[この]れ|[そこ]の|上記|以上|ここまで|以下|議論|会話|やり取り|やりとり|スレッド|発言|メッセージ|"
    r"議事|内容|話|文章|チャンネル|\b(?:this|that|it|these|those|above|below|thread|messages?|"
    r"conversation|discussion|channel|text|following|notes?)\b",
    re.IGNORECASE,
)

Composer = Callable[[Question], Draft]


def about_quotes(question: Question) -> Draft | None:
    """The answer to a request about the quotes; None if the question is another one."""
    asked = next((make for words, make in _REQUESTS if words.search(question.plain)), None)
    if asked is None or (asked is explanation and not question.quotes):
        return None
    if asked is summary and not question.quotes and _names_a_topic(question.plain):
        return None
    return asked(question)


def _names_a_topic(text: str) -> bool:
    """Whether "sum up" asks for what somebody knows of a subject, not for what somebody wrote."""
    found = _TOPIC.search(text)
    return found is not None and _WRITTEN.search(found[1] or found[2]) is None


def summary(question: Question) -> Draft:
    """Who said what: the beginning of each message, and how many are left out."""
    said, quotes = texts("shortcuts")[question.locale], question.quotes
    pasted = _pasted(question.text)
    if not quotes and not pasted:
        ways = said["nothing_quoted"]
        return Draft("general", question.locale, ways[question.variation % len(ways)])
    if not quotes:
        quotes = [Said("", line) for line in pasted.splitlines() if line.strip()]
    lead = said["summary"].format(count=len(quotes))
    return Draft("general", question.locale, lead, points=_extract(quotes, question.locale))


def _extract(quotes: Sequence[Said], locale: Locale) -> list[str]:
    said = texts("shortcuts")[locale]
    lines = [
        said["line"].format(
            speaker=one.speaker or said["somebody"], text=_clipped(first_sentence(_flat(one.text)))
        )
        + (said["link"].format(link=one.link) if one.link else "")
        for one in quotes
    ]
    if (left_out := len(lines) - _MOST_LINES) <= 0:
        return lines
    gap = said["left_out"].format(count=left_out)
    return [*lines[:2], gap, *lines[2 + left_out :]]


def translation(question: Question) -> Draft:
    """The known sentences in the other language, with a word about those that stay."""
    said, locale = texts("shortcuts")[question.locale], question.locale
    text = question.quotes[-1].text if question.quotes else _pasted(question.text)
    if not text and question.answers:
        text = question.answers[-1]
    if not text:
        return Draft("general", locale, said["nothing_to_translate"])
    result, unknown = translated(text, _target(question, text))
    lead = said["no_translation"] if unknown else ""
    return Draft("creative", locale, lead, text=result)


def _target(question: Question, text: str) -> Locale:
    if re.search(r"英語|English", question.plain):
        return "en"
    if re.search(r"日本語|Japanese", question.plain):
        return "ja"
    return "en" if Question(text).locale == "ja" else "ja"


def explanation(question: Question) -> Draft:
    """Who wrote it, what came before, and a term that is known."""
    said, last = texts("shortcuts")[question.locale], question.quotes[-1]
    speaker = last.speaker or said["somebody"]
    text = _clipped(_flat(last.text))
    points = []
    if before := len(question.quotes) - 1:
        points.append(said["before"].format(count=before))
    stock = stock_of(last.text)
    known = stock.approaches[question.locale][0].lead if stock is not None else None
    points.append(said["terms"].format(lead=known) if known else said["no_explanation"])
    lead = said["explained"].format(speaker=speaker, text=text)
    return Draft("general", question.locale, lead, points=points)


def _pasted(text: str) -> str:
    """The text that a request brings along: behind its first line or colon, or in brackets."""
    if quoted := re.search(r"[「“\"]([^」”\"]{2,})[」”\"]", text):
        return quoted[1]
    head, _, rest = text.strip().partition("\n")
    return rest.strip() or re.sub(r"^[^:：]*[:：]?\s*", "", head)


def _flat(text: str) -> str:
    return " ".join(text.replace("```", " ").split())


def _clipped(text: str) -> str:
    return text if len(text) <= _EXTRACT_CHARS else f"{text[: _EXTRACT_CHARS - 1].rstrip()}…"


_REQUESTS: Sequence[tuple[re.Pattern[str], Composer]] = (
    (re.compile(r"翻訳|訳して|\btranslat(?:e|ion)\b", re.IGNORECASE), translation),
    (re.compile(r"要約|まとめて|\bsummar(?:y|i[sz]e)\b|tl;?dr", re.IGNORECASE), summary),
    (
        re.compile(
            r"引用.*説明|説明.*引用|メッセージ.*説明|explain the (?:message|quote)", re.IGNORECASE
        ),
        explanation,
    ),
)
