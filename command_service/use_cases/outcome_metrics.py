"""What became of each event, command or click."""

from command_service.envelope.metrics import NOBODY, count_event
from command_service.payloads.model import Click, Ignored, Question
from command_service.use_cases.policy import Refused
from command_service.use_cases.submit import Accepted, Outcome
from shared.task import Kind, Task


def count(trigger: Question | Click | Task | Ignored, outcome: Outcome) -> None:
    """What became of one event, command or click."""
    source = NOBODY if isinstance(trigger, Ignored) else trigger.source
    kind = _kind(trigger)
    if isinstance(outcome, Accepted):
        count_event(source, "accepted", kind=kind)
    elif isinstance(outcome, Refused):
        refused = "ignored" if isinstance(trigger, Ignored) else "refused"
        count_event(source, refused, outcome.reason, kind)
    else:
        count_event(source, "handed_back", outcome.error.reason, kind)


def _kind(trigger: Question | Click | Task | Ignored) -> str:
    if isinstance(trigger, Ignored):
        return NOBODY
    return trigger.kind if isinstance(trigger, Task) else Kind.QUESTION
