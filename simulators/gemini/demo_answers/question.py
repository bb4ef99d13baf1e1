"""What is asked, in which language, what came before it, and which kind of answer suits it."""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simulators.gemini.demo_answers.answer import Mode

Locale = Literal["ja", "en"]
Length = Literal["short", "usual", "long"]

_JAPANESE = re.compile(r"[\u3040-\u30ff\u3400-\u9fff]")
_MENTION = re.compile(r"<[@#!][^>]*>")
_GREETING = re.compile(
    r"^\W*(hi|hello|hey|good (morning|afternoon|evening)|こんにち[はわ]|おはよう(ございます)?|"
    r"こんばん[はわ]|やあ|はじめまして|テスト|test)\W*$",
    re.IGNORECASE,
)
_THANKS = re.compile(
    r"^\W*(thanks|thank you|thx|cheers|ありがとう|どうも|助かりました|助かった)"
    r"(ございま(す|した)| (a lot|so much|very much|again))?\W*$",
    re.IGNORECASE,
)
# Between Japanese and Latin letters there is a word boundary only in ASCII terms.
_WORDS = re.IGNORECASE | re.ASCII
# The first kind whose words occur wins: a thing to write, then a comparison, then a mere language.
_KINDS: tuple[tuple[Mode, re.Pattern[str]], ...] = (
    (
        "code",
        re.compile(
            r"```|\b(function|script|program|algorithm|implement|debug|regex|code)\b|コード|関数|"
            r"プログラム|スクリプト|実装|アルゴリズム|正規表現|デバッグ|クエリ",
            _WORDS,
        ),
    ),
    (
        "data",
        re.compile(
            r"\b(compare|comparison|versus|vs|difference between)\b|の違い|比較|比べ", _WORDS
        ),
    ),
    (
        "code",
        re.compile(r"\b(python|javascript|typescript|java|golang|rust|ruby|sql|bash)\b", _WORDS),
    ),
    (
        "creative",
        re.compile(
            r"\b(poem|haiku|story|slogan|tagline|song|lyrics|joke|catchphrase)\b|俳句|川柳|詩|"
            r"物語|小説|キャッチコピー|スローガン|歌詞|ダジャレ|ジョーク|標語",
            _WORDS,
        ),
    ),
    (
        "data",
        re.compile(
            r"\b(data|table|average|mean|median|statistics?|trend|sales|analy[sz]e|analysis)\b|"
            r"データ|表に|表で|一覧|平均|中央値|統計|売上|売り上げ|分析|集計|傾向",
            _WORDS,
        ),
    ),
)


@dataclass(frozen=True)
class Said:
    """A message that was quoted: who wrote it ("" for an unknown person), what, and its address if
    that was told.
    """

    speaker: str
    text: str
    link: str = ""


@dataclass(frozen=True)
class Attached:
    """A file that came along; ``text`` is None if it is none, ``kind`` its type and size."""

    name: str
    kind: str
    text: str | None = None

    def __str__(self) -> str:
        return f"`{self.name}` ({self.kind})" if self.name else self.kind


@dataclass(frozen=True)
class Question:
    """One question with what came before it in the conversation.

    ``earlier`` are the user's messages before it, ``answers`` the model's, ``quotes`` what people
    wrote, the asker included. ``variation`` counts how often it was answered already: another
    approach is due then. ``missing`` are the names of files that could not be given. ``replaced``
    is the answer that the user wants another one instead of.
    """

    text: str
    earlier: Sequence[str] = ()
    answers: Sequence[str] = ()
    quotes: Sequence[Said] = ()
    attachments: Sequence[Attached] = ()
    missing: Sequence[str] = ()
    length: Length = "usual"
    variation: int = 0
    replaced: str = ""

    @property
    def locale(self) -> Locale:
        """Japanese if the question (or what came before it) is written in Japanese."""
        return "ja" if _JAPANESE.search(self.text or " ".join(self.earlier)) else "en"

    @property
    def plain(self) -> str:
        """The question without mentions and superfluous white space."""
        return " ".join(_MENTION.sub(" ", self.text).split())

    @property
    def topic(self) -> str:
        """The beginning of the question, short enough to be quoted."""
        first = re.split(r"(?<=[。．！？!?])|(?<=\.)\s|```", self.plain, maxsplit=1)[0].strip()
        first = first.rstrip("。．.!?！？ ")
        return first if len(first) <= 60 else first[:59].rstrip() + "…"

    @property
    def is_greeting(self) -> bool:
        """Nothing is asked: a greeting, a thank-you, a test."""
        return bool(_GREETING.match(self.plain)) or self.is_thanks

    @property
    def is_thanks(self) -> bool:
        """The user says thank you."""
        return bool(_THANKS.match(self.plain))

    @property
    def kind(self) -> Mode:
        """The kind of answer that suits the question."""
        return next((mode for mode, words in _KINDS if words.search(self.plain)), "general")


def pick(question: Question, choices: Sequence[str]) -> str:
    """One of ``choices``: the same for the same question until it is asked again."""
    return choices[(sum(map(ord, question.plain)) + question.variation) % len(choices)]
