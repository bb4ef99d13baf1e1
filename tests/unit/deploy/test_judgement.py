"""When a version is good, bad, or not to be judged yet."""

import pytest

from deploy.canary.judgement import Judgement, Observed, Verdict, chance, eased, judge
from deploy.objectives import ROLLBACK


def judged(
    judged: int, failed: int = 0, handed_back: int = 0, p95_s: float | None = 1.0
) -> Verdict:
    return judge(Observed(judged, failed, handed_back, p95_s), ROLLBACK, at_least=50).verdict


@pytest.mark.parametrize(
    ("questions", "failed", "verdict"),
    [
        (100, 0, Verdict.GOOD),
        # The plan says: more than 1 %.
        (100, 1, Verdict.GOOD),
        (100, 2, Verdict.BAD),
        (49, 1, Verdict.TOO_FEW),
        (0, 0, Verdict.TOO_FEW),
        # So many of so few are no accident at 1 %.
        (2, 2, Verdict.BAD),
        (10, 2, Verdict.TOO_FEW),
        (20, 3, Verdict.TOO_FEW),
        (20, 4, Verdict.BAD),
    ],
)
def test_failures_are_judged_by_rate_and_before_by_certainty(
    questions: int, failed: int, verdict: Verdict
) -> None:
    assert judged(questions, failed) is verdict


def test_latency_is_judged_when_there_is_enough_of_it() -> None:
    assert judged(50, p95_s=5.0) is Verdict.GOOD
    assert judged(50, p95_s=5.1) is Verdict.BAD
    assert judged(49, p95_s=60.0) is Verdict.TOO_FEW
    assert judged(50, p95_s=None) is Verdict.GOOD


def test_a_version_that_hands_everything_back_is_bad_although_nothing_has_failed() -> None:
    assert judged(0, handed_back=50, p95_s=None) is Verdict.BAD
    assert judged(96, handed_back=4) is Verdict.GOOD


def test_a_hotfix_in_an_outage_may_answer_late_what_has_waited_for_it() -> None:
    outage = Observed(judged=0, failed=0, handed_back=40, latency_p95_s=None)
    afterwards = Observed(judged=60, failed=0, handed_back=2, latency_p95_s=600.0)
    assert judge(afterwards, eased(ROLLBACK, outage), at_least=20) == Judgement(Verdict.GOOD)
    a_good_day = Observed(judged=60, failed=0, handed_back=0, latency_p95_s=1.0)
    assert judge(afterwards, eased(ROLLBACK, a_good_day), at_least=20).verdict is Verdict.BAD


def test_every_broken_limit_is_told() -> None:
    judgement = judge(Observed(90, 9, 10, 8.0), ROLLBACK, at_least=50)
    assert judgement == Judgement(
        Verdict.BAD,
        ("error rate 10.00% > 1%", "handed back 10.00% > 5%", "p95 8.00 s > 5 s"),
    )


def test_the_chance_of_failures_is_the_binomial_tail() -> None:
    assert chance(0, 10, 0.01) == 1.0
    assert chance(1, 1, 0.01) == pytest.approx(0.01)
    assert chance(2, 2, 0.01) == pytest.approx(0.0001)
    assert chance(1, 100, 0.01) == pytest.approx(1 - 0.99**100)
