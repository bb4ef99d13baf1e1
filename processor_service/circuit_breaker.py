"""A circuit breaker: what keeps failing is not asked for a while."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from shared.log import get_logger

log = get_logger(__name__)

FAILURES = 5
OPEN_S = 20.0


@dataclass
class CircuitBreaker:
    """Opens after ``failures`` failures in a row, for ``open_s`` seconds.

    Then it is half-open: one probe is let through, whose success closes it and whose failure opens
    it again. A probe that is never reported counts as lost after ``open_s`` seconds.
    """

    name: str
    failures: int = FAILURES
    open_s: float = OPEN_S
    clock: Callable[[], float] = time.monotonic
    _failed: int = 0
    _closed_until: float = field(default=0.0)

    @property
    def is_open(self) -> bool:
        """Whether the next call needs to be a probe, or must wait."""
        return self._failed >= self.failures

    def wait_s(self) -> float:
        """Seconds until a call may go through; 0 when it may now."""
        return max(0.0, self._closed_until - self.clock()) if self.is_open else 0.0

    def take(self) -> bool:
        """Whether a call may go through now. The caller reports how it went."""
        if self.wait_s() > 0:
            return False
        if self.is_open:
            self._closed_until = self.clock() + self.open_s
            log.info("A probe is let through.", action="circuit_half_open", circuit=self.name)
        return True

    def succeeded(self) -> None:
        """The call went well: everything may go through."""
        if self.is_open:
            log.info("It works again.", action="circuit_closed", circuit=self.name)
        self._failed = 0

    def failed(self) -> None:
        """The call failed because of the other side."""
        self._failed += 1
        if not self.is_open:
            return
        self._closed_until = self.clock() + self.open_s
        if self._failed == self.failures:
            log.warning(
                "It keeps failing and is not asked for a while.",
                action="circuit_open",
                circuit=self.name,
                open_s=self.open_s,
            )
