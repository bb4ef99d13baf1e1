"""The dependencies of the routes."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from processor_service.answering.deps import AnswerDeps
from processor_service.api.in_flight import InFlight
from processor_service.api.push_auth import PushVerifier
from processor_service.api.readiness import Readiness
from processor_service.features.app_home import HomeDeps
from processor_service.features.cancel import CancelDeps
from processor_service.features.doctor import ReportDeps
from processor_service.features.feedback import FeedbackDeps
from shared import clock


@dataclass(frozen=True)
class Dependencies:
    """Everything behind the routes; ``models`` asks each of them a tiny question.

    Opened by ``app.open_dependencies``; tests make it of fakes.
    """

    verifier: PushVerifier
    answering: AnswerDeps
    cancel: CancelDeps
    feedback: FeedbackDeps
    home: HomeDeps
    doctor: ReportDeps
    readiness: Readiness
    models: Readiness
    under_way: InFlight = field(default_factory=InFlight)
    now: Callable[[], datetime] = clock.now
