"""How often we answer what was said to others, and miss what was said to us.

The first rules were written beside ``tuned_*.txt``, later ones beside ``later_*.txt``, which was
held out before. ``heldout_*.txt`` and ``final_*.txt`` were written before any rule was tried on
them, and no rule was changed for what they showed. What asks no model is measured here (``asker``).
"""

from dataclasses import dataclass

import pytest

from processor_service.following.verdict import Verdict, verdict_on
from tests.unit.processor.following.corpus import Judged, threads


@dataclass(frozen=True)
class Figures:
    """``false``: remarks between people that we answer; ``asides``: thanks and the like of somebody
    who is alone with us, answered; ``missed``: questions to us that we do not answer.
    """

    false: float
    asides: float
    missed: float


def figures(*names: str) -> Figures:
    judged = [one for name in names for thread in threads(name) for one in thread.judged()]
    return Figures(
        _share([one for one in judged if not one.for_us and one.among_people], Verdict.OURS),
        _share([one for one in judged if not one.for_us and not one.among_people], Verdict.OURS),
        1 - _share([one for one in judged if one.for_us], Verdict.OURS),
    )


def _share(judged: list[Judged], verdict: Verdict) -> float:
    return sum(verdict_on(one.remark, one.before) is verdict for one in judged) / len(judged)


TUNED = ("tuned_ja.txt", "tuned_en.txt")
HELD_OUT = ("heldout_ja.txt", "heldout_en.txt")
LATER = ("later_ja.txt", "later_en.txt")
FINAL = ("final_ja.txt", "final_en.txt")


def test_the_corpus_holds_120_threads_at_least_in_both_languages() -> None:
    for names in (("tuned_ja.txt", "heldout_ja.txt"), ("tuned_en.txt", "heldout_en.txt")):
        assert sum(len(threads(name)) for name in names) >= 120


def test_fewer_than_one_in_a_hundred_remarks_between_people_is_answered() -> None:
    measured = figures(*TUNED, *HELD_OUT)
    assert measured.false < 0.01
    assert measured.missed < 0.10


def test_what_the_rules_have_not_seen_is_not_answered_worse_than_decided() -> None:
    measured = figures(*HELD_OUT)
    assert measured.false <= 0.04
    assert measured.missed <= 0.10
    assert measured.asides <= 0.60


def test_later_threads_are_answered_no_worse_than_decided() -> None:
    measured = figures(*LATER)
    assert measured.false <= 0.01
    # 18 of the 24 that are missed follow another person's words, where it takes a mention.
    assert measured.missed <= 0.17
    assert measured.asides <= 0.10


def test_what_no_rule_was_written_for_is_answered_wrongly_far_more_often_than_the_goal() -> None:
    """The goal is 1 %. Who makes this better without having looked at these threads changes the
    figures in decision 42, too.
    """
    measured = figures(*FINAL)
    assert 0.01 < measured.false <= 0.21
    assert measured.missed <= 0.11
    assert measured.asides <= 0.34


@pytest.mark.parametrize("name", [*TUNED, *HELD_OUT, *LATER, *FINAL])
def test_no_reply_to_another_persons_question_is_answered_or_judged(name: str) -> None:
    for thread in threads(name):
        for one in thread.judged():
            previous = one.before[-1] if one.before else None
            replies = (
                previous is not None and previous.role == "person" and previous.by != one.remark.by
            )
            if replies and not one.for_us:
                assert verdict_on(one.remark, one.before) is not Verdict.OURS, one.remark.text
