"""What the routes work with."""

from dataclasses import dataclass, field

from processor_service.answering.deps import Answering
from processor_service.api.in_flight import UnderWay
from processor_service.api.push_auth import PushVerifier
from processor_service.api.readiness import Readiness
from processor_service.features.feedback import Listening
from processor_service.features.side_tasks import Asides
from processor_service.resilience.cancellation import Stopping


@dataclass(frozen=True)
class Dependencies:
    """Everything behind the routes; ``models`` asks each of them a tiny question.

    Opened by ``app.open_dependencies``, made by tests of fakes."""

    verifier: PushVerifier
    answering: Answering
    stopping: Stopping
    listening: Listening
    asides: Asides
    readiness: Readiness
    models: Readiness
    under_way: UnderWay = field(default_factory=UnderWay)
