import pytest

from processor_service.resilience.circuit_breaker import (
    FIRST_OPEN_S,
    LONGEST_OPEN_S,
    MINIMUM,
    WINDOW_S,
    Call,
    CircuitBreaker,
)


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def a_breaker(clock: Clock) -> CircuitBreaker:
    return CircuitBreaker("model", clock=clock)


def taken(breaker: CircuitBreaker) -> Call:
    call = breaker.try_acquire()
    assert call is not None
    return call


def opened(clock: Clock) -> CircuitBreaker:
    breaker = a_breaker(clock)
    for _ in range(MINIMUM):
        taken(breaker).failed()
    assert breaker.is_open
    return breaker


def test_a_few_failures_in_a_row_are_a_hiccup() -> None:
    breaker = a_breaker(Clock())
    for _ in range(MINIMUM - 1):
        taken(breaker).failed()
    assert breaker.wait_s() == 0


def test_when_nearly_every_call_fails_it_opens_for_about_a_second() -> None:
    breaker = opened(Clock())
    assert breaker.try_acquire() is None
    assert breaker.wait_s() == FIRST_OPEN_S == 1.0


@pytest.mark.parametrize("answers_after_s", [0.3, 3.0])
def test_a_burst_in_which_each_question_fails_once_never_opens_it(answers_after_s: float) -> None:
    clock = Clock()
    breaker = a_breaker(clock)
    second_calls: list[tuple[float, Call]] = []
    for _ in range(20 * 30):
        clock.now += 0.05
        taken(breaker).failed()
        second_calls.append((clock.now + answers_after_s, taken(breaker)))
        while second_calls[0][0] <= clock.now:
            second_calls.pop(0)[1].succeeded()
    assert not breaker.is_open


def test_failures_of_long_ago_do_not_count() -> None:
    clock = Clock()
    breaker = a_breaker(clock)
    for _ in range(10 * MINIMUM):
        taken(breaker).failed()
        clock.now += WINDOW_S / (MINIMUM - 2)
    assert not breaker.is_open


def test_calls_that_hang_open_it_once_they_are_given_up() -> None:
    clock = Clock()
    breaker = a_breaker(clock)
    calls = [taken(breaker) for _ in range(MINIMUM)]
    clock.now += 55.0
    for call in calls:
        call.failed()
    assert breaker.is_open


def test_a_call_that_hangs_counts_as_under_way_for_no_longer_than_the_window() -> None:
    clock = Clock()
    breaker = a_breaker(clock)
    first = taken(breaker)
    for _ in range(MINIMUM):
        taken(breaker)
    clock.now += WINDOW_S
    first.failed()
    clock.now += 1.0
    for _ in range(MINIMUM - 1):
        taken(breaker).failed()
    assert breaker.is_open


def test_an_answer_that_breaks_off_after_it_began_counts_once_as_failed() -> None:
    breaker = a_breaker(Clock())
    for _ in range(MINIMUM):
        call = taken(breaker)
        call.succeeded()
        call.failed()
    assert breaker.is_open


def test_after_its_time_one_probe_passes_and_the_others_wait_for_it() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += FIRST_OPEN_S
    probe = taken(breaker)
    assert breaker.try_acquire() is None
    probe.succeeded()
    assert breaker.try_acquire() is not None
    assert breaker.try_acquire() is not None


def test_each_failed_probe_doubles_the_time_up_to_a_bound() -> None:
    clock = Clock()
    breaker = opened(clock)
    waits = []
    for _ in range(5):
        clock.now += breaker.wait_s()
        taken(breaker).failed()
        waits.append(breaker.wait_s())
    assert waits == [2.0, 4.0, LONGEST_OPEN_S, LONGEST_OPEN_S, LONGEST_OPEN_S]


def test_calls_from_before_it_opened_prolong_nothing() -> None:
    clock = Clock()
    breaker = a_breaker(clock)
    late = [taken(breaker) for _ in range(3)]
    for _ in range(4 * MINIMUM):
        if (call := breaker.try_acquire()) is not None:
            call.failed()
    assert breaker.is_open
    clock.now += FIRST_OPEN_S / 2
    for call in late:
        call.failed()
    assert breaker.wait_s() == FIRST_OPEN_S / 2


def test_a_probe_that_never_reports_does_not_close_the_way_for_ever() -> None:
    clock = Clock()
    breaker = opened(clock)
    clock.now += FIRST_OPEN_S
    taken(breaker)
    clock.now += FIRST_OPEN_S
    assert breaker.try_acquire() is not None
