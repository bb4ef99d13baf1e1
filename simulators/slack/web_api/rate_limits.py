"""Rate limits: so many calls of a method a minute, one message a second to a channel.

Tiers: docs.slack.dev/apis/web-api/rate-limits. Slack promises "20+ per minute" and allows bursts it
does not quantify; here the tier's number is what any 60 seconds hold, no more. A refusal blocks
only its method.
"""

import math
from collections import Counter, deque
from collections.abc import Callable
from enum import Enum

from simulators.slack.config import SlackConfig


class Tier(Enum):
    """How often a method may be called. ``SPECIAL`` ones are documented only as such."""

    ONE = 1
    TWO = 20
    THREE = 50
    FOUR = 100
    SPECIAL = 600
    POST = 0


class Window:
    """At most ``limit`` events in any ``seconds``."""

    def __init__(self, limit: int, clock: Callable[[], float], seconds: float = 60.0) -> None:
        self._limit = limit
        self._clock = clock
        self._seconds = seconds
        self._taken: deque[float] = deque()

    def wait_s(self) -> float:
        """Seconds until one more fits; 0 if it fits now."""
        now = self._clock()
        while self._taken and self._taken[0] <= now - self._seconds:
            self._taken.popleft()
        return 0.0 if len(self._taken) < self._limit else self._taken[0] + self._seconds - now

    def take(self) -> None:
        """Count one event."""
        self._taken.append(self._clock())


class Bucket:
    """``burst`` events at once, then ``per_second``."""

    def __init__(self, burst: float, per_second: float, clock: Callable[[], float]) -> None:
        self._burst = burst
        self._rate = per_second
        self._clock = clock
        self._tokens = burst
        self._at = clock()

    def wait_s(self) -> float:
        """Seconds until one more fits; 0 if it fits now."""
        now = self._clock()
        self._tokens = min(self._burst, self._tokens + (now - self._at) * self._rate)
        self._at = now
        return 0.0 if self._tokens >= 1 else (1 - self._tokens) / self._rate

    def take(self) -> None:
        """Count one event."""
        self._tokens -= 1


class RateLimits:
    """The limits of one app in one workspace, and how often each method was called."""

    def __init__(self, config: SlackConfig) -> None:
        self._config = config
        self.enabled = config.rate_limits
        self.calls: Counter[str] = Counter()
        self.refused: Counter[str] = Counter()
        self._windows: dict[str, Window] = {}
        self._channels: dict[str, Bucket] = {}

    def admit(self, method: str, tier: Tier, channel: str | None) -> int | None:
        """Count a call. Returns None, or the seconds to wait if it is one too many."""
        self.calls[method] += 1
        if not self.enabled:
            return None
        limits: list[Window | Bucket] = [self._window(method, tier)]
        if tier is Tier.POST and channel is not None:
            limits.append(self._channel(channel))
        wait_s = max(limit.wait_s() for limit in limits)
        if wait_s > 0:
            self.refused[method] += 1
            return max(1, math.ceil(wait_s))
        for limit in limits:
            limit.take()
        return None

    def _window(self, method: str, tier: Tier) -> Window:
        if method not in self._windows:
            limit = tier.value if tier is not Tier.POST else self._config.workspace_posts_per_minute
            scaled = max(1, int(limit * self._config.rate_limit_factor))
            self._windows[method] = Window(scaled, self._config.clock)
        return self._windows[method]

    def _channel(self, channel: str) -> Bucket:
        if channel not in self._channels:
            factor = self._config.rate_limit_factor
            burst = max(1.0, self._config.post_burst * factor)
            self._channels[channel] = Bucket(burst, factor, self._config.clock)
        return self._channels[channel]
