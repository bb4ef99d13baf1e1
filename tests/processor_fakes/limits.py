"""What people may ask for and have used, in memory."""

from dataclasses import dataclass, field

from processor_service.limits import Refusal
from shared.home import Count, Used
from tests.tasks import NOON


@dataclass
class FakeLimits:
    refusal: Refusal | None = None
    spent: int = 0

    async def admit(self, team_id: str, user_id: str, task_id: str) -> Refusal | None:
        return self.refusal

    async def spend(self, team_id: str, user_id: str, tokens: int) -> None:
        self.spent += tokens


@dataclass
class FakeUsages:
    """Everybody has used the same; None: the store is lost."""

    used: Used | None = field(
        default_factory=lambda: Used(3, Count(1, 10), Count(1200), Count(9000), NOON)
    )

    async def of(self, team_id: str, user_id: str) -> Used | None:
        return self.used
