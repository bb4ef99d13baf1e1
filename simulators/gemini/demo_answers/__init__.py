"""Composes the simulated model's answers: deterministic, in the question's language, honest."""

from simulators.gemini.demo_answers.answer import Answer, Mode
from simulators.gemini.demo_answers.composer import compose
from simulators.gemini.demo_answers.question import Question

__all__ = ["Answer", "Mode", "Question", "compose"]
