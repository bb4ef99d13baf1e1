"""How many requests to a push endpoint may be under way: few at first, more with each ack.

Rules: cloud.google.com/pubsub/docs/push, "Push backoff and slow start".
"""

import time
from collections.abc import Callable


class PushWindow:
    """Grows from ``first`` to ``most``; without a request for ``kept_s`` it begins anew."""

    def __init__(
        self,
        first: int | None,
        most: int,
        kept_s: float,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._first = most if first is None else min(first, most)
        self._most = most
        self._kept_s = kept_s
        self._clock = clock
        self._size = self._first
        self._used_at = clock()

    @property
    def size(self) -> int:
        """How many may be under way now."""
        if self._clock() - self._used_at >= self._kept_s:
            self._size = self._first
        return self._size

    def sent(self) -> None:
        """A request begins."""
        self._size, self._used_at = self.size, self._clock()

    def taken(self) -> None:
        """A request was acknowledged: one more fits, so that all that is under way doubles it."""
        self._size, self._used_at = min(self.size + 1, self._most), self._clock()
