"""When one of the load's people asks."""

import random


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
