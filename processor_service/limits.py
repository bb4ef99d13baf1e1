"""How much one person and one team may ask of Gemini."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal, Protocol

from shared.home import Used

LimitReason = Literal["user_rate_limited", "user_daily_tokens", "team_daily_tokens"]


@dataclass(frozen=True)
class Refusal:
    """A task that is over a limit. A request made at ``resumes_at`` (aware) can pass again."""

    reason: LimitReason
    resumes_at: datetime


class Limits(Protocol):
    """Counts what people ask for. A lost store means no limit: neither method raises for it."""

    async def admit(self, team_id: str, user_id: str, task_id: str) -> Refusal | None:
        """Count the task, or say why it may not be answered now.

        Idempotent: a task that was admitted once is admitted again, uncounted, whenever it is
        redelivered. A refused task counts for nothing, and asking again may admit it.
        """

    async def spend(self, team_id: str, user_id: str, tokens: int) -> None:
        """Add the tokens that one delivery of a task took to the day's count.

        Spending is never refused: the question that crosses a limit is still answered.
        """


class Usages(Protocol):
    """What people have used."""

    async def of(self, team_id: str, user_id: str) -> Used | None:
        """What a person has used; None when the store is lost."""
