"""Tells, part by part, what of the stack has started."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass


@dataclass(frozen=True)
class Started:
    """One part has started: what is worth knowing about it, and how long it took."""

    part: str
    detail: str
    ms: float


class Progress:
    """Reports each part to ``listener`` once it has started; nothing for one that failed."""

    def __init__(self, listener: Callable[[Started], None] | None = None) -> None:
        self._listener = listener

    @contextmanager
    def starting(self, part: str) -> Iterator[Callable[[str], None]]:
        """Time the block; the yielded function takes the detail to report."""
        began, details = time.monotonic(), list[str]()
        yield details.append
        ms = (time.monotonic() - began) * 1000
        if self._listener is not None:
            self._listener(Started(part, " ".join(details), ms))
