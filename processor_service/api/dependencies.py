"""What the routes work with."""

from dataclasses import dataclass, field

from processor_service.answering.deps import AnswerDeps
from processor_service.api.in_flight import InFlight
from processor_service.api.push_auth import PushVerifier
from processor_service.api.readiness import Readiness
from processor_service.features.feedback import FeedbackDeps
from processor_service.features.side_tasks import SideTaskDeps
from processor_service.resilience.cancellation import CancelDeps


@dataclass(frozen=True)
class Dependencies:
    """Everything behind the routes; ``models`` asks each of them a tiny question.

    Opened by ``app.open_dependencies``, made by tests of fakes."""

    verifier: PushVerifier
    answering: AnswerDeps
    stopping: CancelDeps
    listening: FeedbackDeps
    asides: SideTaskDeps
    readiness: Readiness
    models: Readiness
    under_way: InFlight = field(default_factory=InFlight)
