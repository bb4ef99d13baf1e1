"""For each fault the right alert fires, and only that: at 2 questions an hour as at 20 a second."""

import re
from typing import Final

import pytest

from shared.telemetry import metrics
from shared.telemetry.instruments import Instrument
from tests.support.played_traffic import (
    BUSY_PER_HOUR,
    QUIET_PER_HOUR,
    Fault,
    Traffic,
    everything_fails,
    first_model_gone,
    gemini_away,
    processor_breaks,
    processor_dead,
    queue_away,
    redis_away,
    slack_away,
    slack_denies,
    slow,
    well,
)
from tests.support.raised_alerts import by_metrics

QUIET, TEAM, BUSY = QUIET_PER_HOUR, 12.0, BUSY_PER_HOUR
AFTERWARDS: Final = 20
WAITING = {"oldest-unacked"}
CROWD = {"oldest-unacked", "queue-backlog"}


def test_a_processor_that_dies_after_an_answer_is_told_too() -> None:
    traffic = Traffic(QUIET)
    traffic.play(300)
    traffic.until_a_question()
    traffic.play(1)
    since = traffic.now
    traffic.play(1, lambda played, _questions: processor_dead(played, 1))
    traffic.play(20, lambda played, _questions: processor_dead(played, 0))
    assert by_metrics(traffic.store, since, traffic.now) == {"bot-is-silent"} | WAITING


def alerts(per_hour: float, fault: Fault, minutes: int, *, synthetic: bool = False) -> set[str]:
    """What ``fault`` raises that begins with a question, and the minutes behind it."""
    traffic = Traffic(per_hour, synthetic=synthetic)
    traffic.play(420 if per_hour < 60 else 75)
    traffic.until_a_question()
    since = traffic.now
    traffic.play(minutes, fault)
    traffic.play(AFTERWARDS)
    return by_metrics(traffic.store, since, traffic.now)


@pytest.mark.parametrize(
    ("per_hour", "fault", "minutes", "expected"),
    [
        (QUIET, slack_away, 10, {"socket-down"}),
        (BUSY, slack_away, 10, {"socket-down"}),
        (QUIET, slack_denies, 10, {"slack-token-denied"}),
        (BUSY, slack_denies, 10, {"slack-token-denied"}),
        (QUIET, queue_away, 10, {"pubsub-unreachable"}),
        (BUSY, queue_away, 10, {"pubsub-unreachable"}),
        (QUIET, processor_dead, 30, {"bot-is-silent"} | WAITING),
        (BUSY, processor_dead, 30, {"bot-is-silent"} | CROWD),
        (QUIET, processor_breaks, 30, {"bot-is-silent"} | WAITING),
        (QUIET, gemini_away, 10, {"gemini-down"} | WAITING),
        (BUSY, gemini_away, 10, {"gemini-down"} | CROWD),
        (QUIET, first_model_gone, 70, {"gemini-down"}),
        (BUSY, first_model_gone, 10, {"gemini-down"}),
        (BUSY, redis_away, 5, {"redis-lost"}),
        (QUIET, everything_fails, 180, {"high-error-rate"}),
        (TEAM, everything_fails, 15, {"high-error-rate"}),
        (BUSY, everything_fails, 10, {"high-error-rate"}),
        (TEAM, slow, 60, {"high-latency"}),
        (BUSY, slow, 25, {"high-latency"}),
    ],
)
def test_a_fault_raises_its_alert_and_no_other(
    per_hour: float, fault: Fault, minutes: int, expected: set[str]
) -> None:
    assert alerts(per_hour, fault, minutes) == expected


@pytest.mark.parametrize("per_hour", [QUIET, BUSY])
@pytest.mark.parametrize(
    ("fault", "minutes", "expected"),
    [
        (slack_away, 10, {"socket-down"}),
        (gemini_away, 10, {"gemini-down", "oldest-unacked"}),
        # It stays away; of two questions an hour the second one tells it.
        (first_model_gone, 35, {"gemini-down"}),
        (redis_away, 5, {"redis-lost"}),
    ],
)
def test_a_vendor_that_is_away_raises_its_alert_and_no_other_as_it_is_deployed(
    per_hour: float, fault: Fault, minutes: int, expected: set[str]
) -> None:
    """With synthetic questions, by which a processor is there all the time."""
    is_crowded = per_hour == BUSY and fault is gemini_away
    raised = alerts(per_hour, fault, minutes, synthetic=True)
    assert raised == expected | ({"queue-backlog"} if is_crowded else set())


def test_without_synthetic_questions_two_an_hour_do_not_tell_that_redis_is_lost() -> None:
    """Each finds a new processor, whose first ten minutes do not count; its answer comes."""
    assert alerts(QUIET, redis_away, 60) == set()


@pytest.mark.parametrize(
    ("per_hour", "fault", "minutes"),
    [
        (QUIET, well, 60),
        (BUSY, well, 60),
        (0.01, well, 60),
        # One of two in an hour is no statement about a service.
        (QUIET, everything_fails, 1),
        (QUIET, slow, 1),
        # A processor that has just started does not reach its network yet.
        (QUIET, redis_away, 1),
        # Slack exchanges a socket; a point falls in between.
        (BUSY, redis_away, 1),
        (BUSY, slack_away, 1),
        (BUSY, queue_away, 1),
        (BUSY, gemini_away, 1),
    ],
)
def test_a_good_day_and_a_hiccup_raise_none(per_hour: float, fault: Fault, minutes: int) -> None:
    assert alerts(per_hour, fault, minutes) == set()


@pytest.mark.parametrize(
    ("fault", "minutes", "expected"),
    [
        (well, 60, set()),
        (processor_dead, 25, {"synthetic-question", "bot-is-silent"} | WAITING),
        (queue_away, 20, {"pubsub-unreachable"}),
        (slack_away, 20, {"socket-down"}),
        (slack_denies, 20, {"slack-token-denied"}),
    ],
)
def test_an_outage_is_told_although_nobody_asks(
    fault: Fault, minutes: int, expected: set[str]
) -> None:
    """By synthetic questions, of which one every five minutes goes the way of a person's."""
    traffic = Traffic(0.0, synthetic=True)
    traffic.play(90)
    since = traffic.now
    traffic.play(minutes, fault)
    traffic.play(AFTERWARDS)
    assert by_metrics(traffic.store, since, traffic.now) == expected


@pytest.mark.parametrize(
    "fault",
    [
        well,
        slack_away,
        slack_denies,
        queue_away,
        processor_breaks,
        gemini_away,
        first_model_gone,
        redis_away,
        everything_fails,
        slow,
    ],
)
def test_what_is_played_has_the_labels_of_what_the_services_measure(fault: Fault) -> None:
    declared = {
        one.name: set(one.labels) for one in vars(metrics).values() if isinstance(one, Instrument)
    }
    traffic = Traffic(BUSY_PER_HOUR, synthetic=True)
    traffic.play(6)
    traffic.play(3, fault)
    for series in traffic.store:
        name = re.sub("_(bucket|count)$", "", series.labels["__name__"])
        if name.startswith("mechachang_"):
            assert series.labels["job"] in {"command-service", "processor-service"}
            assert series.labels.keys() - {"__name__", "job", "instance", "le"} == declared[name]
