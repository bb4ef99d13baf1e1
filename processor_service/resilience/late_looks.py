"""Late looks: after a task is settled, look again for posts that Slack took late."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

from shared.background import Background, happens

# A stream counts as ownerless after five seconds (``slack/reading/reader.py``). Slack gives a call
# up well within half a minute. The last look comes when no worker writes to a stream of that age
# any more, so that no owner needs to be known, and before Slack ends it: an ended stream looks like
# any other post in our name.
_PAUSES_S: Final = (6.0, 24.0, 230.0)
_CLOSE_WITHIN_S: Final = 1.0


@dataclass(frozen=True)
class LookPace:
    """``burst`` looks at once, then one in ``every_s`` seconds.

    While Slack fails every task would be looked at again, but Slack's limit for reading threads (50
    calls a minute) is for answers first.
    """

    burst: int = 20
    every_s: float = 3.0


class LateLooks:
    """Background looks at given intervals. The end of the service makes the next look the last."""

    def __init__(
        self, pauses_s: tuple[float, ...] = _PAUSES_S, pace: LookPace = LookPace()
    ) -> None:
        self._pauses_s = pauses_s
        self._pace = pace
        # The time of the last look so far, had all come evenly.
        self._evenly_at = 0.0
        self._awaited = 0
        self._background = Background()
        self._closing = asyncio.Event()

    def after(self, task_id: str, look: Callable[[], Awaitable[None]], *, often: bool) -> None:
        """Run ``look``, which must not raise, once later; ``often`` until nothing more can come."""
        pauses_s = self._pauses_s if often else self._pauses_s[:1]
        self._background.start(self._look(look, pauses_s), f"late_look:{task_id}")

    @property
    def has_room(self) -> bool:
        """Whether one more delivery may wait for its first look.

        An outage of Redis is one for every delivery: they must not all be held open for it.
        """
        return self._awaited < self._pace.burst

    async def first(self, task_id: str, look: Callable[[], Awaitable[None]]) -> None:
        """Wait for the first look; the others follow in the background.

        A delivery that is not acknowledged before it comes again if its worker dies meanwhile. It
        takes its place among the looks, but does not wait for it: the delivery is held open.
        """
        self._awaited += 1
        try:
            await happens(self._closing, self._pauses_s[0])
        finally:
            self._awaited -= 1
        self._wait_s()
        await look()
        if not self._closing.is_set():
            self._background.start(self._look(look, self._pauses_s[1:]), f"late_look:{task_id}")

    async def _look(self, look: Callable[[], Awaitable[None]], pauses_s: tuple[float, ...]) -> None:
        for pause_s in pauses_s:
            await self._once(look, pause_s)
            if self._closing.is_set():
                return

    async def _once(self, look: Callable[[], Awaitable[None]], pause_s: float) -> None:
        if not await happens(self._closing, pause_s):
            await happens(self._closing, self._wait_s())
        await look()

    def _wait_s(self) -> float:
        """Seconds until one more look fits, which is counted."""
        pace, now = self._pace, asyncio.get_running_loop().time()
        self._evenly_at = max(self._evenly_at, now) + pace.every_s
        return max(0.0, self._evenly_at - pace.burst * pace.every_s - now)

    async def close(self) -> None:
        """Run the remaining looks once."""
        self._closing.set()
        await self._background.close(_CLOSE_WITHIN_S)
