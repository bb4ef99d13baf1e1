"""What the drill of outages makes of a recording: which alerts stand in it."""

from simulators.prometheus.series import Store
from tests.drills.outages.recording import Recording
from tests.support.played_traffic import MINUTE, Traffic, redis_away, well
from tests.support.raised_alerts import by_log, by_metrics

A_QUESTION_EVERY_10_S = 360.0


def recorded(fault_minutes: int) -> tuple[Store, float]:
    """A minute without a fault, and some with it, of processes that have just started."""
    traffic = Traffic(A_QUESTION_EVERY_10_S)
    traffic.play(1, well)
    recording = Recording("http://localhost", traffic.store)
    recording.grow_up()
    traffic.play(fault_minutes, redis_away)
    traffic.play(1, well)
    return traffic.store, traffic.now


def test_an_outage_of_five_minutes_is_seen_in_processes_that_have_grown_up() -> None:
    store, now = recorded(5)
    Recording("http://localhost", store).stand_still(now)
    assert by_metrics(store, MINUTE, now + 20 * MINUTE) == {"redis-lost"}


def test_nothing_is_raised_before_its_time() -> None:
    store, now = recorded(1)
    assert by_metrics(store, MINUTE, now) == set()


def test_what_stands_still_raises_nothing_by_itself() -> None:
    store, now = recorded(0)
    Recording("http://localhost", store).stand_still(now)
    assert by_metrics(store, MINUTE, now + 20 * MINUTE) == set()


def test_an_entry_of_the_log_raises_its_alert() -> None:
    labels = {"service_name": "processor-service"}
    resource = {"type": "cloud_run_revision", "labels": labels}
    assert by_log([{"resource": resource, "jsonPayload": {"action": "task_finished"}}]) == set()
    assert by_log([{"resource": resource, "jsonPayload": {"action": "start_failed"}}]) == {
        "instance-dies"
    }
