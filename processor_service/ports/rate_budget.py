"""How often a minute Slack lets us do what an answer could do without."""

from typing import Protocol

START, APPEND, EDIT = "chat.startStream", "chat.appendStream", "chat.update"
READ = "conversations.replies"


class RateBudget(Protocol):
    """What Slack's rate limits leave for what is not needed, shared by all instances."""

    async def try_acquire(self, method: str) -> bool:
        """Whether one more call fits into this minute; if so it is counted."""
