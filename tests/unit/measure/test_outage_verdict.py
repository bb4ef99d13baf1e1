"""The verdict on an outage of Gemini complains of everything that breaks the promise."""

import json
from collections import Counter
from dataclasses import replace

import pytest

from simulators.journal import Journal
from tests.chaos.judge import Verdict
from tests.measure.gemini_down import failures_in
from tests.measure.outage_verdict import (
    COLUMNS,
    Asked,
    Outcome,
    Quiet,
    pushed,
    report,
    violations,
)

MODEL = "gemini-3.8-flash"
DURING = Asked("during", 6, Counter({Verdict.ANSWERED: 4, Verdict.NOTICED: 2}), may_fail=True)
SOON = Asked("right after", 2, Counter({Verdict.ANSWERED: 2}))
LATER = Asked("in the quiet minute", 3, Counter({Verdict.ANSWERED: 3}))
QUIET = Quiet(0, 0, 0, Counter({MODEL: 3}))
GOOD = Outcome(
    asked=(DURING, SOON, LATER),
    failures=Counter({"503": 5, "silent": 2, "refused": 1}),
    emptied_after_s=73.25,
    empty_within_s=150.0,
    dead_letters=2,
    unexplained=0,
    quiet=QUIET,
    model=MODEL,
    unsettled="",
)


def judged(*verdicts: Verdict) -> Outcome:
    """The good run, but for what became of the questions asked during the outage."""
    asked = replace(DURING, count=len(verdicts), verdicts=Counter(verdicts))
    return replace(GOOD, asked=(asked, SOON, LATER))


def test_one_answer_or_notice_each_an_empty_queue_and_a_quiet_minute_are_what_was_promised() -> (
    None
):
    assert violations(GOOD) == []
    assert "VIOLATED" not in report(GOOD)


@pytest.mark.parametrize(
    ("verdict", "column"),
    [
        (Verdict.DOUBLED, "both"),
        (Verdict.WINDOW, "both"),
        (Verdict.LOST, "missing"),
        (Verdict.NOT_ACCEPTED, "missing"),
        (Verdict.HALF_FINISHED, "half-finished"),
        (Verdict.STUCK, "stuck"),
    ],
)
def test_a_question_without_exactly_one_answer_or_notice_is_a_violation(
    verdict: Verdict, column: str
) -> None:
    assert violations(judged(Verdict.ANSWERED, verdict)) == [f"during: 1 {column}"]


def test_every_verdict_has_one_column() -> None:
    for verdict in Verdict:
        asked = judged(verdict).asked[0]
        assert sum(asked.number(column) for column in COLUMNS) == 1


def test_a_question_that_nobody_judged_is_a_violation() -> None:
    fewer = replace(DURING, count=7)
    assert violations(replace(GOOD, asked=(fewer, SOON, LATER))) == ["during: 6 judged of 7 asked"]


@pytest.mark.parametrize("place", [1, 2])
def test_after_the_outage_a_notice_is_no_answer(place: int) -> None:
    asked = list(GOOD.asked)
    count = asked[place].count
    verdicts = Counter({Verdict.ANSWERED: count - 1, Verdict.NOTICED: 1})
    asked[place] = replace(asked[place], verdicts=verdicts)
    [found] = violations(replace(GOOD, asked=tuple(asked)))
    assert found == f"{asked[place].when}: 1 got a notice instead of an answer"


@pytest.mark.parametrize("how", ["503", "silent", "refused"])
def test_a_run_in_which_gemini_did_not_fail_in_every_way_proves_nothing(how: str) -> None:
    [found] = violations(replace(GOOD, failures=GOOD.failures - Counter({how: 9})))
    assert f"never failed like this: {how}" in found


@pytest.mark.parametrize(
    ("broken", "said"),
    [
        (replace(GOOD, emptied_after_s=None), "the queue was not empty 150 s after the end"),
        (replace(GOOD, unexplained=1), "1 dead letters without a notice"),
        (replace(GOOD, unsettled="2 events are not acked"), "not settled: 2 events"),
        (replace(GOOD, quiet=replace(QUIET, old_pushes=1)), "1 pushes of old questions"),
        (replace(GOOD, quiet=replace(QUIET, old_requests=1)), "1 Gemini requests for old"),
        (replace(GOOD, quiet=replace(QUIET, new_refused_pushes=1)), "1 pushes of new questions"),
    ],
)
def test_whatever_goes_on_after_the_outage_is_a_violation(broken: Outcome, said: str) -> None:
    [found] = violations(broken)
    assert said in found
    assert f"VIOLATED: {found}" in report(broken)


@pytest.mark.parametrize(
    "models",
    [
        pytest.param(Counter[str](), id="nobody was asked: from a cache, or not at all"),
        pytest.param(Counter({MODEL: 4}), id="one was asked for twice"),
        pytest.param(Counter({MODEL: 2, "gemini-3.5-flash-lite": 1}), id="the breaker is open"),
    ],
)
def test_each_new_question_takes_one_request_to_the_main_model(models: Counter[str]) -> None:
    [found] = violations(replace(GOOD, quiet=replace(QUIET, new_models=models)))
    assert found.startswith("3 new questions took Gemini requests: ")


def test_the_report_ends_with_the_way_of_what_went_wrong() -> None:
    assert report(replace(GOOD, stories=("LOST: q0001",))).endswith("\nLOST: q0001")


def test_only_pushes_of_the_given_tasks_after_that_moment_count() -> None:
    times = iter([1.0, 2.0, 3.0, 4.0])
    journal = Journal(clock=lambda: next(times))
    journal.record("pubsub", "push", ["task:old"])
    journal.record("pubsub", "push", ["task:new"])
    journal.record("gemini", "request", ["task:old"])
    late = journal.record("pubsub", "push", ["message:1", "task:old"])
    assert pushed(journal.entries(), ["task:old"], since=1.0) == [late]
    assert len(pushed(journal.entries(), ["task:old"], since=0.5)) == 2


def test_failures_are_told_apart_by_what_the_processor_logged() -> None:
    refused = "Gemini could not be reached (ClientConnectorError)."
    lines = [
        {"action": "model_attempt_failed", "reason": "model_silent", "why": "Gemini fell silent."},
        {
            "action": "model_attempt_failed",
            "reason": "r",
            "why": "Gemini answered 503 UNAVAILABLE.",
        },
        {"action": "model_attempt_failed", "reason": "r", "why": refused},
        {"action": "model_attempt_failed", "reason": "r", "why": "Something else."},
        {"action": "task_handed_back", "reason": "r", "why": refused},
    ]
    found = failures_in(json.dumps(line) for line in lines)
    assert found == Counter({"silent": 1, "503": 1, "refused": 1, "Something else.": 1})
