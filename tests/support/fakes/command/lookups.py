"""What is looked up in Slack about us, a channel, a question or a reaction."""

import asyncio

from command_service.payloads.model import QuestionContent, Reactor
from command_service.ports import ChannelDiagnosis
from command_service.scopes import ALL_SCOPES
from shared.errors import MechachangError, RetryableError, SlackDenied
from shared.slack.message import Message, MessageRef


class FakeAccess:
    """Slack accepts us, unless it is told otherwise."""

    def __init__(self) -> None:
        self.denied: SlackDenied | None = None


class FakeDiagnostics:
    """All is well, unless it is told otherwise; what hangs never answers."""

    def __init__(self) -> None:
        self.granted: frozenset[str] | None = ALL_SCOPES
        self.seen = ChannelDiagnosis(member=True, external=False)
        self.failure: MechachangError | None = None
        self.hangs = False
        self.left: set[tuple[str, str]] = set()
        self.looks = 0

    async def scopes(self) -> frozenset[str] | None:
        await self._look()
        return self.granted

    async def channel(self, channel_id: str) -> ChannelDiagnosis:
        await self._look()
        return self.seen

    async def may_read(self, user_id: str, channel_id: str) -> bool:
        await self._look()
        return (user_id, channel_id) not in self.left

    async def _look(self) -> None:
        self.looks += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure


class FakeQuestions:
    """Messages by their ts; ``failure`` is raised instead of an answer."""

    def __init__(self) -> None:
        self.asked: dict[str, QuestionContent] = {}
        self.failure: RetryableError | None = None
        self.hangs = False

    async def asked_at(self, place: MessageRef) -> QuestionContent | None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure
        return self.asked.get(place.message_ts)


class FakeReacted:
    """Messages by their ts, and people unless told otherwise; ``failure`` is raised instead."""

    def __init__(self) -> None:
        self.written: dict[str, Message] = {}
        self.others: dict[str, Reactor] = {}
        self.failure: RetryableError | None = None
        self.hangs = False
        self.looks = 0

    async def message_at(self, channel_id: str, message_ts: str) -> Message | None:
        self.looks += 1
        if self.hangs:
            await asyncio.Event().wait()
        if self.failure is not None:
            raise self.failure
        return self.written.get(message_ts)

    async def reactor(self, user_id: str) -> Reactor:
        return self.others.get(user_id, Reactor(is_person=True, team_id="T1"))
