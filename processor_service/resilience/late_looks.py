"""Looking again, once a task is settled, for what Slack took of it later than anybody waited."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Final

from shared.background import Background, happens

# A stream counts as nobody's after five seconds (``slack/reading/reader.py``). Slack gives a call
# up well within half a minute. The last look comes when no worker writes on any more in a stream
# that began with the task, so that nobody's word is needed for that, and before Slack ends it: a
# stream that has ended cannot be told from what others post in our name.
_PAUSES_S: Final = (6.0, 24.0, 230.0)
_CLOSE_WITHIN_S: Final = 1.0


class LateLooks:
    """Looks so many seconds after each other. Nobody waits for a look, and the end of the service
    makes the next one the last, at once.
    """

    def __init__(self, pauses_s: tuple[float, ...] = _PAUSES_S) -> None:
        self._pauses_s = pauses_s
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
            last = await happens(self._closing, pause_s)
            await look()
            if last:
                return

    async def close(self) -> None:
        """Look once more where that was to be done."""
        self._closing.set()
        await self._background.close(_CLOSE_WITHIN_S)
