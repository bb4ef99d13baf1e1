"""No garbage is collected while libraries are imported: what they make stays for ever.

Looking through it again and again took a sixth of a cold start (measured with Python 3.11). Imports
nothing, so that ``__main__`` can call it before everything else.
"""

import gc
from typing import Final

# New objects until the next look at them. By Python's own 700 every second question set off a look
# at what the others, still being answered, were about to give back by themselves: half a
# millisecond of CPU a question. Garbage of 10,000 objects is a few megabytes.
_NEW_OBJECTS: Final = 10_000
# Every fifth look takes in what survived the earlier ones, every third of those everything that is
# not frozen. An answer under way survives a few; by Python's own ten and ten what it left behind
# stayed for many minutes, and the memory grew meanwhile. A look at everything takes one or two
# milliseconds, after some hundreds of questions.
_OLDER_AFTER: Final = 4
_ALL_AFTER: Final = 2


def pause() -> None:
    """Collect nothing until ``resume``."""
    gc.disable()


def resume() -> None:
    """Collect again, but more rarely, and never look at what exists by now."""
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, _OLDER_AFTER, _ALL_AFTER)
    gc.enable()
