"""How long a push subscription rests as a whole once its endpoint refuses messages.

Rules: cloud.google.com/pubsub/docs/push, "Push backoff": every message of the subscription waits,
for 100 ms to 60 s, growing exponentially with negative acknowledgements and missed deadlines; it
can't be switched off. By which steps it grows and shrinks is documented nowhere: here it doubles
with each refusal and halves with each acknowledgement.
"""

import time
from collections.abc import Callable
from typing import Final

SHORTEST_S: Final = 0.1
LONGEST_S: Final = 60.0


class PushBackoff:
    """The rest of one subscription, in the clock's seconds; ``speed`` shortens it."""

    def __init__(
        self, *, rests: bool, speed: float = 1.0, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._rests = rests
        self._speed = speed
        self._clock = clock
        self._delay_s = 0.0
        self._until = 0.0

    def refused(self) -> None:
        """A message was refused, or its deadline passed: nothing is sent for a while."""
        if self._rests:
            self._delay_s = min(LONGEST_S, max(SHORTEST_S, self._delay_s * 2))
            self._until = self._clock() + self._delay_s / self._speed

    def taken(self) -> None:
        """A message was acknowledged."""
        self._delay_s = self._delay_s / 2 if self._delay_s > SHORTEST_S else 0.0

    def wait_s(self) -> float:
        """Seconds until the next message may be sent."""
        return max(0.0, self._until - self._clock())
