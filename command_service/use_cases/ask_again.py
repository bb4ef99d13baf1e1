"""The use case of the Regenerate and Retry buttons: a question is asked once more."""

import asyncio
from dataclasses import dataclass

from command_service.envelope.ack_deadline import at_most_s
from command_service.payloads.buttons import question_again
from command_service.payloads.model import (
    Click,
    MessageRef,
    NotAQuestion,
    Question,
    QuestionContent,
    RejectReason,
)
from command_service.ports import Questions
from command_service.use_cases.policy import Rejected, admit
from command_service.use_cases.submit import (
    HandedBack,
    SubmitDeps,
    SubmitOutcome,
    may_tell,
    refusal_text,
    submit,
)
from shared.errors import RetryableError, SlackDenied
from shared.telemetry.log import bound_task, get_logger

log = get_logger(__name__)

# Slack shows an error when a click is not acked within 3 s; publishing needs the larger part.
READ_WITHIN_S = 1.5


@dataclass(frozen=True)
class AskAgainDeps:
    """What asking again needs."""

    intake: SubmitDeps
    questions: Questions
    read_within_s: float = READ_WITHIN_S


async def ask_again(click: Click | NotAQuestion, using: AskAgainDeps) -> SubmitOutcome:
    """Read the question of a click again and accept it as a new task.

    Slack never redelivers a click, so whatever prevents it is told to the person who clicked,
    unless Slack denies our token and nobody can be told.
    """
    if isinstance(click, NotAQuestion):
        return await submit(click, using.intake)
    with bound_task(click.task_id):
        if not using.intake.throttle.try_acquire(click.user_id, click.task_id):
            return _prevented(click, RejectReason.TOO_MANY_QUESTIONS, using.intake)
        try:
            asked = await _asked_at(click.place, using)
        except SlackDenied as denied:
            return HandedBack(denied)
        except RetryableError as error:
            return _prevented(click, RejectReason.QUESTION_UNREADABLE, using.intake, why=str(error))
        question = None if asked is None else question_again(click, asked)
        reason = None if question is None else await _kept_out(click, question, using.intake)
        if question is None or reason is not None:
            return _prevented(click, reason or RejectReason.QUESTION_GONE, using.intake)
        outcome = await submit(question, using.intake)
        if isinstance(outcome, HandedBack) and not isinstance(outcome.error, SlackDenied):
            _tell(click, RejectReason.QUEUE_UNAVAILABLE, using.intake)
        return outcome


async def _kept_out(click: Click, question: Question, using: SubmitDeps) -> RejectReason | None:
    """Why the question is not asked again where it stands. The payload of a click tells neither
    whether its channel is shared by now, nor, for a button that stands elsewhere (a notice in
    direct messages), whether who clicks may still read there; what cannot be told is a no.
    """
    policy, place = using.policy, click.place.channel_id
    if isinstance(admit(question, policy), Rejected):
        return None
    if not policy.external_channels and (reason := await _shared(question, using)) is not None:
        return reason
    if place == click.recipient.channel_id:
        return None
    may_read = await using.sharing.may_read(click.user_id, place)
    if may_read is None:
        return RejectReason.QUESTION_UNREADABLE
    return None if may_read else RejectReason.NOT_A_MEMBER


async def _shared(question: Question, using: SubmitDeps) -> RejectReason | None:
    subject = question.subject
    where = question.channel_id if subject is None else subject.channel_id
    external = None if where.startswith("D") else await using.sharing.is_external(where)
    if external:
        return RejectReason.EXTERNAL_CHANNEL
    # What only its asker will see needs no certainty.
    in_public = subject is None and not where.startswith("D")
    return RejectReason.QUESTION_UNREADABLE if external is None and in_public else None


async def _asked_at(place: MessageRef, using: AskAgainDeps) -> QuestionContent | None:
    try:
        async with asyncio.timeout(at_most_s(using.read_within_s)):
            return await using.questions.asked_at(place)
    except TimeoutError as error:
        raise RetryableError(
            f"Slack did not return the question within {using.read_within_s} s."
        ) from error


def _prevented(
    click: Click, reason: RejectReason, using: SubmitDeps, why: str | None = None
) -> Rejected:
    log.info(
        "A question could not be asked again.", action="question_refused", reason=reason, why=why
    )
    if may_tell(reason, click.user_id, using):
        _tell(click, reason, using)
    return Rejected(reason)


def _tell(click: Click, reason: RejectReason, using: SubmitDeps) -> None:
    text = refusal_text(reason, click.user_id, using)
    using.background.start(using.replies.tell(click.recipient, text), f"refusal:{click.task_id}")
