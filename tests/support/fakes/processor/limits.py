"""What people may ask for and have used, in memory."""

from dataclasses import dataclass, field, replace

from processor_service.ports.limits import Application, LimitExceeded
from shared.slack.usage import Used, UsedOfLimit
from tests.support.tasks import NOON


@dataclass
class FakeLimits:
    """Refuses everything for ``refusal``; a person's first task owes the notice until it stands."""

    refusal: LimitExceeded | None = None
    spent: int = 0
    tokens_left: bool = True
    owing: dict[str, str] = field(default_factory=dict)
    told_of: set[str] = field(default_factory=set)
    under_way: list[str] = field(default_factory=list)
    admitted: set[str] = field(default_factory=set)

    async def admit(self, asking: Application) -> LimitExceeded | None:
        if self.refusal is None:
            self.under_way.append(asking.task_id)
            self.admitted.add(asking.task_id)
            return None
        owes = self.owing.setdefault(asking.user_id, asking.task_id) == asking.task_id
        told = not owes or asking.task_id in self.told_of
        return replace(self.refusal, told=told)

    async def was_admitted(self, task_id: str) -> bool:
        return task_id in self.admitted

    async def told(self, asking: Application, *, stands: bool = True) -> None:
        self.told_of.add(asking.task_id)
        if not stands:
            del self.owing[asking.user_id]

    async def owed(self, asking: Application) -> LimitExceeded | None:
        owes = self.owing.get(asking.user_id) == asking.task_id
        return self.refusal if owes and asking.task_id not in self.told_of else None

    async def leave(self, asking: Application) -> None:
        self.under_way = [one for one in self.under_way if one != asking.task_id]

    async def spend(self, team_id: str, user_id: str, tokens: int) -> None:
        self.spent += tokens

    async def has_tokens_left(self, team_id: str, user_id: str) -> bool:
        return self.tokens_left


@dataclass
class FakeUsages:
    """Everybody has used the same; None: the store is lost."""

    used: Used | None = field(
        default_factory=lambda: Used(
            3, UsedOfLimit(1, 10), UsedOfLimit(1200), UsedOfLimit(9000), NOON
        )
    )

    async def of(self, team_id: str, user_id: str) -> Used | None:
        return self.used
