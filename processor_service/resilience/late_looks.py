"""Looking again, once a task is settled, for what Slack took of it later than anybody waited."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from shared.background import Background, happens

# A stream counts as nobody's after five seconds (``slack/reading/reader.py``). Slack gives a call
# up well within half a minute. The last look comes when no worker writes on any more in a stream
# that began with the task, so that nobody's word is needed for that, and before Slack ends it: a
# stream that has ended cannot be told from what others post in our name.
_PAUSES_S: Final = (6.0, 24.0, 230.0)
_CLOSE_WITHIN_S: Final = 1.0


@dataclass(frozen=True)
class Pace:
    """``burst`` at once, and then one in ``every_s`` seconds.

    While Slack fails every task would be looked at again, and Slack's limit for reading threads (50
    calls a minute) is for answers first.
    """

    burst: int = 20
    every_s: float = 3.0


class LateLooks:
    """Looks so many seconds after each other. Nobody waits for a look, and the end of the service
    makes the next one the last, at once.
    """

    def __init__(self, pauses_s: tuple[float, ...] = _PAUSES_S, pace: Pace = Pace()) -> None:
        self._pauses_s = pauses_s
        self._pace = pace
        # When the last of all looks so far would have come if they had come evenly.
        self._evenly_at = 0.0
        self._background = Background()
        self._closing = asyncio.Event()

    def after(self, task_id: str, look: Callable[[], Awaitable[None]], *, often: bool) -> None:
        """Have ``look``, which raises nothing, look once; ``often`` until nothing can come any
        more.
        """
        pauses_s = self._pauses_s if often else self._pauses_s[:1]
        self._background.start(self._look(look, pauses_s), f"late_look:{task_id}")

    async def _look(self, look: Callable[[], Awaitable[None]], pauses_s: tuple[float, ...]) -> None:
        for pause_s in pauses_s:
            if not await happens(self._closing, pause_s):
                await happens(self._closing, self._wait_s())
            await look()
            if self._closing.is_set():
                return

    def _wait_s(self) -> float:
        """Seconds until one more look fits; it is counted."""
        pace, now = self._pace, asyncio.get_running_loop().time()
        self._evenly_at = max(self._evenly_at, now) + pace.every_s
        return max(0.0, self._evenly_at - pace.burst * pace.every_s - now)

    async def close(self) -> None:
        """Look once more where that was to be done."""
        self._closing.set()
        await self._background.close(_CLOSE_WITHIN_S)
