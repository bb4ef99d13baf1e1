"""The judge complains of everything that breaks the promise; one that can't fail is worthless."""

from dataclasses import replace

import pytest

from tests.chaos.judge import Record, Shown, Verdict, judge
from tests.chaos.ledger import has_card_at_work
from tests.chaos.questions import answer_text, cut_text

NOTE = "The answer reached its length limit."
LINES = 130
WHOLE = answer_text("q0001", LINES)
SPLIT_AT = WHOLE.index("q0001 line 060")
PART_1 = Shown("10.1", "answer", WHOLE[:SPLIT_AT])
PART_2 = Shown("10.2", "answer", WHOLE[SPLIT_AT:])
NOTICE = Shown("11.0", "notice", "I am sorry.")


def verdict(*shown: Shown, **changes: object) -> Verdict:
    """The judgement of an accepted question that was answered by these messages."""
    record = Record("q0001", LINES, shown)
    return judge(replace(record, **changes), [NOTE])  # type: ignore[arg-type]  # a test's shorthand


def test_one_whole_answer_is_what_was_promised() -> None:
    assert verdict(PART_1, PART_2) is Verdict.ANSWERED
    assert verdict(Shown("1.0", "question", "asked: q0001"), PART_1, PART_2) is Verdict.ANSWERED


def test_one_notice_is_what_was_promised() -> None:
    assert verdict(NOTICE) is Verdict.NOTICED


def test_nothing_at_all_is_a_lost_question() -> None:
    assert verdict() is Verdict.LOST
    assert verdict(Shown("1.0", "question", "asked: q0001")) is Verdict.LOST


@pytest.mark.parametrize(
    "again",
    [
        pytest.param([PART_1, PART_2], id="the whole answer"),
        pytest.param([PART_1], id="its first part"),
        pytest.param([PART_2], id="its last part"),
        pytest.param([NOTICE], id="a notice beside it"),
        pytest.param([Shown("12.0", "unmarked", "Sorry!")], id="a message without a mark"),
    ],
)
def test_anything_beside_a_whole_answer_is_a_double(again: list[Shown]) -> None:
    later = [replace(one, ts=f"2{one.ts}") for one in again]
    assert verdict(PART_1, PART_2, *later) is Verdict.DOUBLED


def test_two_notices_are_a_double() -> None:
    assert verdict(NOTICE, replace(NOTICE, ts="12.0")) is Verdict.DOUBLED


def test_a_command_shown_twice_is_a_double() -> None:
    shown = Shown("1.0", "question", "asked: q0001")
    assert verdict(shown, replace(shown, ts="2.0"), PART_1, PART_2) is Verdict.DOUBLED


@pytest.mark.parametrize(
    "shown",
    [
        pytest.param([PART_1], id="the end is missing"),
        pytest.param([PART_2], id="the beginning is missing"),
        pytest.param([replace(PART_1, ts="30.0"), PART_2], id="the parts are in the wrong order"),
        pytest.param([PART_1, NOTICE], id="a notice stands beside the first part"),
        pytest.param(
            [PART_1, replace(PART_2, text=PART_2.text.replace("q0001 ends here.", ""))],
            id="the end marker is missing",
        ),
        pytest.param(
            [PART_1, replace(PART_2, text=PART_2.text.replace("q0001 line 100", "oops"))],
            id="a line in the middle is missing",
        ),
        pytest.param(
            [Shown("10.1", "answer", answer_text("q0002", LINES))], id="another question's answer"
        ),
    ],
)
def test_an_answer_that_is_not_whole_is_half_finished(shown: list[Shown]) -> None:
    assert verdict(*shown) is Verdict.HALF_FINISHED


def test_an_answer_cut_at_the_models_limit_is_whole_only_with_the_words_that_say_so() -> None:
    cut = cut_text("q0001", LINES)
    told = Shown("10.1", "answer", f"{cut}\n\n{NOTE}")
    assert verdict(told, may_be_cut=True) is Verdict.ANSWERED
    kept = replace(told, text=f"{cut}\n{NOTE}".replace(" length ", " \nlength\n "))
    assert verdict(kept, may_be_cut=True) is Verdict.ANSWERED
    assert verdict(replace(told, text=cut), may_be_cut=True) is Verdict.HALF_FINISHED
    assert verdict(told, may_be_cut=False) is Verdict.HALF_FINISHED


def test_a_status_a_stream_a_session_or_a_card_that_never_ends_is_stuck() -> None:
    assert verdict(PART_1, PART_2, status_left=True) is Verdict.STUCK
    assert verdict(PART_1, PART_2, stream_left=True) is Verdict.STUCK
    assert verdict(PART_1, PART_2, session_left=True) is Verdict.STUCK
    assert verdict(PART_1, PART_2, card_left=True) is Verdict.STUCK
    assert verdict(NOTICE, card_left=True) is Verdict.STUCK


@pytest.mark.parametrize("state", ["pending", "in_progress", "complete", "error"])
def test_a_card_is_left_at_work_alone_or_in_a_plan_until_it_has_ended(state: str) -> None:
    card = {"type": "task_card", "task_id": "1", "title": "t", "status": state}
    plan = {"type": "plan", "title": "p", "tasks": [card]}
    at_work = state in {"pending", "in_progress"}
    assert has_card_at_work({"blocks": [card]}) is at_work
    assert has_card_at_work({"blocks": [plan]}) is at_work
    assert not has_card_at_work({"text": "no blocks"})


def test_a_delay_that_is_told_beside_an_answer_or_a_notice_is_stuck_and_alone_it_is_a_loss() -> (
    None
):
    delay = Shown("9.0", "delay", "Gemini does not answer, so your question is kept.")
    assert verdict(delay, PART_1, PART_2) is Verdict.STUCK
    assert verdict(delay, NOTICE) is Verdict.STUCK
    assert verdict(delay) is Verdict.LOST


def test_a_question_nobody_accepted_may_stay_unanswered_only_if_its_asker_knows() -> None:
    assert verdict(accepted=False, turned_away=True) is Verdict.NOT_ACCEPTED
    assert verdict(accepted=False) is Verdict.LOST
    assert verdict(accepted=True, turned_away=True) is Verdict.LOST


def test_a_question_nobody_accepted_has_at_most_one_answer() -> None:
    twice = [PART_1, PART_2, replace(PART_1, ts="20.1"), replace(PART_2, ts="20.2")]
    rejected = {"accepted": False, "turned_away": True}
    assert verdict(PART_1, PART_2, **rejected) is Verdict.ANSWERED
    assert verdict(*twice, **rejected) is Verdict.DOUBLED
    assert verdict(PART_1, **rejected) is Verdict.HALF_FINISHED


def test_a_double_is_the_documented_window_only_with_the_proof_of_a_death() -> None:
    twice = [PART_1, PART_2, replace(PART_1, ts="20.1"), replace(PART_2, ts="20.2")]
    assert verdict(*twice, fell_into_window=True) is Verdict.WINDOW
    assert verdict(*twice) is Verdict.DOUBLED
    assert verdict(fell_into_window=True) is Verdict.LOST
    assert verdict(PART_1, fell_into_window=True) is Verdict.HALF_FINISHED
