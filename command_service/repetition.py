"""The use case of the Regenerate and Retry buttons: a question is asked once more."""

import asyncio
from dataclasses import dataclass

from command_service.admission import Refused
from command_service.clicks import question_again
from command_service.deadline import at_most_s
from command_service.intake import (
    HandedBack,
    Intake,
    Outcome,
    accept,
    may_tell,
    refusal_text,
)
from command_service.ports import Questions
from command_service.question import Asked, Click, Ignored, Place, Reason
from shared.errors import RetryableError, SlackDenied
from shared.log import bound_task, get_logger

log = get_logger(__name__)

# Slack shows an error when a click is not acked within 3 s; publishing needs the larger part.
READ_WITHIN_S = 1.5


@dataclass(frozen=True)
class Repetition:
    """What asking again needs."""

    intake: Intake
    questions: Questions
    read_within_s: float = READ_WITHIN_S


async def ask_again(click: Click | Ignored, using: Repetition) -> Outcome:
    """Read the question of a click again and accept it as a new task.

    Slack never redelivers a click, so whatever prevents it is told to the person who clicked,
    unless Slack denies our token and nobody can be told.
    """
    if isinstance(click, Ignored):
        return await accept(click, using.intake)
    with bound_task(click.task_id):
        if not using.intake.throttle.try_acquire(click.user_id, click.task_id):
            return _prevented(click, Reason.TOO_MANY_QUESTIONS, using.intake)
        try:
            asked = await _asked_at(click.place, using)
        except SlackDenied as denied:
            return HandedBack(denied)
        except RetryableError as error:
            return _prevented(click, Reason.QUESTION_UNREADABLE, using.intake, why=str(error))
        if asked is None:
            return _prevented(click, Reason.QUESTION_GONE, using.intake)
        outcome = await accept(question_again(click, asked), using.intake)
        if isinstance(outcome, HandedBack) and not isinstance(outcome.error, SlackDenied):
            _tell(click, Reason.QUEUE_UNAVAILABLE, using.intake)
        return outcome


async def _asked_at(place: Place, using: Repetition) -> Asked | None:
    try:
        async with asyncio.timeout(at_most_s(using.read_within_s)):
            return await using.questions.asked_at(place)
    except TimeoutError as error:
        raise RetryableError(
            f"Slack did not return the question within {using.read_within_s} s."
        ) from error


def _prevented(click: Click, reason: Reason, using: Intake, why: str | None = None) -> Refused:
    log.info(
        "A question could not be asked again.", action="question_refused", reason=reason, why=why
    )
    if may_tell(reason, click.user_id, using):
        _tell(click, reason, using)
    return Refused(reason)


def _tell(click: Click, reason: Reason, using: Intake) -> None:
    text = refusal_text(reason, click.user_id, using)
    using.background.start(using.replies.tell(click.recipient, text), f"refusal:{click.task_id}")
