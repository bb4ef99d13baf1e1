"""A throttle on one user's requests, before any of them is queued or looked up in Slack."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from shared.bounded import BoundedMap

GENEROSITY: Final = 3
"""This multiple of a user's limit per minute passes: the processor counts exactly, for all
instances, and refuses with a notice. The excess is dropped here, before it costs a message in the
queue.
"""
PRESSES_PER_MINUTE: Final = 30
"""Votes, stops and shares of one user that pass in a minute."""
REMARKS_PER_MINUTE: Final = 30
"""Messages of one user that are passed on in a minute from threads where we have answered."""

_TELL_EVERY_S: Final = 60.0
# Slack delivers an event up to four times, a mention may come as two events, and a click is checked
# twice, before its question is read and after.
_PASSES_OF_A_TASK: Final = 8
_PEOPLE: Final = 10_000


@dataclass
class _Bucket:
    left: float
    at: float


class PerUserThrottle:
    """A token bucket per user, in memory: ``per_minute`` at once, and as many again in a minute; 0:
    no bound.

    A refused request takes no token, so that further ones do not prolong the wait.
    """

    def __init__(self, per_minute: int, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: BoundedMap[str, _Bucket] = BoundedMap(_PEOPLE)
        self._passed: BoundedMap[str, int] = BoundedMap(_PEOPLE)
        self._told = Cooldown(_TELL_EVERY_S, _PEOPLE, clock)

    def try_acquire(self, user_id: str, task_id: str) -> bool:
        """Whether the user may send this. A task that passed once passes again when redelivered."""
        if self._per_minute == 0:
            return True
        passes = self._passed.get(task_id) or 0
        if not 0 < passes < _PASSES_OF_A_TASK:
            bucket = self._bucket(user_id)
            if bucket.left < 1:
                return False
            bucket.left -= 1
        self._passed.put(task_id, passes + 1)
        return True

    def may_tell(self, user_id: str) -> bool:
        """Whether to tell the user of a refusal now: once a minute."""
        return self._told.take(user_id)

    def _bucket(self, user_id: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.get(user_id) or _Bucket(self._per_minute, now)
        refilled = bucket.left + (now - bucket.at) * self._per_minute / 60
        bucket.left, bucket.at = min(self._per_minute, refilled), now
        return self._buckets.put(user_id, bucket)


class Cooldown:
    """Lets each key pass once in ``every_s`` seconds; the last ``capacity`` keys are remembered."""

    def __init__(
        self,
        every_s: float,
        capacity: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.every_s = every_s
        self._taken: BoundedMap[str, None] = BoundedMap(capacity, every_s, clock)

    def take(self, key: str) -> bool:
        """Whether the key passes now; if so, it does not pass again for ``every_s`` seconds."""
        if key in self._taken:
            return False
        self._taken.put(key, None)
        return True
