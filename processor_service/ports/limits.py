"""The limits on what one user and one team may ask of Gemini, and on what we may ask of Slack."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from processor_service.ports.work import QueueTicket
from shared.slack.usage import Used

LimitReason = Literal[
    "user_rate_limited", "user_busy", "user_daily_tokens", "team_daily_tokens", "thread_busy"
]

NOTICE_COVERS_S: Final = 60
"""For this long a posted notice covers all further tasks of its user that are refused for its
reason: a flood of questions is no flood of notices.
"""


@dataclass(frozen=True)
class Application:
    """A task that asks for admission; ``ticket`` is its place in its thread, if it has one."""

    team_id: str
    user_id: str
    task_id: str
    ticket: QueueTicket | None = None


@dataclass(frozen=True)
class LimitExceeded:
    """The refusal of a task over a limit. A request at ``resumes_at`` (aware, if known) can pass.
    ``told``: another task's notice, posted or under way, covers this one.
    """

    reason: LimitReason
    resumes_at: datetime | None = None
    told: bool = False


class Limits(Protocol):
    """Counts requests. A lost store means no limit: no method raises for it."""

    async def admit(self, asking: Application) -> LimitExceeded | None:
        """Count the task and give it its place in its thread, or say why it must not be answered.

        Idempotent: an admitted task is admitted again, uncounted, at each redelivery. A refused
        task counts for nothing, and may be admitted later; but a task that owes the user a notice
        (not ``told``) stays refused until the notice is posted.
        """

    async def was_admitted(self, task_id: str) -> bool:
        """Whether the task was ever admitted; False while the store is lost."""

    async def told(self, asking: Application, *, stands: bool = True) -> None:
        """The notice that the task owed is posted. Without ``stands`` there is no notice, because
        the task itself needs none: the next refused task owes it.
        """

    async def owed(self, asking: Application) -> LimitExceeded | None:
        """The refusal for which the task still owes a notice, if any."""

    async def leave(self, asking: Application) -> None:
        """End the work on the task. Idempotent."""

    async def spend(self, team_id: str, user_id: str, tokens: int) -> None:
        """Add the tokens of one delivery to the day's count.

        Spending is never refused: the question that crosses a limit is still answered.
        """

    async def has_tokens_left(self, team_id: str, user_id: str) -> bool:
        """Whether the day's tokens of the user and the team are not used up."""


class Usages(Protocol):
    """The usage of people."""

    async def of(self, team_id: str, user_id: str) -> Used | None:
        """A user's usage; None when the store is lost."""


START, APPEND, EDIT = "chat.startStream", "chat.appendStream", "chat.update"
READ, POST = "conversations.replies", "chat.postMessage"
SESSION = "agents.sessions.setStatus"
"""The methods of Slack whose optional calls are counted."""


class RateBudget(Protocol):
    """The share of Slack's rate limits that optional calls may use, common to all instances."""

    async def try_acquire(self, method: str) -> bool:
        """Count one more call of ``method`` if it fits into this minute; whether it does."""

    def room(self, method: str) -> float:
        """The share of the minute's calls, from 0 to 1, that was left after the last one here."""
