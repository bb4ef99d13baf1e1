"""How much one person may send us, before any of it is queued or asked of Slack."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

GENEROSITY: Final = 3
"""So many times what a person may ask in a minute is passed on: the processor counts exactly, for
all instances, and refuses with a notice. What is beyond costs nobody a message in the queue.
"""
PRESSES_PER_MINUTE: Final = 30
"""How many votes and stops of one person are passed on."""

_TELL_EVERY_S: Final = 60.0
# Slack delivers an event up to four times, a mention may come as two events, and a click is looked
# at twice, before its question is read and after.
_PASSES_OF_A_TASK: Final = 8
_PEOPLE: Final = 10_000


@dataclass
class _Bucket:
    left: float
    at: float
    told_at: float = float("-inf")


class PerUserThrottle:
    """A token bucket a person, in memory: ``per_minute`` at once, and as many again in a minute; 0:
    no bound.

    What is refused takes nothing, so that asking on does not prolong it.
    """

    def __init__(self, per_minute: int = 0, clock: Callable[[], float] = time.monotonic) -> None:
        self._per_minute = per_minute
        self._clock = clock
        self._buckets: OrderedDict[str, _Bucket] = OrderedDict()
        self._passed: OrderedDict[str, int] = OrderedDict()

    def try_acquire(self, user_id: str, task_id: str) -> bool:
        """Whether the person may send this. A task that passed once passes again when it comes
        again, as Slack does that.
        """
        if self._per_minute == 0:
            return True
        passes = self._passed.get(task_id, 0)
        if not 0 < passes < _PASSES_OF_A_TASK:
            bucket = self._bucket(user_id)
            if bucket.left < 1:
                return False
            bucket.left -= 1
        self._passed[task_id] = passes + 1
        if len(self._passed) > _PEOPLE:
            self._passed.popitem(last=False)
        return True

    def may_tell(self, user_id: str) -> bool:
        """Whether the person is told of a refusal now: once in a minute."""
        bucket, now = self._bucket(user_id), self._clock()
        if now - bucket.told_at < _TELL_EVERY_S:
            return False
        bucket.told_at = now
        return True

    def _bucket(self, user_id: str) -> _Bucket:
        now = self._clock()
        bucket = self._buckets.pop(user_id, None) or _Bucket(self._per_minute, now)
        refilled = bucket.left + (now - bucket.at) * self._per_minute / 60
        bucket.left, bucket.at = min(self._per_minute, refilled), now
        self._buckets[user_id] = bucket
        if len(self._buckets) > _PEOPLE:
            self._buckets.popitem(last=False)
        return bucket


class Pace:
    """One turn a key in ``every_s`` seconds; the last ``capacity`` keys are remembered."""

    def __init__(
        self,
        every_s: float,
        capacity: int = 10_000,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.every_s = every_s
        self._capacity = capacity
        self._clock = clock
        self._taken: OrderedDict[str, float] = OrderedDict()

    def take(self, key: str) -> bool:
        """Whether it is the key's turn again; if so, that turn is taken."""
        now = self._clock()
        if now - self._taken.get(key, float("-inf")) < self.every_s:
            return False
        self._taken[key] = now
        self._taken.move_to_end(key)
        if len(self._taken) > self._capacity:
            self._taken.popitem(last=False)
        return True
