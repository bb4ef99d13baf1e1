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
        await conversation.show_status("")
        age_s = (datetime.now(UTC) - task.received_at).total_seconds()
        if age_s < self._shown_within_s:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(self._shown_within_s - age_s):
                    await self._closing.wait()
            await conversation.show_status("")

    async def close(self) -> None:
        """Clear what is left at once."""
        self._closing.set()
        await self._background.close(_CLOSE_WITHIN_S)
