"""One task's thread as an agent's session: processing while the answer takes time, then active."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Final

from processor_service.ports.conversations import Session
from processor_service.ports.limits import SESSION, RateBudget
from shared.background import happens
from shared.task import Task

# docs.slack.dev, agents.sessions.setStatus
_TITLE_CHARS: Final = 200
_SETTLES_WITHIN_S: Final = 3.0


@dataclass
class AgentSession:
    """The session of one thread while one worker has a task there."""

    session: Session
    _begun: asyncio.Event | None = field(default=None)

    async def begin(
        self, task: Task, lasts: Callable[[], Awaitable[bool]], budget: RateBudget
    ) -> None:
        """Begin the session, with the question as its title, if the answer ``lasts`` and Slack's
        limit leaves room: each beginning needs its end.
        """
        self._begun = asyncio.Event()
        try:
            if await lasts() and await budget.try_acquire(SESSION):
                await self.session.show_processing(" ".join(task.text.split())[:_TITLE_CHARS])
        finally:
            self._begun.set()

    async def end(self, *, always: bool) -> bool:
        """End the session; False if that failed. ``always``: also where an earlier worker may have
        left it processing.
        """
        if self._begun is not None:
            # A beginning on its way must not arrive after the end.
            await happens(self._begun, _SETTLES_WITHIN_S)
        return await self.session.show_active(always=always)
