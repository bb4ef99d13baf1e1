"""A bound on what one person can set off: so often, and no more."""

import time
from collections import OrderedDict
from collections.abc import Callable


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
