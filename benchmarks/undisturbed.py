"""The measuring process out of its own way."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def undisturbed() -> Iterator[None]:
    """Collect what exists now, and of what exists look at nothing until the end.

    The simulators and those who ask live in this process. Looking through all the messages that
    stand in the simulated Slack stopped them for 0.05 to 0.2 s, which then stood in the figures of
    whoever was measured.
    """
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()
