"""Composes the simulated model's answers: deterministic, in the question's language, honest.

``composer`` chooses: ``shortcuts`` and ``follow_ups`` work on what was said before, ``stock`` holds
what is ready, ``files`` looks at attachments, ``kinds`` compose the rest. ``forms`` gives a
``draft`` the form of a mode. All words are in ``texts/``.
"""

from simulators.gemini.demo_answers.answer import Answer, Mode
from simulators.gemini.demo_answers.composer import compose, natural_mode
from simulators.gemini.demo_answers.question import Attached, Question, Said

__all__ = ["Answer", "Attached", "Mode", "Question", "Said", "compose", "natural_mode"]
