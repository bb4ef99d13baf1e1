"""The verdict on each question, from nothing but what stands in Slack at the end.

An accepted question has exactly one whole answer or exactly one notice. One that was not accepted
has at most one, and its rejection must be explained.
"""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from tests.chaos.questions import numbers_in


class Verdict(StrEnum):
    """What became of a question. Those of ``FAILURES`` break the promise."""

    ANSWERED = "answered"
    NOTICED = "notice"
    NOT_ACCEPTED = "not accepted"
    WINDOW = "window"
    LOST = "lost"
    DOUBLED = "doubled"
    HALF_FINISHED = "half-finished"
    STUCK = "stuck"


_LAYOUT: Final = re.compile(r"[\s*_~`]+")
FAILURES: Final = (Verdict.LOST, Verdict.DOUBLED, Verdict.HALF_FINISHED, Verdict.STUCK)


@dataclass(frozen=True)
class Shown:
    """One message of ours that stands in Slack; ``role`` as its mark says, a notice without one."""

    ts: str
    role: str
    text: str


@dataclass(frozen=True)
class Record:
    """What is known of one question when everything has settled.

    ``accepted``: Slack saw an ack that said so. ``turned_away``: its asker was told that it was not
    taken, or Slack has used up its redeliveries. ``may_be_cut``: the model reached its limit.
    ``fell_into_window``: after a post to the response URL a worker died before it could say so, or
    Redis lost what it had said (docs/architecture.md, "The windows that remain").
    """

    marker: str
    lines: int
    shown: tuple[Shown, ...]
    accepted: bool = True
    turned_away: bool = False
    may_be_cut: bool = False
    status_left: bool = False
    stream_left: bool = False
    session_left: bool = False
    card_left: bool = False
    fell_into_window: bool = False

    @property
    def delay_left(self) -> bool:
        """Whether something still tells that the answer is late."""
        return any(one.role == "delay" for one in self.shown)


def judge(record: Record, cut_notes: Iterable[str]) -> Verdict:
    """The verdict; ``cut_notes`` are the words that end an answer which reached its limit."""
    found = _of_answer(record, tuple(cut_notes))
    if found is Verdict.DOUBLED and record.fell_into_window:
        return Verdict.WINDOW
    if found in FAILURES:
        return found
    left = (record.status_left, record.stream_left, record.session_left, record.card_left)
    return Verdict.STUCK if any(left) or record.delay_left else found


def _of_answer(record: Record, cut_notes: tuple[str, ...]) -> Verdict:
    shown = sorted(record.shown, key=lambda one: float(one.ts))
    answer = "\n".join(one.text for one in shown if one.role == "answer")
    notices = sum(one.role not in {"answer", "question", "delay"} for one in shown)
    questions = sum(one.role == "question" for one in shown)
    numbers = numbers_in(answer, record.marker)
    whole = _is_whole(record, answer, numbers, cut_notes)
    repeated = len(set(numbers)) < len(numbers) or answer.count(_end_of(record)) > 1
    if repeated or notices > 1 or questions > 1 or (notices and whole):
        return Verdict.DOUBLED
    if answer:
        return Verdict.ANSWERED if whole else Verdict.HALF_FINISHED
    if notices:
        return Verdict.NOTICED
    # Nobody promised an answer only if the asker knows that there will be none.
    if not record.accepted and record.turned_away:
        return Verdict.NOT_ACCEPTED
    return Verdict.LOST


def _is_whole(record: Record, answer: str, numbers: list[int], cut_notes: tuple[str, ...]) -> bool:
    if numbers == list(range(1, record.lines + 1)) and _end_of(record) in answer:
        return True
    return (
        record.may_be_cut
        and numbers == list(range(1, record.lines // 2 + 1))
        and f"{record.marker} is cut here." in answer
        and any(_letters(note) in _letters(answer) for note in cut_notes)
    )


def _letters(text: str) -> str:
    """``text`` without layout: Slack keeps Markdown as rich text once a message is edited."""
    return _LAYOUT.sub("", text)


def _end_of(record: Record) -> str:
    return f"{record.marker} ends here."
