"""How soon and how often a stream's words are shown."""

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

HELD_S: Final = 0.4
"""The first words of an answer wait no longer for the rest of their sentence."""

_FIRST_CHARS: Final = 40
_SENTENCE: Final = re.compile(r"[。！？!?]|\.(?=\s|\Z)|\n")

# Of the share of chat.appendStream that is left in this minute: while few answers are written, each
# grows twice a second; one that takes a minute, or many at once, slow down before none is left.
_PACES: Final = ((0.5, 0.5), (0.25, 1.0), (0.0, 3.0))


def is_worth_showing(words: str) -> bool:
    """Whether an answer may begin with these words: a sentence, a line, or about as much."""
    return len(words) >= _FIRST_CHARS or _SENTENCE.search(words) is not None


def append_every_s(room: float) -> float:
    """The pause between two pieces of a stream while ``room``, from 0 to 1, of the minute's calls
    is left.
    """
    return next(every_s for least, every_s in _PACES if room >= least)


@dataclass
class FirstWords:
    """Holds an answer's first words back for a moment: people would see a few letters, then
    nothing, and others in the channel perhaps for longer (reported, undocumented).
    """

    held_s: float = HELD_S
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    _over: bool = False
    _timer: asyncio.Task[None] | None = None

    def wait(self, words: str, show: Callable[[], Awaitable[None]]) -> bool:
        """Whether ``words`` wait for more; ``show`` is called if none come in time."""
        if self._over or not self.held_s or is_worth_showing(words):
            return False
        if self._timer is None:
            self._timer = asyncio.create_task(self._let_go(show), name="first words")
        return True

    async def _let_go(self, show: Callable[[], Awaitable[None]]) -> None:
        await self.sleep(self.held_s)
        self._over = True
        await show()

    async def end(self) -> None:
        """Call ``show`` no more. Not to be called while it runs."""
        if self._timer is not None:
            self._timer.cancel()
            await asyncio.gather(self._timer, return_exceptions=True)
