"""General questions: a summary and key points."""

import re
from collections.abc import Mapping
from typing import Any

from simulators.gemini.demo_answers.known import TOPICS, Topic
from simulators.gemini.demo_answers.question import Question, pick
from simulators.gemini.demo_answers.texts import texts

_MOOD = re.compile(r"sentiment|mood|tone of|感情|印象|口調", re.IGNORECASE)
_SENTIMENTS = (
    ("negative", re.compile(r"bad|slow|broken|angry|残念|悪い|遅い|不満", re.IGNORECASE)),
    ("positive", re.compile(r"good|great|love|thank|良い|嬉しい|満足|助か", re.IGNORECASE)),
)


def compose(question: Question) -> dict[str, Any]:
    """``summary`` and ``key_points``; ``sentiment`` if it was asked for."""
    said = texts("general")[question.locale]
    topic = next((topic for topic in TOPICS if topic.words.search(question.plain)), None)
    if question.is_greeting:
        summary, points = pick(question, said["greetings"]), list(said["examples"])
    elif topic is not None:
        summary, points = _known(question, topic)
    else:
        summary = pick(question, said["openings"]).format(topic=question.topic)
        points = [point.format(topic=question.topic) for point in said["points"]]
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
    return f"{quoted}{joint}{text['summary']}", list(text["points"])


def _context(question: Question) -> str:
    if not question.earlier:
        return ""
    earlier = Question(question.earlier[-1]).topic
    follow_up: str = texts("general")[question.locale]["follow_up"]
    return follow_up.format(earlier=earlier)


def render(fields: Mapping[str, Any], locale: str) -> str:
    """The answer as Markdown."""
    heading = texts("general")[locale]["heading"]
    points = "\n".join(f"- {point}" for point in fields["key_points"])
    return f"{fields['summary']}\n\n**{heading}**\n\n{points}"
