"""Everything that the Slack side's use cases need, and the queue that they fill."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from command_service.envelope.ack_deadline import BackgroundOfEnvelopes
from command_service.payloads.model import AskingReaction
from command_service.use_cases.ask_again import AskAgainDeps
from command_service.use_cases.channel_facts import ChannelFacts
from command_service.use_cases.policy import Policy
from command_service.use_cases.reactions import ReactionDeps
from command_service.use_cases.submit import SubmitDeps
from command_service.use_cases.throttle import PRESSES_PER_MINUTE, PerUserThrottle
from shared.errors import QueueUnavailable
from shared.task import Following, Task
from tests.support.fakes.command.lookups import (
    FakeAccess,
    FakeDiagnostics,
    FakeQuestions,
    FakeReacted,
)
from tests.support.fakes.command.payloads import IDENTITY
from tests.support.fakes.command.shown import FakeLocales, FakeModals, FakeReplies
from tests.support.tasks import NOON


class FakeQueue:
    """Takes every task, unless it is told to be down, to hang, or to refuse this one."""

    def __init__(self, order: list[str]) -> None:
        self.published: list[tuple[Task, dict[str, str]]] = []
        self.down = False
        self.hangs = False
        self.refused: set[str] = set()
        self._order = order

    async def publish(self, task: Task, attributes: Mapping[str, str]) -> None:
        if self.hangs:
            await asyncio.Event().wait()
        if self.down or task.task_id in self.refused:
            raise QueueUnavailable("The fake queue is down.")
        # A confirmation comes no sooner than the next turn of the loop.
        await asyncio.sleep(0)
        self.published.append((task, dict(attributes)))
        self._order.append("published")


class FakeKept:
    """Keeps tasks, and queues none."""

    def __init__(self) -> None:
        self.tasks: dict[str, Task] = {}

    def keep(self, task: Task) -> None:
        self.tasks[task.task_id] = task

    def drop(self, task_id: str) -> None:
        self.tasks.pop(task_id, None)


@dataclass
class World:
    """Everything the use cases need, and what came of it. ``order`` is what happened in order."""

    policy: Policy = field(default_factory=Policy)
    publish_within_s: float = 2.5
    read_within_s: float = 1.5

    def __post_init__(self) -> None:
        self.order: list[str] = []
        self.queue = FakeQueue(self.order)
        self.kept = FakeKept()
        self.access = FakeAccess()
        self.replies = FakeReplies(self.order)
        self.locales = FakeLocales()
        self.questions = FakeQuestions()
        self.modals = FakeModals()
        self.background = BackgroundOfEnvelopes()
        self.throttle = PerUserThrottle(0)
        self.diagnostics = FakeDiagnostics()
        self.channel_facts = ChannelFacts(self.diagnostics)
        self.presses = PerUserThrottle(PRESSES_PER_MINUTE)
        self.following: Following | None = Following.ASKER
        self.asking: AskingReaction | None = None
        self.reacted = FakeReacted()

    @property
    def submit_deps(self) -> SubmitDeps:
        return SubmitDeps(
            queue=self.queue,
            kept=self.kept,
            access=self.access,
            replies=self.replies,
            locales=self.locales,
            background=self.background,
            policy=self.policy,
            channel_facts=self.channel_facts,
            throttle=self.throttle,
            presses=self.presses,
            following=self.following,
            asking=self.asking,
            publish_within_s=self.publish_within_s,
            now=lambda: NOON,
        )

    @property
    def repetition(self) -> AskAgainDeps:
        return AskAgainDeps(self.submit_deps, self.questions, self.read_within_s)

    @property
    def reactions(self) -> ReactionDeps:
        return ReactionDeps(self.submit_deps, self.reacted, IDENTITY, self.read_within_s)

    async def settle(self) -> None:
        """Let the background work finish."""
        await self.background.close(within_s=2.0)
