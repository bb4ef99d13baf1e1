"""Greetings, and questions that the simulated model has no answer for."""

import re

from simulators.gemini.demo_answers.draft import Draft
from simulators.gemini.demo_answers.question import Question, pick
from simulators.gemini.demo_answers.texts import texts

_MOOD = re.compile(r"sentiment|mood|tone of|感情|印象|口調", re.IGNORECASE)
_SENTIMENTS = (
    ("negative", re.compile(r"bad|slow|broken|angry|残念|悪い|遅い|不満", re.IGNORECASE)),
    ("positive", re.compile(r"good|great|love|thank|良い|嬉しい|満足|助か", re.IGNORECASE)),
)


def draft(question: Question) -> Draft:
    """A greeting in return, the mood of a text, or that there is no answer."""
    said = texts("general")[question.locale]
    if question.is_thanks:
        return Draft("general", question.locale, pick(question, said["thanks"]))
    if question.is_greeting:
        greeting = pick(question, said["greetings"])
        return Draft("general", question.locale, greeting, points=said["examples"])
    if _MOOD.search(question.plain):
        return _mood(question)
    earlier = question.earlier[-1] if question.earlier else ""
    about = said["follow_up"].format(earlier=Question(earlier).topic) if earlier else ""
    lead = about + pick(question, said["openings"])
    points = said["points"]
    return Draft("general", question.locale, lead, points=points, known=False)


def _mood(question: Question) -> Draft:
    mood = next((name for name, words in _SENTIMENTS if words.search(question.plain)), "neutral")
    lead: str = texts("general")[question.locale]["moods"][mood]
    return Draft("general", question.locale, lead, sentiment=mood)
