"""The table in docs/architecture.md: lease, push back-off and attempts fit together."""

from collections.abc import Sequence

import pytest

from processor_service.redis_keys import LEASE_RENEW_EVERY_S, LEASE_TTL_S
from processor_service.settings import ProcessorSettings
from simulators.provisioning import DeliveryRules
from simulators.pubsub.retry import RetrySchedule

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
