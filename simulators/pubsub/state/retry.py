"""When a message that was not acknowledged is delivered again."""

import random
from dataclasses import dataclass

from simulators.pubsub.config import PubSubConfig
from simulators.pubsub.wire import Proto, seconds


@dataclass(frozen=True)
class RetrySchedule:
    """Delays that double from ``minimum_s`` up to ``maximum_s``, in simulated seconds."""

    minimum_s: float
    maximum_s: float
    jitter: float = 0.0

    def delay_s(self, attempts: int) -> float:
        """The wait after the ``attempts``-th failed delivery, never outside the bounds."""
        # A power beyond 2 ** 60 would overflow and is far above any permitted maximum.
        doubled = self.minimum_s * 2.0 ** min(attempts - 1, 60)
        shaken = doubled * random.uniform(1 - self.jitter, 1 + self.jitter)
        return min(self.maximum_s, max(self.minimum_s, shaken))


def schedule_of(subscription: Proto, config: PubSubConfig) -> RetrySchedule:
    """The subscription's retry policy, or steady immediate redelivery if it has none.

    Immediate means ``immediate_retry_s``: a floor, because a handler that fails at once would
    otherwise be called as fast as the machine can.
    """
    if not subscription.HasField("retry_policy"):
        return RetrySchedule(config.immediate_retry_s, config.immediate_retry_s)
    policy = subscription.retry_policy
    floor = config.immediate_retry_s
    return RetrySchedule(
        minimum_s=max(floor, seconds(policy.minimum_backoff)),
        maximum_s=max(floor, seconds(policy.maximum_backoff)),
        jitter=config.jitter,
    )
