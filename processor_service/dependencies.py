"""What the routes work with."""

from dataclasses import dataclass, field

from processor_service.asides import Asides
from processor_service.equipment import Answering
from processor_service.feedback import Listening
from processor_service.health import Readiness
from processor_service.oidc import PushVerifier
from processor_service.stopping import Stopping
from processor_service.under_way import UnderWay


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
