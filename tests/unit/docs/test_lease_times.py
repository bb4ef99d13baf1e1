"""The table in docs/architecture.md: lease, push back-off and attempts fit together."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import pytest
import yaml

from processor_service.answering.admit import ATTEMPTS, BACK_OFF_S, Delivery
from processor_service.answering.answer import MOST_DEATHS
from processor_service.redis.keys import LEASE_RENEW_EVERY_S, LEASE_TTL_S
from processor_service.resilience.circuit_breaker import LONGEST_OPEN_S
from processor_service.resilience.outage_wait import HOLD_S, MOST_KEPT
from processor_service.resilience.run_leased import SHARE_OF_WAITING
from processor_service.settings import ProcessorSettings
from simulators.pubsub.state.retry import RetrySchedule
from simulators.stack.provisioning import DeliveryRules

RULES = DeliveryRules()
BACK_OFF = RetrySchedule(RULES.min_backoff_s, RULES.max_backoff_s)


@dataclass(frozen=True)
class Way:
    """The way of a task whose workers are killed: its deliveries, and its last worker's beginning
    after the last death.
    """

    deliveries: int
    begun_after_s: float


def way_of(kills_after_s: Sequence[float], closed_s: float = 0.0) -> Way:
    """The way of a task whose first workers are killed so long after they began; for ``closed_s``
    after each death no worker takes a delivery.

    The worst case: each was killed right after a renewal.
    """
    kills, now, died_at, deliveries = list(kills_after_s), 0.0, float("-inf"), 0
    while True:
        deliveries += 1
        if now >= died_at + closed_s:
            # It waits for the lease.
            now = max(now, died_at + LEASE_TTL_S)
            if not kills:
                return Way(deliveries, now - died_at)
            now += kills.pop(0)
            died_at = now
        now += BACK_OFF.delay_s(deliveries)


@pytest.mark.parametrize("kills", [[0.0], [250.0], [0.0, 0.0], [3.0, 120.0], [0.0, 0.0, 0.0]])
@pytest.mark.parametrize("closed_s", [0.0, 5.0])
def test_killed_workers_in_a_row_never_send_their_task_to_the_dead_letters(
    kills: list[float], closed_s: float
) -> None:
    assert way_of(kills, closed_s).deliveries <= RULES.max_delivery_attempts


@pytest.mark.parametrize("kills", [[0.0], [250.0], [0.0, 0.0]])
def test_while_another_worker_is_there_each_death_takes_one_delivery_and_a_leases_time(
    kills: list[float],
) -> None:
    way = way_of(kills)
    assert way.deliveries == len(kills) + 1
    assert way.begun_after_s == LEASE_TTL_S


def test_after_a_death_an_answer_that_takes_three_seconds_is_complete_within_twelve() -> None:
    assert way_of([0.0]).begun_after_s + 3.0 + 1.5 <= 12.0
    # The only processor, which starts again.
    assert way_of([0.0], closed_s=5.0).begun_after_s + 3.0 + 1.5 <= 15.0


def test_slack_may_be_away_for_two_minutes_before_a_question_is_given_up() -> None:
    pauses_s = sum(BACK_OFF.delay_s(number) for number in range(1, RULES.max_delivery_attempts))
    assert pauses_s >= 120.0


def test_the_worker_knows_how_often_a_task_is_delivered() -> None:
    assert RULES.max_delivery_attempts == ATTEMPTS
    assert (RULES.min_backoff_s, RULES.max_backoff_s) == BACK_OFF_S


def test_who_is_told_that_a_question_is_kept_hears_of_it_in_the_time_named_there() -> None:
    pauses_s = [BACK_OFF.delay_s(number) for number in range(1, ATTEMPTS)]
    assert Delivery("m1").told_within_s == ATTEMPTS * HOLD_S + sum(pauses_s)
    assert Delivery("m1", attempt=ATTEMPTS).told_within_s == HOLD_S


def test_a_task_that_kills_its_workers_is_given_up_before_it_is_a_dead_letter() -> None:
    assert 2 < MOST_DEATHS < ATTEMPTS


def test_a_delivery_that_waits_for_a_lease_outlasts_it_and_has_time_left_to_answer() -> None:
    deadline_s = ProcessorSettings.model_fields["task_deadline_seconds"].default
    assert SHARE_OF_WAITING * deadline_s > LEASE_TTL_S
    assert (1 - SHARE_OF_WAITING) * deadline_s > HOLD_S


def test_a_lease_survives_two_renewals_that_fail() -> None:
    assert 3 * LEASE_RENEW_EVERY_S <= LEASE_TTL_S


def test_the_whole_task_fits_into_the_ack_deadline() -> None:
    deadline_s = ProcessorSettings.model_fields["task_deadline_seconds"].default
    assert deadline_s < RULES.ack_deadline_s


def test_who_waits_for_a_circuit_is_answered_within_15_s_of_geminis_return() -> None:
    waits_s = 1.2 * LONGEST_OPEN_S
    assert 2 * waits_s + 5.0 <= 15.0


def test_a_minutes_outage_ends_in_the_delivery_that_it_began_in() -> None:
    assert 60.0 + LONGEST_OPEN_S <= HOLD_S


def test_a_kept_question_that_ends_with_silence_of_both_models_meets_its_deadline() -> None:
    fields = ProcessorSettings.model_fields
    silence_s = fields["gemini_timeout"].default / 1000
    assert HOLD_S + 2 * silence_s < fields["task_deadline_seconds"].default


def test_an_instance_never_keeps_as_many_questions_as_it_takes_requests() -> None:
    written = Path(__file__).parents[3] / "deploy" / "processor-service.yaml"
    service = yaml.safe_load(written.read_text(encoding="utf-8"))
    assert service["spec"]["template"]["spec"]["containerConcurrency"] >= MOST_KEPT + 10
