"""Bounds in seconds on a machine that has other things to do, too."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

_EVERY_S: Final = 0.1
_PIECE_S: Final = 0.002


@dataclass
class Waiting:
    """How long small pieces of work took while it was measured, and of that on a processor."""

    took_s: float = 0.0
    worked_s: float = 0.0

    @property
    def factor(self) -> float:
        """So many times longer than on an idle machine does work take here."""
        return max(1.0, self.took_s / self.worked_s) if self.worked_s else 1.0

    def add(self) -> None:
        """Do another piece of work."""
        began, began_working = time.monotonic(), time.thread_time()
        while time.thread_time() - began_working < _PIECE_S:
            pass
        self.took_s += time.monotonic() - began
        self.worked_s += time.thread_time() - began_working


@contextmanager
def measured() -> Iterator[Waiting]:
    """Measure, while the block lasts, how long this machine lets work wait."""
    waiting, ended = Waiting(), threading.Event()

    def measure() -> None:
        while True:
            waiting.add()
            if ended.wait(_EVERY_S):
                return

    measuring = threading.Thread(target=measure, name="machine", daemon=True)
    measuring.start()
    try:
        yield waiting
    finally:
        ended.set()
        measuring.join()


@contextmanager
def within(bound_s: float) -> Iterator[None]:
    """Fail if the block takes longer than ``bound_s`` would be on an idle machine."""
    began = time.monotonic()
    with measured() as waiting:
        yield
        took_s = time.monotonic() - began
    allowed_s = bound_s * waiting.factor
    assert took_s <= allowed_s, f"{took_s:.1f} s, and at most {allowed_s:.1f} s are allowed"
