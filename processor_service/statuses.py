"""Ending the status that says we are thinking."""

import asyncio
import contextlib
from datetime import UTC, datetime

from processor_service.ports import Conversation
from shared.background import Background
from shared.task import Task

# The command service shows a status while it publishes, and gives up on it within this time. Slack
# clears it with our next message in the thread, unless it arrives after that message.
SHOWN_WITHIN_S = 5.0
# Slack itself takes a status away after two minutes.
_AGAIN_AFTER_S = (2.0, 10.0, 30.0)
_CLOSE_WITHIN_S = 1.0


class Statuses:
    """Clears statuses without making anybody wait."""

    def __init__(self, shown_within_s: float = SHOWN_WITHIN_S) -> None:
        self._shown_within_s = shown_within_s
        self._background = Background()
        self._closing = asyncio.Event()

    def end(self, conversation: Conversation, task: Task) -> None:
        """Clear the status now, and once more when none can come late any more."""
        self._background.start(self._end(conversation, task), f"status:{task.task_id}")

    async def _end(self, conversation: Conversation, task: Task) -> None:
        cleared = await conversation.show_status("")
        age_s = (datetime.now(UTC) - task.received_at).total_seconds()
        if cleared and age_s >= self._shown_within_s:
            return
        for pause_s in (max(0.0, self._shown_within_s - age_s), *_AGAIN_AFTER_S):
            await self._pause(pause_s)
            if await conversation.show_status(""):
                return

    async def _pause(self, seconds: float) -> None:
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._closing.wait()

    async def close(self) -> None:
        """Clear what is left at once."""
        self._closing.set()
        await self._background.close(_CLOSE_WITHIN_S)
