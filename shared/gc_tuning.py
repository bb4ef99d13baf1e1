"""No garbage collection during imports, whose objects are permanent.

Scanning them again and again took a sixth of a cold start (measured with Python 3.11). This module
imports nothing, so that ``__main__`` can call it before everything else.
"""

import gc
from typing import Final

# New objects until the next collection. With Python's own 700 every second question triggered one,
# which scanned what concurrent answers were about to release anyway: half a millisecond of CPU a
# question. Garbage of 10,000 objects is a few megabytes.
_NEW_OBJECTS: Final = 10_000
# Every fifth collection includes the survivors of earlier ones, every third of those everything
# that is not frozen. An answer in progress survives a few; with Python's own ten and ten its
# garbage stayed for many minutes, and the memory grew meanwhile. A full collection takes one or two
# milliseconds, after some hundreds of questions.
_OLDER_AFTER: Final = 4
_ALL_AFTER: Final = 2


def pause() -> None:
    """Collect nothing until ``resume``."""
    gc.disable()


def resume() -> None:
    """Collect again, but less often, and never scan the objects that exist by now."""
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _OLDER_AFTER, _ALL_AFTER)
    gc.enable()
