"""When a call is tried again, and after how long."""

from types import SimpleNamespace
from typing import Any

import pytest
from slack_sdk.errors import SlackApiError

from shared.errors import OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.retry import SETTLES_S, Retries, RetryPolicy, doubling, jittered, retry
from shared.slack.client import slack_error
from tests.support.fakes.processor.retrying import Naps

AWAY = SlackUnavailable("Away.")
LIMITED = SlackUnavailable("Limited.", retry_after_s=5.0)


class Call:
    """Fails with each of ``failures`` in turn, and succeeds then."""

    def __init__(self, *failures: Exception) -> None:
        self.failures = list(failures)
        self.made = 0

    async def __call__(self) -> str:
        self.made += 1
        if self.failures:
            raise self.failures.pop(0)
        return "done"


async def test_a_call_is_tried_until_it_succeeds() -> None:
    call, naps = Call(AWAY, AWAY), Naps()
    assert await retry(RetryPolicy(3, naps), (SlackUnavailable,), call) == "done"
    assert (call.made, len(naps.seconds)) == (3, 2)


async def test_the_last_failure_is_raised_as_it_is_and_not_slept_after() -> None:
    last = SlackUnavailable("The last.")
    call, naps = Call(AWAY, last), Naps()
    with pytest.raises(SlackUnavailable) as raised:
        await retry(RetryPolicy(2, naps), (SlackUnavailable,), call)
    assert raised.value is last
    assert (call.made, len(naps.seconds)) == (2, 1)


async def test_other_errors_are_not_tried_again() -> None:
    call, naps = Call(SlackRefused("No.", slack_error="no")), Naps()
    with pytest.raises(SlackRefused):
        await retry(RetryPolicy(3, naps), (SlackUnavailable,), call)
    assert (call.made, naps.seconds) == (1, [])


async def test_waits_that_were_asked_for_are_not_counted_where_that_is_wished() -> None:
    call, naps = Call(*[LIMITED] * 5), Naps()
    uncounted = RetryPolicy(2, naps, count_asked=False)
    assert await retry(uncounted, (SlackUnavailable,), call) == "done"
    assert (call.made, len(naps.seconds)) == (6, 5)


async def test_waits_that_were_asked_for_are_counted_otherwise() -> None:
    call = Call(*[LIMITED] * 5)
    with pytest.raises(SlackUnavailable):
        await retry(RetryPolicy(2, Naps()), (SlackUnavailable,), call)
    assert call.made == 2


async def test_no_wait_goes_beyond_the_end() -> None:
    now = 100.0
    naps = Naps()
    patience = RetryPolicy(9, naps, until=105.9, back_off=doubling(2.0, 60.0), clock=lambda: now)
    retries = Retries(patience)
    assert await retries.again(AWAY)
    assert await retries.again(AWAY)
    assert not await retries.again(AWAY), "8 s would end after it"
    assert naps.seconds == [2.0, 4.0]


async def test_what_does_not_count_is_bounded_by_time_alone() -> None:
    retries = Retries(RetryPolicy(1, Naps()))
    assert await retries.again(AWAY, counts=False)
    assert not await retries.again(AWAY)


def test_pauses_double_up_to_the_longest_however_many_attempts_there_were() -> None:
    pause_s = doubling(1.0, 30.0)
    assert [pause_s(attempt, None) for attempt in range(1, 8)] == [1, 2, 4, 8, 16, 30, 30]
    assert pause_s(5_000, None) == 30.0
    assert pause_s(1, LIMITED) == 5.0


def test_a_jittered_pause_is_anything_up_to_the_doubled_one() -> None:
    for attempt, highest in ((1, 0.5), (3, 2.0), (5_000, 20.0)):
        pauses = [jittered(attempt, AWAY) for _ in range(400)]
        assert 0 <= min(pauses) < highest / 4
        assert highest * 3 / 4 < max(pauses) <= highest


def test_who_was_asked_to_wait_waits_at_least_that_long_and_not_all_of_them_equally() -> None:
    pauses = [jittered(9, LIMITED) for _ in range(50)]
    assert 5.0 <= min(pauses) < max(pauses) <= 6.0


def test_a_wait_of_no_seconds_is_none_that_was_asked_for() -> None:
    at_once = SlackUnavailable("Limited.", retry_after_s=0.0)
    assert doubling(2.0, 2.0)(1, at_once) == 2.0
    assert max(jittered(9, at_once) for _ in range(50)) > 0


def test_a_call_of_unknown_outcome_is_left_time_to_have_its_effect() -> None:
    pauses = [jittered(1, OutcomeUnknown("Cut.")) for _ in range(50)]
    assert min(pauses) >= SETTLES_S
    assert max(pauses) <= SETTLES_S + 0.5


@pytest.mark.parametrize(
    ("header", "seconds"),
    [("30", 30.0), ("0.5", 0.5), ("nan", None), ("inf", None), ("-1", None), ("soon", None)],
)
def test_only_a_pause_that_can_be_waited_for_is_a_requested_delay(
    header: str, seconds: float | None
) -> None:
    limited: Any = SimpleNamespace(status_code=429, data={}, headers={"Retry-After": header})
    error = SlackApiError("limited", limited)  # type: ignore[no-untyped-call]  # the SDK's is untyped
    failure = slack_error(error, "users.info")
    assert isinstance(failure, SlackUnavailable)
    assert failure.retry_after_s == seconds
