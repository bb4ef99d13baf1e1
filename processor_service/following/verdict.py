"""To whom a message without a mention speaks, decided by the messages before it in its thread.

The same thread gives the same verdict: later messages do not count, so a redelivery decides alike.
"""

from collections.abc import Sequence
from enum import StrEnum

from processor_service.following.words import (
    asks,
    calls_somebody_else,
    calls_us,
    closes,
    is_for_people,
)
from processor_service.ports.talks import Remark


class Verdict(StrEnum):
    """Whether a message is a question to us."""

    OURS = "ours"
    NOT_OURS = "not_ours"
    UNCLEAR = "unclear"


def verdict_on(remark: Remark, before: Sequence[Remark]) -> Verdict:
    """A message that opens with our name is for us; one that calls somebody else is not. Otherwise
    it is ours if its author is the last asker and nobody else has written since; where other people
    have written before, it must also ask for something. An answer to another person's question is
    never ours.
    """
    asked = _last_question(before)
    if asked is not None and calls_us(remark.text):
        return Verdict.OURS
    if asked is None or calls_somebody_else(remark.text):
        return Verdict.NOT_OURS
    others = [one for one in before[asked:] if _is_other(one, remark.by)]
    if others:
        answers = others[-1] is not before[asked] and asks(others[-1].text)
        return Verdict.NOT_OURS if answers or not asks(remark.text) else Verdict.UNCLEAR
    return _of_asker(remark, among_people=any(_is_other(one, remark.by) for one in before))


def _last_question(before: Sequence[Remark]) -> int | None:
    """Where the last question to us is: one that calls us, or that we have answered."""
    answered = {one.task_id for one in before if one.role == "us" and one.task_id}
    for number in range(len(before) - 1, -1, -1):
        one = before[number]
        if one.role == "person" and (one.calls_us or one.task_id in answered):
            return number
    return None


def _is_other(one: Remark, author: str) -> bool:
    return one.role == "person" and one.by != author


def _of_asker(remark: Remark, *, among_people: bool) -> Verdict:
    if is_for_people(remark.text, among_people=among_people):
        return Verdict.UNCLEAR if asks(remark.text) else Verdict.NOT_OURS
    if asks(remark.text):
        return Verdict.OURS
    if closes(remark.text) and not remark.files:
        return Verdict.NOT_OURS
    return Verdict.UNCLEAR if among_people else Verdict.OURS
