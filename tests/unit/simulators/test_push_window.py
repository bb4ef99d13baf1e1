"""Pub/Sub's slow start: how many pushes may be under way after how many were acknowledged."""

from simulators.pubsub.delivery.window import PushWindow
from tests.support.workbenches.slack import Clock


def test_a_window_doubles_with_each_round_that_is_acknowledged_up_to_its_most() -> None:
    window, sizes = PushWindow(first=5, most=30, kept_s=3600.0, clock=Clock()), []
    for _ in range(5):
        sizes.append(window.size)
        for _ in range(window.size):
            window.taken()
    assert sizes == [5, 10, 20, 30, 30]


def test_after_a_quiet_hour_it_begins_anew_and_a_single_push_keeps_it() -> None:
    clock = Clock()
    window = PushWindow(first=2, most=100, kept_s=3600.0, clock=clock)
    for _ in range(8):
        window.taken()
    clock.now += 3599.0
    assert window.size == 10
    window.sent()
    clock.now += 3599.0
    assert window.size == 10
    clock.now += 1.0
    window.sent()
    assert window.size == 2


def test_without_a_first_window_all_of_it_is_there_at_once() -> None:
    clock = Clock()
    window = PushWindow(first=None, most=1000, kept_s=3600.0, clock=clock)
    clock.now += 7200.0
    assert window.size == 1000
