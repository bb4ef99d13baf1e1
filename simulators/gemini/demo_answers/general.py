"""General questions: a summary and key points."""

import re
from collections.abc import Mapping
from typing import Any

from simulators.gemini.demo_answers.question import Question, pick
from simulators.gemini.demo_answers.topics import TOPICS, Topic

_GREETINGS = {
    "ja": (
        "こんにちは。お声がけいただき、ありがとうございます。どのようなことをお手伝いしましょうか。",
        "こんにちは。ご質問があれば、いつでもお気軽にどうぞ。",
    ),
    "en": (
        "Hello, and thank you for getting in touch. What can I help you with?",
        "Hello! Ask me anything, whenever you like.",
    ),
}
_EXAMPLES = {
    "ja": [
        "コード：「素数を判定するPython関数を書いてください」",
        "データ：「12, 18, 25, 31 の平均と傾向を表にしてください」",
        "創作：「秋の朝の俳句を詠んでください」",
    ],
    "en": [
        "Code: “Write a Python function that tests for primes”",
        "Data: “Show the average and trend of 12, 18, 25, 31 as a table”",
        "Creative: “Write a haiku about an autumn morning”",
    ],
}
_OPENINGS = {
    "ja": (
        "「{topic}」についてのご質問ですね。考えを進めるための道筋を整理しました。",
        "「{topic}」ですね。まず押さえておきたい点をまとめます。",
    ),
    "en": (
        "You asked about “{topic}”. Here is a path for thinking it through.",
        "On “{topic}”: these are the points to settle first.",
    ),
}
_POINTS = {
    "ja": [
        "**目的を言葉にします**：「{topic}」で何が決まれば前に進めるのかを、一文で書き出します。",
        "**前提を確かめます**：期限、関係する人、すでに決まっていることを分けておきます。",
        "**選択肢を比べます**：少なくとも二つの案を、同じ基準で並べます。",
        "**小さく試します**：戻せる一歩から始め、結果を見て次を決めます。",
    ],
    "en": [
        "**Name the goal**: write in one sentence what must be decided about “{topic}”.",
        "**Check the premises**: separate deadlines, people involved and what is already settled.",
        "**Compare options**: put at least two side by side under the same criteria.",
        "**Try it small**: begin with a step you can take back, then decide the next one.",
    ],
}
_FOLLOW_UP = {
    "ja": "先ほどの「{earlier}」の続きとしてお答えします。",
    "en": "This continues your earlier question, “{earlier}”. ",
}
_MOOD = re.compile(r"sentiment|mood|tone of|感情|印象|口調", re.IGNORECASE)
_SENTIMENTS = (
    ("negative", re.compile(r"bad|slow|broken|angry|残念|悪い|遅い|不満", re.IGNORECASE)),
    ("positive", re.compile(r"good|great|love|thank|良い|嬉しい|満足|助か", re.IGNORECASE)),
)
_HEADING = {"ja": "主なポイント", "en": "Key points"}


def compose(question: Question) -> dict[str, Any]:
    """``summary`` and ``key_points``; ``sentiment`` if it was asked for."""
    locale = question.locale
    topic = next((topic for topic in TOPICS if topic.matches(question.plain)), None)
    if question.is_greeting:
        summary, points = pick(question, _GREETINGS[locale]), list(_EXAMPLES[locale])
    elif topic is not None:
        summary, points = _known(question, topic)
    else:
        summary = pick(question, _OPENINGS[locale]).format(topic=question.topic)
        points = [point.format(topic=question.topic) for point in _POINTS[locale]]
    return {
        "summary": _context(question) + summary,
        "key_points": points,
        **({"sentiment": _sentiment(question)} if _MOOD.search(question.plain) else {}),
    }


def _sentiment(question: Question) -> str:
    return next((name for name, words in _SENTIMENTS if words.search(question.plain)), "neutral")


def _known(question: Question, topic: Topic) -> tuple[str, list[str]]:
    text = topic.texts[question.locale]
    quoted = f"「{question.topic}」" if question.locale == "ja" else f"“{question.topic}”: "
    joint = "へのお答えです。" if question.locale == "ja" else ""
    return f"{quoted}{joint}{text.summary}", list(text.points)


def _context(question: Question) -> str:
    said = ""
    if question.earlier:
        earlier = Question(question.earlier[-1]).topic
        said += _FOLLOW_UP[question.locale].format(earlier=earlier)
    return said


def render(fields: Mapping[str, Any], locale: str) -> str:
    """The answer as Markdown."""
    points = "\n".join(f"- {point}" for point in fields["key_points"])
    return f"{fields['summary']}\n\n**{_HEADING[locale]}**\n\n{points}"
