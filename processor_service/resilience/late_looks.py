"""Late looks: after a task is settled, look again for posts that Slack took late."""

import asyncio
import random
from collections.abc import Awaitable, Callable
from itertools import accumulate
from typing import Final

from shared.background import Background, happens

# A stream counts as ownerless after five seconds (``slack/reading/reader.py``). Slack gives a call
# up well within half a minute. The last look comes when no worker writes to a stream of that age
# any more, so that no owner needs to be known, and before Slack ends it: an ended stream looks like
# any other post in our name.
_PAUSES_S: Final = (6.0, 24.0, 230.0)
_LAST_LOOK_YIELDS_S: Final = 15.0
_YIELDS_FOR_S: Final = 3.0
_CLOSE_WITHIN_S: Final = 1.0


async def _unlimited() -> float:
    return 0.0


class LateLooks:
    """Background looks at given intervals: ``burst`` at once, then one in ``every_s`` seconds. The
    end of the service makes the next look the last.

    While Slack fails every task would be looked at again, but Slack's limit for reading threads (50
    calls a minute) is for answers first.

    ``limited`` tells for how many seconds Slack's limit is used up: meanwhile a look lets answers
    go first, until the next look is due. After an outage each answer would need more calls than it
    leaves to the waiting questions, and their number would never fall.
    """

    def __init__(
        self,
        pauses_s: tuple[float, ...] = _PAUSES_S,
        burst: int = 20,
        every_s: float = 3.0,
        limited: Callable[[], Awaitable[float]] = _unlimited,
    ) -> None:
        self._pauses_s = pauses_s
        self._burst = burst
        self._every_s = every_s
        self._limited = limited
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
        return self._awaited < self._burst

    async def first(
        self, task_id: str, look: Callable[[], Awaitable[None]], *, often: bool
    ) -> None:
        """Wait for the first look; ``often`` the others follow in the background.

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
        if often and not self._closing.is_set():
            self._background.start(self._look(look, self._pauses_s[1:]), f"late_look:{task_id}")

    async def _look(self, look: Callable[[], Awaitable[None]], pauses_s: tuple[float, ...]) -> None:
        clock = asyncio.get_running_loop().time
        began, due = clock(), list(accumulate(pauses_s))
        last_s = sum(self._pauses_s) + _LAST_LOOK_YIELDS_S
        for due_s, yields_until_s in zip(due, [*due[1:], last_s], strict=False):
            if not await happens(self._closing, began + due_s - clock()):
                await happens(self._closing, self._wait_s())
            await self._let_answers_go_first(began + yields_until_s)
            await look()
            if self._closing.is_set():
                return

    async def _let_answers_go_first(self, until: float) -> None:
        clock = asyncio.get_running_loop().time
        while (limited_s := await self._limited()) > 0:
            # A look right at its end would be one more competitor for the next call.
            pause_s = limited_s + random.uniform(0, _YIELDS_FOR_S)  # noqa: S311 - jitter needs no secrecy
            if clock() + pause_s > until or await happens(self._closing, pause_s):
                return

    def _wait_s(self) -> float:
        """Seconds until one more look fits, which is counted."""
        now = asyncio.get_running_loop().time()
        self._evenly_at = max(self._evenly_at, now) + self._every_s
        return max(0.0, self._evenly_at - self._burst * self._every_s - now)

    async def close(self) -> None:
        """Run the remaining looks once."""
        self._closing.set()
        await self._background.close(_CLOSE_WITHIN_S)
