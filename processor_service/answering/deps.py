"""The dependencies of answering."""

from dataclasses import dataclass, field

from processor_service.answering.generation import Generation
from processor_service.attachments.attach import Files
from processor_service.delivery.thread_status import Statuses
from processor_service.following.follow_up import FollowUps
from processor_service.ports.answers import Answers
from processor_service.ports.conversations import Conversations, ThreadReader
from processor_service.ports.limits import Limits, RateBudget
from processor_service.ports.model import Model
from processor_service.ports.people import Channels, Groups, People, PreferenceStore, Workspace
from processor_service.ports.talks import LastThreads
from processor_service.ports.work import Cancellations, Leases, ThreadQueue
from processor_service.prompt.build import PromptConfig
from processor_service.resilience.late_looks import LateLooks
from processor_service.resilience.stopping import Stopping
from shared.retry import RetryPolicy


@dataclass(frozen=True)
class Coordination:
    """Keeps workers apart, and the questions of a thread or a person."""

    leases: Leases
    queue: ThreadQueue
    cancellations: Cancellations
    limits: Limits


@dataclass(frozen=True)
class AnswerSource:
    """Where an answer comes from. ``cache`` is for equal questions; ``saved`` keeps the model's
    answer to a task until it is posted in Slack, whether or not the cache is on.
    """

    saved: Answers
    cache: Answers
    model: Model
    generation: Generation
    prompt_config: PromptConfig
    files: Files
    people: People
    preferences: PreferenceStore
    channels: Channels
    groups: Groups
    workspace: Workspace
    threads: ThreadReader


@dataclass(frozen=True)
class SlackDeps:
    """Where an answer goes. Steps are task cards after ``cards_after_s``."""

    conversations: Conversations
    budget: RateBudget
    statuses: Statuses
    late_looks: LateLooks
    cards_after_s: float = 1.0


@dataclass(frozen=True)
class AnswerDeps:
    """Everything that answering a question needs."""

    coordination: Coordination
    source: AnswerSource
    slack: SlackDeps
    follow_ups: FollowUps
    last_threads: LastThreads
    retry_policy: RetryPolicy
    deadline_s: float
    stopping: Stopping = field(default_factory=Stopping)
