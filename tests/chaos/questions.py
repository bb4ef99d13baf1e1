"""What is asked in a chaos run, and what the simulated model answers.

Each question carries a marker and each line of its answer repeats it with a number, so that every
line in Slack can be told to belong to a question, and to be there once and in its place. Commands
are answered in JSON, in one mode after the other.
"""

import json
import re
from collections import Counter, deque
from collections.abc import Iterator
from dataclasses import dataclass, replace
from random import Random
from typing import Final, Literal

from simulators.gemini import Reply

Kind = Literal["mention", "dm", "thread", "command", "outside"]
"""``outside`` is a slash command in a channel where the bot is no member."""

CHANNELS: Final = 8
PEOPLE: Final = ("hana", "kenji", "alice", "tom")
_KINDS: Final[dict[Kind, int]] = {
    "mention": 36,
    "dm": 24,
    "thread": 20,
    "command": 16,
    "outside": 4,
}
# One message of an answer holds 11,000 characters: 130 lines take two messages, 240 take three.
_LINES: Final = {6: 60, 25: 15, 130: 17, 240: 8}
_PIECES: Final = 8
# Most answers come within half a second, so that a crash can come in between; this long one takes
# three, in which people are shown more and more of it.
_BETWEEN_S: Final = 0.05
_SLOWLY: Final = {25: 0.4}
_FILLER: Final = "the quick brown fox jumps over the lazy dog and asks what it was for"
_PROMPT = re.compile(r"Question ([qs]\d{4}): write (\d+) lines( as fields)?")
_LINE = re.compile(r"\b([qs]\d{4}) line (\d+)\b")


@dataclass(frozen=True)
class Question:
    """One question. Equal ones share their ``marker``; ``place`` is the number of a channel."""

    number: int
    at_s: float
    kind: Kind
    who: str
    place: int
    marker: str
    lines: int

    @property
    def text(self) -> str:
        """What is written, without the mention."""
        shape = " as fields" if self.kind in {"command", "outside"} else ""
        return f"Question {self.marker}: write {self.lines} lines{shape}, please."


def plan_questions(count: int, rate: float, rng: Random) -> list[Question]:
    """``count`` questions, about ``rate`` a second, one in twelve equal to one asked before."""
    asked: list[Question] = []
    for number in range(count):
        [kind] = rng.choices(list(_KINDS), list(_KINDS.values()))
        [lines] = rng.choices(list(_LINES), list(_LINES.values()))
        question = Question(
            number=number,
            at_s=(number + rng.random()) / rate,
            kind=kind,
            who=rng.choice(PEOPLE),
            place=rng.randrange(CHANNELS),
            marker=f"q{number:04d}",
            lines=lines,
        )
        alike = [one for one in asked[-40:] if one.kind in {"mention", "dm"}]
        if kind in {"mention", "dm"} and alike and rng.random() < 1 / 7:
            known = rng.choice(alike)
            question = replace(question, marker=known.marker, lines=known.lines)
        asked.append(question)
    return sorted(asked, key=lambda one: one.at_s)


def answer_text(marker: str, lines: int) -> str:
    """The whole answer; a longer one holds a block of code, and its last line tells the end."""
    return "\n".join([*_body(marker, lines), f"{marker} ends here."])


def cut_text(marker: str, lines: int) -> str:
    """An answer that reached its limit after half of its lines."""
    return "\n".join([*_body(marker, lines // 2), f"{marker} is cut here."])


def _body(marker: str, lines: int) -> Iterator[str]:
    for number in range(1, lines + 1):
        if lines > 100 and number in {40, 90}:
            yield "```"
        elif number % 10 == 0:
            yield ""
        yield f"{marker} line {number:03d} of {lines}, {_FILLER}."


def answer_json(marker: str, lines: int) -> str:
    """The same answer as the JSON of a mode."""
    body = list(_body(marker, lines))
    text, plain, end = "\n".join(body), _without_fences(body), f"{marker} ends here."
    half = len(plain) // 2
    first, second = plain[:half], plain[half:]
    modes: list[dict[str, object]] = [
        {
            "mode": "general",
            "summary": "\n".join(first),
            "key_points": [*filter(None, second), end],
        },
        {
            "mode": "code",
            "language": "text",
            "explanation": "\n".join(first),
            "code": "\n".join(second),
            "suggestions": [end],
        },
        {"mode": "data", "analysis": text, "insights": [], "recommendations": [end]},
        {"mode": "creative", "content": text, "style": "plain", "variations": [end]},
    ]
    return json.dumps(modes[_turn(marker)])


def cut_json(marker: str, lines: int) -> str:
    """The JSON of an answer that reached its limit after half of its lines."""
    text = cut_text(marker, lines)
    modes: list[dict[str, str]] = [
        {"mode": "general", "summary": text},
        {"mode": "code", "language": "text", "explanation": text},
        {"mode": "data", "analysis": text},
        {"mode": "creative", "content": text},
    ]
    return json.dumps(modes[_turn(marker)]).removesuffix('"}')


def _turn(marker: str) -> int:
    return int(marker[1:]) % 4


def _without_fences(lines: list[str]) -> list[str]:
    return [line for line in lines if not line.startswith("```")]


def numbers_in(text: str, marker: str) -> list[int]:
    """The numbers of the marked lines in ``text``, as they stand there."""
    return [int(number) for found, number in _LINE.findall(text) if found == marker]


def marker_of(prompt: str) -> str | None:
    """The marker of the question that a prompt asks, or None if it asks none of ours."""
    found = _asked_in(prompt)
    return found and found[1]


def _asked_in(prompt: str) -> re.Match[str] | None:
    # In a thread the prompt quotes earlier questions; the one that is asked comes last.
    *_, found = None, *_PROMPT.finditer(prompt)
    return found


Mood = Literal["endless", "empty", "blocked", "limited"]


class Answers:
    """The model: answers by the marker, except for those a mood was ordered for."""

    def __init__(self) -> None:
        self._moods: deque[Mood] = deque()
        self.had: Counter[Mood] = Counter()
        """How many answers each mood has spoilt."""
        self.limited: set[str] = set()
        """The markers whose answer was cut at its limit at least once."""

    def spoil(self, mood: Mood, times: int) -> None:
        """Let the next ``times`` answers be like that."""
        self._moods.extend([mood] * times)

    def calm(self) -> None:
        """Forget what has not happened yet."""
        self._moods.clear()

    def __call__(self, prompt: str) -> Reply:
        """The reply to a prompt."""
        found = _asked_in(prompt)
        if found is None:
            raise ValueError(f"This is no question of the chaos run: {prompt[:80]}")
        marker, lines = found[1], int(found[2])
        whole_text, cut = (answer_json, cut_json) if found[3] else (answer_text, cut_text)
        between_s = _SLOWLY.get(lines, _BETWEEN_S)
        whole = _paced(whole_text(marker, lines), between_s)
        if not self._moods:
            return whole
        mood = self._moods.popleft()
        self.had[mood] += 1
        match mood:
            case "endless":
                return replace(whole, finish_reason=None)
            case "empty":
                return Reply(text="")
            case "blocked":
                return Reply(block_reason="SAFETY")
            case "limited":
                self.limited.add(marker)
                half = _paced(cut(marker, lines), between_s)
                return replace(half, finish_reason="MAX_TOKENS")


def _paced(text: str, between_s: float) -> Reply:
    """The text in a few pieces."""
    size = -(-len(text) // _PIECES)
    pieces = [text[start : start + size] for start in range(0, len(text), size)]
    return Reply(chunks=pieces, first_token_s=0.2, between_s=between_s)
