"""The count of outcomes."""

from command_service.envelope.metrics import NOBODY, count_event
from command_service.payloads.model import Click, NotAQuestion, Question
from command_service.use_cases.policy import Rejected
from command_service.use_cases.submit import Accepted, SubmitOutcome
from shared.task import Kind, Task


def count(trigger: Question | Click | Task | NotAQuestion, outcome: SubmitOutcome) -> None:
    """Count the outcome of one event, command or click."""
    source = NOBODY if isinstance(trigger, NotAQuestion) else trigger.source
    kind = _kind(trigger)
    if isinstance(outcome, Accepted):
        count_event(source, "accepted", kind=kind)
    elif isinstance(outcome, Rejected):
        refused = "ignored" if isinstance(trigger, NotAQuestion) else "refused"
        count_event(source, refused, outcome.reason, kind)
    else:
        count_event(source, "handed_back", outcome.error.reason, kind)


def _kind(trigger: Question | Click | Task | NotAQuestion) -> str:
    if isinstance(trigger, NotAQuestion):
        return NOBODY
    return trigger.kind if isinstance(trigger, Task) else Kind.QUESTION
