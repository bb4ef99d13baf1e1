"""How the simulated Pub/Sub behaves where Google leaves the choice to itself."""

from dataclasses import dataclass


@dataclass(frozen=True)
class PubSubConfig:
    """The simulator's own settings; what a subscription says is never overridden by them.

    ``push_window``: requests to one push endpoint under way at once. ``first_window``: how many it
    begins with, and again after ``window_kept_s`` without a message; each acknowledgement then
    adds one, which doubles it with every round (Google: a small single-digit number; how long a
    window is kept is documented nowhere). None: all of it at once, so that tests of other things
    need not wait. ``push_backoff``: whether refusals let the whole subscription rest, as Google
    does (``delivery/backoff.py``); off for the same reason. ``immediate_retry_s``: the floor
    between two tries when a subscription has no retry policy (Google retries "as soon as
    possible"). ``jitter``: how far a back-off may be off, as a fraction, always within the
    policy's bounds. ``pull_wait_s``: how long an empty Pull waits before it answers with nothing.
    ``speed``: ack deadlines and back-offs pass this many times faster than they say, so that a
    test needs no real 10 s deadline; what is valid does not change. ``history``: how many
    messages a topic and push attempts a subscription remembers for inspection.
    """

    push_window: int = 1000
    first_window: int | None = None
    window_kept_s: float = 3600.0
    push_backoff: bool = False
    immediate_retry_s: float = 0.1
    jitter: float = 0.1
    pull_wait_s: float = 5.0
    speed: float = 1.0
    history: int = 50_000

    def real_s(self, simulated_s: float) -> float:
        """How long a deadline or back-off of ``simulated_s`` lasts on the wall clock."""
        return simulated_s / self.speed
