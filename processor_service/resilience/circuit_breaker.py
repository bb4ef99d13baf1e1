"""A circuit breaker: a service that nearly always fails gets no calls for a moment."""

import asyncio
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Final

from shared.telemetry.log import get_logger

log = get_logger(__name__)

WINDOW_S: Final = 10.0
# With fewer calls in the window the share says nothing, and further calls cost little.
MINIMUM: Final = 20
# In a hiccup where each question's first call fails and its second succeeds, the share is one half.
FAILING: Final = 0.8
FIRST_OPEN_S: Final = 1.0
LONGEST_OPEN_S: Final = 4.0


class Call:
    """One call that was let through. The caller reports its outcome; the last report counts, so
    that an answer that has begun well may still fail.
    """

    def __init__(self, breaker: "CircuitBreaker", at: float, *, is_probe: bool) -> None:
        self.begun_at = at
        self.reported_at = at
        self.is_probe = is_probe
        self.has_failed: bool | None = None
        self._breaker = breaker

    def succeeded(self) -> None:
        """Report that the other side works."""
        self._report(failed=False)

    def failed(self) -> None:
        """Report that the other side failed."""
        self._report(failed=True)

    def _report(self, *, failed: bool) -> None:
        if self.has_failed is not failed:
            self._breaker.note(self, failed=failed)


@dataclass
class CircuitBreaker:
    """Opens when at least ``FAILING`` of the calls of the last ``WINDOW_S`` seconds failed (calls
    in progress count as not failed), and there were ``MINIMUM`` of them.

    It stays open for a second, twice as long after each failed probe, up to ``LONGEST_OPEN_S``.
    Then it lets one probe through, whose success closes it. A probe without a report within the
    time that the circuit was open counts as lost.
    """

    name: str
    clock: Callable[[], float] = time.monotonic
    _begun: deque[Call] = field(default_factory=deque)
    _reported: deque[Call] = field(default_factory=deque)
    _open_s: float = 0.0
    _closed_until: float = 0.0
    works: asyncio.Event = field(default_factory=asyncio.Event)
    """Set when it closes, until it opens again."""

    @property
    def is_open(self) -> bool:
        """Whether the next call needs to be a probe, or must wait."""
        return self._open_s > 0

    def wait_s(self) -> float:
        """Seconds until a call may go through; 0 when it may now."""
        return max(0.0, self._closed_until - self.clock()) if self.is_open else 0.0

    def try_acquire(self) -> Call | None:
        """A call that may go through now, or None."""
        if self.wait_s() > 0:
            return None
        if self.is_open:
            self._closed_until = self.clock() + self._open_s
            log.info("A probe is let through.", action="circuit_half_open", circuit=self.name)
        call = Call(self, self.clock(), is_probe=self.is_open)
        self._begun.append(call)
        self._forget_old()
        return call

    def note(self, call: Call, *, failed: bool) -> None:
        """Record the outcome of a call; ``Call`` uses it."""
        if call.has_failed is not None and call in self._reported:
            self._reported.remove(call)
        call.has_failed, call.reported_at = failed, self.clock()
        self._reported.append(call)
        self._forget_old()
        if not failed:
            self._close()
        elif self.is_open:
            if call.is_probe:
                self._open(min(2 * self._open_s, LONGEST_OPEN_S))
        elif self._is_failing():
            self._open(FIRST_OPEN_S)

    def _is_failing(self) -> bool:
        failed = sum(bool(call.has_failed) for call in self._reported)
        under_way = sum(call.has_failed is None for call in self._begun)
        calls = len(self._reported) + under_way
        return calls >= MINIMUM and failed >= FAILING * calls

    def _forget_old(self) -> None:
        oldest = self.clock() - WINDOW_S
        while self._begun and self._begun[0].begun_at < oldest:
            self._begun.popleft()
        while self._reported and self._reported[0].reported_at < oldest:
            self._reported.popleft()

    def _open(self, open_s: float) -> None:
        if not self.is_open:
            log.warning(
                "It nearly always fails and is not asked for a moment.",
                action="circuit_open",
                circuit=self.name,
                open_s=open_s,
            )
        self.works.clear()
        self._open_s = open_s
        self._closed_until = self.clock() + open_s

    def _close(self) -> None:
        if not self.is_open:
            return
        self._open_s = 0.0
        self.works.set()
        self._reported.clear()
        self._begun.clear()
        log.info("It works again.", action="circuit_closed", circuit=self.name)
