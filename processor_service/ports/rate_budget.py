"""How often optional calls may use Slack's rate limits."""

from typing import Protocol

START, APPEND, EDIT = "chat.startStream", "chat.appendStream", "chat.update"
READ = "conversations.replies"


class RateBudget(Protocol):
    """The share of Slack's rate limits that optional calls may use, common to all instances."""

    async def try_acquire(self, method: str) -> bool:
        """Count one more call of ``method`` if it fits into this minute; whether it does."""
