"""Regenerate, Retry and the like: a question is asked once more."""

import asyncio
from dataclasses import dataclass

from command_service.envelope.ack_deadline import at_most_s
from command_service.payloads.buttons import question_again
from command_service.payloads.model import (
    Click,
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
    say_refusal,
    submit,
)
from shared.channel_ids import is_direct
from shared.errors import RetryableError, SlackDenied
from shared.slack.message import MessageRef
from shared.telemetry.log import bound_task, get_logger

log = get_logger(__name__)

# Slack shows an error when a click is not acked within 3 s; publishing needs the larger part.
READ_WITHIN_S = 1.5


@dataclass(frozen=True)
class AskAgainDeps:
    """Dependencies of ``ask_again``."""

    submit_deps: SubmitDeps
    questions: Questions
    read_within_s: float = READ_WITHIN_S


async def ask_again(click: Click | NotAQuestion, deps: AskAgainDeps) -> SubmitOutcome:
    """Read the question of a click again and accept it as a new task.

    Slack never redelivers a click, so the user is told about every failure, unless Slack denies our
    token and no message can be sent.
    """
    if isinstance(click, NotAQuestion):
        return await submit(click, deps.submit_deps)
    with bound_task(click.task_id):
        try:
            question = await _question_of(click, deps)
        except SlackDenied as denied:
            return HandedBack(denied)
        except RetryableError as error:
            return _prevented(
                click, RejectReason.QUESTION_UNREADABLE, deps.submit_deps, why=str(error)
            )
        if isinstance(question, RejectReason):
            return _prevented(click, question, deps.submit_deps)
        outcome = await submit(question, deps.submit_deps)
        if isinstance(outcome, HandedBack) and outcome.reason is not RejectReason.SLACK_DENIED:
            say_refusal(outcome.reason, click.recipient, click.task_id, deps.submit_deps)
        return outcome


async def _question_of(click: Click, deps: AskAgainDeps) -> Question | RejectReason:
    """The question to ask, or why not. Raises RetryableError when Slack could not be asked."""
    if not deps.submit_deps.throttle.try_acquire(click.user_id, click.task_id):
        return RejectReason.TOO_MANY_QUESTIONS
    asked = await _asked_at(click.place, deps)
    if asked is None:
        return RejectReason.QUESTION_GONE
    question = question_again(click, asked)
    return await _kept_out(click, question, deps.submit_deps) or question


async def _kept_out(click: Click, question: Question, deps: SubmitDeps) -> RejectReason | None:
    """The reason not to ask the question again there. A click's payload does not say whether its
    channel is shared by now, nor, for a button elsewhere (a notice in direct messages), whether the
    user may still read there; unknown counts as no.
    """
    policy, place = deps.policy, click.place.channel_id
    if admit(question, policy) is not None:
        return None
    if not policy.external_channels and (reason := await _shared(question, deps)) is not None:
        return reason
    if place == click.recipient.channel_id:
        return None
    may_read = await deps.channel_facts.may_read(click.user_id, place)
    if may_read is None:
        return RejectReason.QUESTION_UNREADABLE
    return None if may_read else RejectReason.NOT_A_MEMBER


async def _shared(question: Question, deps: SubmitDeps) -> RejectReason | None:
    subject = question.subject
    where = question.channel_id if subject is None else subject.channel_id
    facts = deps.channel_facts
    external = None if is_direct(where) else await facts.is_external_for(question.user_id, question)
    if external:
        return RejectReason.EXTERNAL_CHANNEL
    # An answer in direct messages, which only its user sees, needs no certainty.
    in_public = not is_direct(question.channel_id)
    return RejectReason.QUESTION_UNREADABLE if external is None and in_public else None


async def _asked_at(place: MessageRef, deps: AskAgainDeps) -> QuestionContent | None:
    try:
        async with asyncio.timeout(at_most_s(deps.read_within_s)):
            return await deps.questions.asked_at(place)
    except TimeoutError as error:
        raise RetryableError(
            f"Slack did not return the question within {deps.read_within_s} s."
        ) from error


def _prevented(
    click: Click, reason: RejectReason, deps: SubmitDeps, why: str | None = None
) -> Rejected:
    log.info(
        "A question could not be asked again.", action="question_refused", reason=reason, why=why
    )
    say_refusal(reason, click.recipient, click.task_id, deps)
    return Rejected(reason)
