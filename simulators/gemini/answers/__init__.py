"""Composes the simulated model's answers: deterministic, in the question's language, honest."""

from simulators.gemini.answers.answer import Answer, Mode
from simulators.gemini.answers.composer import compose
from simulators.gemini.answers.question import Question

__all__ = ["Answer", "Mode", "Question", "compose"]
