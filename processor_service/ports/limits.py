"""How much one person and one team may ask of Gemini."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, Protocol

from processor_service.ports.work import QueueTicket
from shared.slack.home_view import Used

LimitReason = Literal[
    "user_rate_limited", "user_busy", "user_daily_tokens", "team_daily_tokens", "thread_busy"
]

NOTICE_COVERS_S: Final = 60
"""A notice stands for everything of its person that is refused for its reason until so long after
it was posted: a flood of questions is no flood of notices.
"""


@dataclass(frozen=True)
class Application:
    """A task that asks to be admitted; ``ticket`` is its place in its thread, if it has one."""

    team_id: str
    user_id: str
    task_id: str
    ticket: QueueTicket | None = None


@dataclass(frozen=True)
class LimitExceeded:
    """A task that is over a limit. A request made at ``resumes_at`` (aware, if it is known) can
    pass again. ``told``: the person is told by another task's notice, which stands or is under way.
    """

    reason: LimitReason
    resumes_at: datetime | None = None
    told: bool = False


class Limits(Protocol):
    """Counts what people ask for. A lost store means no limit: no method raises for it."""

    async def admit(self, asking: Application) -> LimitExceeded | None:
        """Count the task and give it its place in its thread, or say why it may not be answered.

        Idempotent: a task that was admitted once is admitted again, uncounted, whenever it is
        redelivered. A refused task counts for nothing, and asking again may admit it; but one whose
        refusal is not ``told`` owes the person a notice, and stays refused until it is ``told``.
        """

    async def told(self, asking: Application, *, stands: bool = True) -> None:
        """The notice that the task owed stands now. Without ``stands`` there is none, since the
        task itself needs none: the next one that is refused owes it.
        """

    async def owed(self, asking: Application) -> LimitExceeded | None:
        """The refusal that the task still owes a notice for, if it does."""

    async def leave(self, asking: Application) -> None:
        """The task is not worked on any more. Idempotent."""

    async def spend(self, team_id: str, user_id: str, tokens: int) -> None:
        """Add the tokens that one delivery of a task took to the day's count.

        Spending is never refused: the question that crosses a limit is still answered.
        """


class Usages(Protocol):
    """What people have used."""

    async def of(self, team_id: str, user_id: str) -> Used | None:
        """What a person has used; None when the store is lost."""
