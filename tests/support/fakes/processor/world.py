"""The use cases of the processor with fakes all around them."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from processor_service.answering.admit import Delivery
from processor_service.answering.answer import answer
from processor_service.answering.deps import AnswerDeps, AnswerSource, Coordination, SlackDeps
from processor_service.answering.generation import Generation
from processor_service.api.dependencies import Dependencies
from processor_service.api.push_auth import NoVerification, PushVerifier
from processor_service.api.readiness import Readiness, ReadinessCheck
from processor_service.attachments.attach import Files
from processor_service.attachments.selection import MEGABYTE
from processor_service.delivery.thread_status import Statuses
from processor_service.features.app_home import HomeDeps
from processor_service.features.cancel import CancelDeps
from processor_service.features.doctor import ReportDeps
from processor_service.features.feedback import FeedbackDeps
from processor_service.following.follow_up import FollowUps
from processor_service.following.judge import Judge
from processor_service.prompt.build import PromptConfig
from processor_service.resilience.late_looks import LateLooks
from processor_service.resilience.memory_budget import MemoryBudget
from processor_service.resilience.run_leased import Outcome
from processor_service.resilience.stopping import Stopping
from shared.errors import ModelRejected
from shared.retry import RetryPolicy
from shared.task import Task
from tests.support.fakes.processor.answers import FakeAnswers
from tests.support.fakes.processor.conversations import (
    FakeConversation,
    FakeConversations,
    FakeThreads,
)
from tests.support.fakes.processor.files import FakeDocuments, FakeFiles, FakeUploads
from tests.support.fakes.processor.growing import FakeBudget
from tests.support.fakes.processor.limits import FakeLimits, FakeUsages
from tests.support.fakes.processor.model import FakeModel, saying
from tests.support.fakes.processor.people import (
    FakeChannels,
    FakeGroups,
    FakeHomes,
    FakePeople,
    FakePreferences,
    FakeVotes,
    FakeWorkspace,
)
from tests.support.fakes.processor.retrying import Naps
from tests.support.fakes.processor.talks import FakeLastThreads, FakeTalks
from tests.support.fakes.processor.work import (
    FakeCancellations,
    FakeLeases,
    FakeQueue,
    FakeStreamOwners,
)
from tests.support.tasks import NOON, a_task


@dataclass
class World:
    """The use case with fakes all around it."""

    model: FakeModel = field(
        default_factory=lambda: FakeModel([saying("素数は1と自身でのみ割れます。")])
    )
    leases: FakeLeases = field(default_factory=FakeLeases)
    answers: FakeAnswers = field(default_factory=FakeAnswers)
    saved: FakeAnswers = field(default_factory=FakeAnswers)
    conversations: FakeConversations = field(default_factory=FakeConversations)
    people: FakePeople = field(default_factory=FakePeople)
    preferences: FakePreferences = field(default_factory=FakePreferences)
    limits: FakeLimits = field(default_factory=FakeLimits)
    budget: FakeBudget = field(default_factory=FakeBudget)
    statuses: Statuses = field(default_factory=lambda: Statuses(0.02))
    naps: Naps = field(default_factory=Naps)
    queue: FakeQueue = field(default_factory=FakeQueue)
    cancellations: FakeCancellations = field(default_factory=FakeCancellations)
    owners: FakeStreamOwners = field(default_factory=FakeStreamOwners)
    votes: FakeVotes = field(default_factory=FakeVotes)
    files: FakeFiles = field(default_factory=FakeFiles)
    uploads: FakeUploads = field(default_factory=FakeUploads)
    documents: FakeDocuments = field(default_factory=FakeDocuments)
    threads: FakeThreads = field(default_factory=FakeThreads)
    usages: FakeUsages = field(default_factory=FakeUsages)
    homes: FakeHomes = field(default_factory=FakeHomes)
    broken_models: set[str] = field(default_factory=set)
    broken_models_say: Exception = field(
        default_factory=lambda: ModelRejected("404", reason="model_not_found")
    )
    retries: int = 3
    deadline_s: float = 30.0
    generation: Generation | None = None
    workspace: FakeWorkspace = field(default_factory=FakeWorkspace)
    prompt_config: PromptConfig = field(default_factory=PromptConfig)
    channels: FakeChannels = field(default_factory=FakeChannels)
    groups: FakeGroups = field(default_factory=FakeGroups)
    stopping: Stopping = field(default_factory=Stopping)
    talks: FakeTalks = field(default_factory=FakeTalks)
    last_threads: FakeLastThreads = field(default_factory=FakeLastThreads)
    judge: FakeModel = field(default_factory=lambda: FakeModel([saying("no")]))
    judge_within_s: float = 5.0
    cards_after_s: float = 60.0
    late_looks: LateLooks = field(default_factory=lambda: LateLooks((0.0, 3600.0)))

    @property
    def conversation(self) -> FakeConversation:
        return self.conversations.conversation

    def deps(self) -> AnswerDeps:
        self.generation = self.generation or Generation(
            "main-model", "spare-model", RetryPolicy(self.retries + 1, self.naps)
        )
        return AnswerDeps(
            Coordination(self.leases, self.queue, self.cancellations, self.limits),
            AnswerSource(
                saved=self.saved,
                cache=self.answers,
                model=self.model,
                generation=self.generation,
                prompt_config=self.prompt_config,
                files=Files(
                    self.files,
                    self.uploads,
                    self.documents,
                    MemoryBudget(64 * MEGABYTE),
                    50 * MEGABYTE,
                ),
                people=self.people,
                preferences=self.preferences,
                channels=self.channels,
                groups=self.groups,
                workspace=self.workspace,
                threads=self.threads,
            ),
            SlackDeps(
                self.conversations,
                self.budget,
                self.statuses,
                self.late_looks,
                self.cards_after_s,
            ),
            FollowUps(self.talks, Judge(self.judge, "spare-model", within_s=self.judge_within_s)),
            self.last_threads,
            RetryPolicy(4, self.naps, count_asked=False),
            self.deadline_s,
            self.stopping,
        )

    def cancelling(self) -> CancelDeps:
        return CancelDeps(self.cancellations, self.owners, self.queue)

    def dependencies(
        self,
        verifier: PushVerifier | None = None,
        checks: Mapping[str, ReadinessCheck] | None = None,
        models: Mapping[str, ReadinessCheck] | None = None,
    ) -> Dependencies:
        """What the routes work with; without a ``verifier`` every push is ours."""
        return Dependencies(
            verifier or NoVerification(),
            self.deps(),
            self.cancelling(),
            FeedbackDeps(self.votes, keeps_words=False),
            HomeDeps(
                self.people,
                self.preferences,
                self.usages,
                self.homes,
                "rev-7",
                lambda: NOON,
                sleep=self.naps,
            ),
            self._doctor(),
            Readiness(checks or {}),
            Readiness(models or {}),
            now=lambda: NOON,
        )

    def _doctor(self) -> ReportDeps:
        async def check_slack() -> None:
            return

        async def check_model(model: str) -> None:
            if model in self.broken_models:
                raise self.broken_models_say

        return ReportDeps(
            leases=self.leases,
            conversations=self.conversations,
            people=self.people,
            preferences=self.preferences,
            usage=self.usages,
            check_slack=check_slack,
            check_model=check_model,
            models={"GEMINI_MODEL": "main-model", "GEMINI_FALLBACK_MODEL": "x"},
            cache_ttl_s=3600,
            revision="rev-7",
            now=lambda: NOON,
        )

    async def answer(
        self,
        task: Task | None = None,
        message_id: str = "m1",
        *,
        again: bool = False,
        attempt: int = 1,
    ) -> Outcome:
        """One delivery of a task."""
        return await answer(task or a_task(), Delivery(message_id, again, attempt), self.deps())
