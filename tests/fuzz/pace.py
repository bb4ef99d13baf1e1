"""How long something takes, as a multiple of a linear pass over a text of the same size.

Both are measured in the same run and in this thread's processor time, so that neither a slow nor a
busy machine changes the result much.
"""

import gc
import time
from collections.abc import Callable
from functools import cache

# 50 ms for 10 kB, on a core that is idle and takes 0.42 ms for the pass.
MOST = 120.0
# Where both cores are full, the pass gains more from their caches than a reader does.
SLACK = 1.5
_TRIES = 3


def pace(run: Callable[[str], object], text: str, most: float = MOST) -> float:
    """``run(text)`` in linear passes over as much text; the best of a few tries, if slow."""
    size = len(text.encode("utf-8", "surrogatepass"))
    ratio = _seconds(run, text) / _first_reference(size)
    for _ in range(_TRIES):
        if ratio <= most:
            break
        ratio = min(ratio, _seconds(run, text) / _reference(size))
    return ratio


def _seconds(run: Callable[[str], object], text: str) -> float:
    # As timeit does: how much else is alive in this process is no matter of the reader's.
    gc.collect(0)
    gc.disable()
    try:
        began = time.thread_time()
        run(text)
        return time.thread_time() - began
    finally:
        gc.enable()


def _reference(size: int) -> float:
    return min(_seconds(_pass, "ab, " * (size // 4 + 1)) for _ in range(3))


@cache
def _first_reference(size: int) -> float:
    """Measured once a size: what seems slow is measured beside one of its own."""
    return _reference(size)


def _pass(text: str) -> int:
    """One look at each character: what no reader in Python does in much less."""
    letters = 0
    for char in text:
        letters += char.isalnum()
    return letters
