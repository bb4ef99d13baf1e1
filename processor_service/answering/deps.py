"""The dependencies of answering."""

from dataclasses import dataclass

from processor_service.answering.generate import Generation
from processor_service.attachments.attach import Files
from processor_service.delivery.thread_status import Statuses
from processor_service.ports.answers import Answers
from processor_service.ports.conversations import Conversations, ThreadReader
from processor_service.ports.limits import Limits, RateBudget
from processor_service.ports.model import Model
from processor_service.ports.people import Channels, Groups, People, Workspace
from processor_service.ports.work import Cancellations, Leases, ThreadQueue
from processor_service.prompt.build import PromptConfig
from processor_service.resilience.late_looks import LateLooks
from shared.retry import RetryPolicy


@dataclass(frozen=True)
class AnswerDeps:
    """Everything that answering a question needs.

    ``answers`` is the cache for equal questions; ``saved`` keeps the model's answer to a task until
    it is posted in Slack, whether or not the cache is on.
    """

    leases: Leases
    answers: Answers
    saved: Answers
    model: Model
    conversations: Conversations
    people: People
    limits: Limits
    statuses: Statuses
    turns: ThreadQueue
    stops: Cancellations
    budget: RateBudget
    files: Files
    generation: Generation
    patience: RetryPolicy
    deadline_s: float
    workspace: Workspace
    prompt_config: PromptConfig
    threads: ThreadReader
    channels: Channels
    groups: Groups
    late_looks: LateLooks
