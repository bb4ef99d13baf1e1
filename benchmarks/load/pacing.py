"""When one of the load's people asks, and how many people there are."""

import random
from dataclasses import dataclass
from typing import Final

# One person asks once in ten seconds; more people make a higher rate.
EVERY_S: Final = 10.0
_OPENING_S: Final = 35.0
_OPENING_TIMES: Final = 2


@dataclass(frozen=True)
class Crowd:
    """A steady rate, in questions a second, for some seconds.

    With ``bursts``, three times as many ask in the last six seconds of each minute. With an
    ``opening``, it begins with twice as many people as the rate needs, who all ask in the same
    moment, every ten seconds for half a minute: more at once than ever after, so that what a
    service keeps of its busiest moment (connections, above all) is no growth later on.
    """

    rate: float
    seconds: float
    bursts: bool
    opening: bool

    def people(self, ran_s: float) -> int | None:
        """How many there are by then; None when all is over."""
        if ran_s > self.seconds:
            return None
        return max(1, round(self.rate * self._times(ran_s) * EVERY_S))

    def wait_together_s(self, ran_s: float) -> float | None:
        """Seconds until the opening's next moment; None when people ask one by one."""
        if not self.opening or ran_s >= _OPENING_S:
            return None
        return EVERY_S - ran_s % EVERY_S

    def _times(self, ran_s: float) -> int:
        if self.opening and ran_s < _OPENING_S:
            return _OPENING_TIMES
        return 3 if self.bursts and ran_s % 60 > 54 else 1


class Turns:
    """Every ``every_s`` seconds from a random moment on: people who join together spread out.

    A turn that an answer made late is taken at once, and the later ones follow it: nothing is made
    up for. Times are those of one clock, in seconds.
    """

    def __init__(self, every_s: float, joined_at: float) -> None:
        self._every_s = every_s
        self._next_at = joined_at + random.uniform(0, every_s)  # noqa: S311 - load needs no secrecy

    def wait_s(self, now: float) -> float:
        """Seconds from ``now`` until the next turn, which is thereby taken."""
        turn_at = max(self._next_at, now)
        self._next_at = turn_at + self._every_s
        return turn_at - now
