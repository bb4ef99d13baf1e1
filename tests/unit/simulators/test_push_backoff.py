"""Pub/Sub's push back-off: how long a whole subscription rests after how many refusals."""

from simulators.pubsub.delivery.backoff import PushBackoff
from tests.support.workbenches.slack import Clock


def test_each_refusal_doubles_the_rest_up_to_a_minute_and_each_acknowledgement_halves_it() -> None:
    clock = Clock()
    backoff, rests = PushBackoff(rests=True, clock=clock), []
    for _ in range(12):
        backoff.refused()
        rests.append(round(backoff.wait_s(), 1))
        clock.now += backoff.wait_s()
    assert rests[:4] == [0.1, 0.2, 0.4, 0.8]
    assert rests[-2:] == [60.0, 60.0]
    for _ in range(3):
        backoff.taken()
    assert backoff.wait_s() == 0.0
    backoff.refused()
    assert round(backoff.wait_s(), 1) == 15.0


def test_what_is_acknowledged_often_is_hardly_held_up() -> None:
    clock = Clock()
    backoff = PushBackoff(rests=True, clock=clock)
    for _ in range(20):
        backoff.refused()
        for _ in range(4):
            backoff.taken()
    assert round(backoff.wait_s(), 1) == 0.1


def test_it_is_off_unless_it_is_asked_for() -> None:
    backoff = PushBackoff(rests=False, clock=Clock())
    backoff.refused()
    assert backoff.wait_s() == 0.0
