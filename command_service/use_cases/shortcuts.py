"""Message shortcuts: a message, and the purpose it is used for. Only the user sees the answer."""

from command_service.payloads.model import NotAQuestion, Question
from command_service.texts.replies import SHORTCUT_ACCEPTED
from command_service.use_cases.submit import (
    Accepted,
    HandedBack,
    SubmitDeps,
    SubmitOutcome,
    count,
    say,
    say_refusal,
    submit,
    where_it_is,
)


async def ask_about(question: Question | NotAQuestion, deps: SubmitDeps) -> SubmitOutcome:
    """Accept what a shortcut asks, and tell the user at once what happens with it.

    Slack shows nothing by itself and never redelivers a shortcut, so the user is told about
    failures, too; a response URL needs no token of ours.
    """
    if isinstance(question, Question):
        question = await where_it_is(question, deps)
    outcome = await submit(question, deps)
    count(question, outcome)
    if isinstance(question, Question) and isinstance(outcome, Accepted):
        say(SHORTCUT_ACCEPTED, question.recipient, f"shortcut:{question.task_id}", deps)
    elif isinstance(question, Question) and isinstance(outcome, HandedBack):
        say_refusal(outcome.reason, question.recipient, question.task_id, deps)
    return outcome
