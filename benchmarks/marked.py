"""Questions that can be told apart in Slack, and the answers the simulated model gives to them.

Every answer begins with its question's mark, so a program that we know nothing about is measured by
what it shows.
"""

import json
import re
from typing import Final

from simulators.gemini import GeminiSimulator, Reply

MARK: Final = re.compile(r"\bQ(\d+)Q\b")
_PARAGRAPH: Final = (
    "A prime has no divisor but one and itself. To test one it is enough to try the divisors "
    "up to its square root, and of these only those that are prime themselves. "
)
ANSWER_CHARS: Final = 1_200
"""About what people are told in chat."""


def mention(number: int) -> str:
    """The question as a person would mention it."""
    return f"Q{number}Q How do I tell whether a number is prime?"


def command(number: int) -> str:
    """The question behind ``/gemini``."""
    return f"general: Q{number}Q How do I tell whether a number is prime? In fields."


def script(
    gemini: GeminiSimulator, answer_chars: int = ANSWER_CHARS, mode_s: float | None = None
) -> None:
    """Let ``gemini`` answer the questions: free text, fields, or (after ``mode_s``) which mode."""
    text = _text(answer_chars)

    def reply(prompt: str) -> Reply:
        found = MARK.search(prompt)
        mark = f"Q{found[1]}Q" if found else "Q0Q"
        if "Which mode suits this?" in prompt:
            return Reply(text=json.dumps({"mode": "general"}), first_token_s=mode_s)
        if "In fields." in prompt:
            return Reply(text=_fields(mark, text))
        return Reply(text=f"{mark} {text}")

    gemini.script(MARK, reply)


def _text(chars: int) -> str:
    paragraphs = -(-chars // len(_PARAGRAPH))
    return "\n\n".join([_PARAGRAPH.strip()] * paragraphs)[:chars]


def _fields(mark: str, text: str) -> str:
    points = [line for line in text.split("\n\n") if line]
    return json.dumps(
        {"mode": "general", "summary": f"{mark} {points[0]}", "key_points": points[1:]}
    )
