"""Waiting with a question while no model answers, instead of handing it back to Pub/Sub at once.

Pub/Sub's pauses grow to a minute and slow the whole subscription down; a waiting question is
answered seconds after Gemini is back.
"""

import asyncio
import random
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

from processor_service.resilience.circuit_breaker import CircuitBreaker
from processor_service.resilience.stopping import Stopping
from shared.background import until_any
from shared.errors import ModelUnavailable
from shared.retry import Sleep

# A minute's outage ends within the delivery that it began in, with room for the last pause.
HOLD_S: Final = 65.0
# Of the 80 requests that an instance takes at once (deploy/processor-service.yaml), so that some
# are left: a request refused at the door counts as a failed delivery.
MOST_KEPT: Final = 60
_PAUSE_S: Final = (1.0, 3.0)
_SPREAD: Final = 0.2
# A waiting question asks once one answer has come; all at once would be the next overload.
_BACK_WITHIN_S: Final = 2.0
# The vendor is away. Its wrong or empty answers would come again, and each costs.
AWAY: Final = frozenset(
    {"model_unavailable", "model_silent", "model_rate_limited", "model_circuit_open"}
)
"""Reasons for which a question waits."""


def _now() -> float:
    return asyncio.get_running_loop().time()


def until_it_works(sleep: Sleep, breakers: Iterable[CircuitBreaker], stopping: Stopping) -> Sleep:
    """The same sleep, which ends soon after a circuit that is open closes, or the process is told
    to end.

    Otherwise a question that wakes up during the probe would wait for another whole pause.
    """

    async def nap(seconds: float) -> None:
        closing = [one.works for one in breakers if one.is_open]
        await until_any(sleep(seconds), *closing, stopping.event)
        if any(one.is_set() for one in closing):
            await sleep(min(seconds, random.uniform(0, _BACK_WITHIN_S)))  # noqa: S311 - jitter needs no secrecy

    return nap


@dataclass
class WaitingCount:
    """The number of waiting questions in this process; none waits when that ends."""

    most: int = MOST_KEPT
    count: int = 0
    stopping: Stopping = field(default_factory=Stopping)


@dataclass
class OutageWait:
    """One question that waits for ``hold_s`` seconds at most, and never beyond ``until`` (the event
    loop's time). ``kept`` counts it from its first pause on.
    """

    hold_s: float
    until: float
    kept: WaitingCount
    _began: float = field(default_factory=_now)
    _paused_s: float = 0.0

    @property
    def end(self) -> float:
        """The time after which no attempt begins."""
        return min(self.until, self._began + self.hold_s) if self.hold_s else self.until

    @contextmanager
    def counted(self) -> Iterator[None]:
        """Count the question while it is being worked on."""
        try:
            yield
        finally:
            self.kept.count -= self._paused_s > 0

    def pause_s(self, error: ModelUnavailable) -> float | None:
        """Seconds until the next attempts after ``error``; None if the wait is over."""
        is_new = self._paused_s == 0
        full = is_new and self.kept.count >= self.kept.most
        ends = full or self.kept.stopping.requested
        if not self.hold_s or error.reason not in AWAY or ends:
            return None
        pause_s = random.uniform(*_PAUSE_S)  # noqa: S311 - jitter needs no secrecy
        if error.retry_after_s is not None:
            pause_s = max(pause_s, error.retry_after_s * random.uniform(1, 1 + _SPREAD))  # noqa: S311 - jitter needs no secrecy
        if _now() + pause_s > self.end or self._paused_s + pause_s > self.hold_s:
            return None
        self.kept.count += is_new
        self._paused_s += pause_s
        return pause_s
