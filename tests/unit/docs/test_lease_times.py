"""The table in docs/architecture.md: lease, push back-off and attempts fit together."""

from collections.abc import Sequence
from pathlib import Path

import pytest
import yaml

from processor_service.redis.keys import LEASE_RENEW_EVERY_S, LEASE_TTL_S
from processor_service.resilience.circuit_breaker import LONGEST_OPEN_S
from processor_service.resilience.outage_wait import HOLD_S, MOST_KEPT
from processor_service.settings import ProcessorSettings
from simulators.pubsub.state.retry import RetrySchedule
from simulators.stack.provisioning import DeliveryRules

RULES = DeliveryRules()
BACK_OFF = RetrySchedule(RULES.min_backoff_s, RULES.max_backoff_s)


def deliveries_until_answered(kills_after_s: Sequence[float]) -> int:
    """How many deliveries a task takes whose first workers are killed so long after they began.

    The worst case: each was killed right after a renewal, and Pub/Sub comes back as early as its
    back-off allows.
    """
    kills = list(kills_after_s)
    now, free_at, deliveries = 0.0, 0.0, 0
    while True:
        deliveries += 1
        if now >= free_at:
            if not kills:
                return deliveries
            now += kills.pop(0)
            free_at = now + LEASE_TTL_S
        now += BACK_OFF.delay_s(deliveries)


@pytest.mark.parametrize("kills", [[0.0], [250.0], [0.0, 0.0], [3.0, 120.0], [0.0, 0.0, 0.0]])
def test_killed_workers_in_a_row_never_send_their_task_to_the_dead_letters(
    kills: list[float],
) -> None:
    assert deliveries_until_answered(kills) <= RULES.max_delivery_attempts


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
