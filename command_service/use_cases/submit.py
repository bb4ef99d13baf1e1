"""The main use case: a question becomes a task in the queue, or is refused."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from command_service.envelope.ack_deadline import at_most_s
from command_service.envelope.metrics import NOBODY, count_event, publishing
from command_service.payloads.model import (
    AskingReaction,
    EphemeralTarget,
    NotAQuestion,
    Question,
    RejectReason,
)
from command_service.ports import Access, Keeping, Locales, TaskQueue, UserSignals
from command_service.texts.replies import QUESTION_KEPT, TOLD, refusal
from command_service.use_cases.channel_facts import ChannelFacts
from command_service.use_cases.policy import Policy, Rejected, admit
from command_service.use_cases.throttle import PRESSES_PER_MINUTE, PerUserThrottle
from shared import clock
from shared.background import Background
from shared.errors import QueueUnavailable, RetryableError, SlackDenied
from shared.task import Following, Locale, Source, Task, Texts
from shared.telemetry.log import bound_task, get_logger
from shared.telemetry.tracing import trace_context

log = get_logger(__name__)

# An envelope's own deadline is shorter when it had to wait for a slot.
PUBLISH_WITHIN_S = 2.5

LOCALE_WITHIN_S: Final = 0.4
"""A new user waits so long for their own language: Slack usually says within 200 ms."""

# Slack redelivers events only: commands, clicks and shortcuts are told about otherwise.
_REDELIVERED = frozenset({Source.MENTION, Source.DM})

# Each edit of an answer comes back to us as an event, and so do all messages and reactions in
# channels.
_EXPECTED = frozenset(
    {
        RejectReason.OWN_MESSAGE,
        RejectReason.NOT_FOLLOWED,
        RejectReason.POSTPONED,
        RejectReason.MESSAGE_CHANGED,
        RejectReason.OTHER_REACTION,
    }
)


@dataclass(frozen=True)
class SubmitDeps:
    """Dependencies of ``submit``. ``following``: how the processor decides on follow-ups, if at
    all. ``asking``: the reaction that asks, if one does.
    """

    queue: TaskQueue
    kept: Keeping
    access: Access
    replies: UserSignals
    locales: Locales
    background: Background
    policy: Policy
    channel_facts: ChannelFacts
    throttle: PerUserThrottle
    following: Following | None
    asking: AskingReaction | None
    presses: PerUserThrottle = field(default_factory=lambda: PerUserThrottle(PRESSES_PER_MINUTE))
    publish_within_s: float = PUBLISH_WITHIN_S
    now: Callable[[], datetime] = clock.now


@dataclass(frozen=True)
class Accepted:
    """The queue has confirmed the task: Slack may be acked."""

    task: Task


@dataclass(frozen=True)
class HandedBack:
    """The queue has not confirmed the task: Slack must not get an ack.

    ``reason`` is for users, where Slack does not deliver again.
    """

    error: RetryableError

    @property
    def reason(self) -> RejectReason:
        """``SLACK_DENIED`` if only an admin can help, else ``QUEUE_UNAVAILABLE``."""
        denied = isinstance(self.error, SlackDenied)
        return RejectReason.SLACK_DENIED if denied else RejectReason.QUEUE_UNAVAILABLE


SubmitOutcome = Accepted | Rejected | HandedBack


async def submit(trigger: Question | NotAQuestion, deps: SubmitDeps) -> SubmitOutcome:
    """Publish the question as a task, and show the user a sign without waiting for it.

    The sign begins with the publishing, so that it comes before the quickest answer. Equal triggers
    give equal tasks, so accepting one twice is harmless. A redelivered event shows no sign: its
    answer may be posted already, and nothing would clear it. A slash command's refusal is its ack's
    text. A user over the throttle is told once a minute, and the question goes no further. While
    Slack denies our token nothing is accepted: it could not be answered. A follow-up shows nothing
    at all: the processor decides whether it is one.
    """
    if isinstance(trigger, NotAQuestion):
        return _ignored(trigger)
    with bound_task(trigger.task_id):
        if deps.access.denied is not None:
            return _handed_back(trigger, deps.access.denied)
        if not (trigger.follow_up or deps.throttle.try_acquire(trigger.user_id, trigger.task_id)):
            return _refused(trigger, Rejected(RejectReason.TOO_MANY_QUESTIONS), deps)
        if (reason := admit(trigger, deps.policy)) is not None:
            return _refused(trigger, Rejected(reason), deps)
        task = _task(trigger, deps)
        _show_thinking(trigger, task, deps)
        try:
            await publish(task, deps)
        except QueueUnavailable as error:
            _hide_thinking(trigger, deps)
            _keep(trigger, task, deps)
            return _handed_back(trigger, error)
        log.info(
            "A question was accepted.",
            action="question_accepted",
            source=trigger.source,
            redelivered=trigger.redelivered,
        )
        return Accepted(task)


async def where_it_is(question: Question, deps: SubmitDeps) -> Question:
    """``question`` with the fact that its payload left out: whether it was asked in a shared
    channel.

    If that is unknown, only the user sees a command's answer. Slack is not asked for a question
    that is refused anyway, or if it makes no difference.
    """
    if deps.access.denied is not None or deps.policy.external_channels:
        return question
    if admit(question, deps.policy) is not None:
        return question
    external = await deps.channel_facts.is_external_for(question.user_id, question)
    if external:
        return replace(question, external=True)
    if external is None and question.source is Source.SLASH_COMMAND:
        return replace(question, private=True)
    return question


def _task(question: Question, deps: SubmitDeps) -> Task:
    """The question's task: a field that both have has the same name in both."""
    added = {
        "locale": deps.locales.of(question.user_id),
        "follow_up": deps.following if question.follow_up else None,
        "received_at": deps.now(),
    }
    return Task.model_validate({**vars(question), **added})


async def publish(task: Task, deps: SubmitDeps) -> None:
    """Publish the task within the time Slack leaves us; raises QueueUnavailable."""
    within_s = at_most_s(deps.publish_within_s)
    with publishing(task):
        try:
            async with asyncio.timeout(within_s):
                await deps.queue.publish(task, task.attributes(trace_context()))
        except TimeoutError as error:
            raise QueueUnavailable(f"The queue did not confirm within {within_s:.1f} s.") from error


def _show_thinking(question: Question, task: Task, deps: SubmitDeps) -> None:
    if _shows_thinking(question):
        locale = partial(locale_to_tell, task.user_id, deps)
        thinking = deps.replies.show_thinking(question, locale)
        deps.background.start(thinking, f"thinking:{task.task_id}")


def _hide_thinking(question: Question, deps: SubmitDeps) -> None:
    if _shows_thinking(question):
        hiding = deps.replies.hide_thinking(question)
        deps.background.start(hiding, f"hiding:{question.task_id}")


def _shows_thinking(question: Question) -> bool:
    return not (question.thread_ts is None or question.redelivered or question.follow_up)


def _keep(question: Question, task: Task, deps: SubmitDeps) -> None:
    """Keep a message's question, and tell its user once: Slack redelivers the event for some six
    minutes only. Nobody is told of a message that may be meant for others.
    """
    if question.message_ts is None or question.redelivered or question.source not in _REDELIVERED:
        return
    if question.follow_up:
        return
    deps.kept.keep(task)
    say(QUESTION_KEPT, question.recipient, f"kept:{question.task_id}", deps)


def _refused(question: Question, refused: Rejected, deps: SubmitDeps) -> Rejected:
    log.info(
        "A question was refused.",
        action="question_refused",
        reason=refused.reason,
        source=question.source,
        redelivered=question.redelivered,
    )
    if refused.reason is RejectReason.THANKS and not question.redelivered:
        reaction = deps.replies.acknowledge(question)
        deps.background.start(reaction, f"thanks:{question.task_id}")
    if (
        refused.reason in TOLD
        and not question.redelivered
        and question.source is not Source.SLASH_COMMAND
    ):
        say_refusal(refused.reason, question.recipient, question.task_id, deps)
    return refused


async def locale_to_tell(user_id: str, deps: SubmitDeps) -> Locale:
    """The language of a text to the user now. A new user's language is waited for, within the ack's
    time.

    A question that is only accepted does not wait for it: the processor looks it up itself.
    """
    try:
        async with asyncio.timeout(at_most_s(LOCALE_WITHIN_S)):
            return await deps.locales.found(user_id)
    except TimeoutError:
        return deps.locales.of(user_id)


def refusal_texts(reason: RejectReason, deps: SubmitDeps, option: str = "") -> Texts:
    """The refusal's text with what the operator has set."""
    limit = deps.policy.max_prompt_chars
    return refusal(reason, max_prompt_chars=limit, option=option, asking=deps.asking)


async def refusal_text(reason: RejectReason, user_id: str, deps: SubmitDeps) -> str:
    """The refusal's text, in the user's language."""
    return refusal_texts(reason, deps)[await locale_to_tell(user_id, deps)]


def say_refusal(
    reason: RejectReason, recipient: EphemeralTarget, task_id: str, deps: SubmitDeps
) -> None:
    """Show the refusal to its user alone, without waiting for it; that of a throttled request not
    more than once a minute.
    """
    throttled = reason is RejectReason.TOO_MANY_QUESTIONS
    if not throttled or deps.throttle.may_tell(recipient.user_id):
        say(refusal_texts(reason, deps), recipient, f"refusal:{task_id}", deps)


def say(texts: Texts, recipient: EphemeralTarget, name: str, deps: SubmitDeps) -> None:
    """Show a text to one user alone, without waiting for it. ``name`` is the work's, for logs."""

    async def tell() -> None:
        locale = await locale_to_tell(recipient.user_id, deps)
        await deps.replies.tell(recipient, texts[locale])

    deps.background.start(tell(), name)


def _handed_back(question: Question, error: RetryableError) -> HandedBack:
    log.warning(
        "A question could not be taken now.",
        action="question_handed_back",
        reason=error.reason,
        why=str(error),
        source=question.source,
        redelivered=question.redelivered,
    )
    return HandedBack(error)


def _ignored(trigger: NotAQuestion) -> Rejected:
    tell = log.debug if trigger.reason in _EXPECTED else log.info
    tell("An event was ignored.", action="event_ignored", reason=trigger.reason)
    return Rejected(trigger.reason)


def count(trigger: Question | Task | NotAQuestion, outcome: SubmitOutcome) -> None:
    """Count the outcome of one event, command or click."""
    if isinstance(trigger, NotAQuestion):
        source, kind, refused = NOBODY, NOBODY, "ignored"
    else:
        source, kind, refused = trigger.source, trigger.kind, "refused"
    if isinstance(outcome, Accepted):
        count_event(source, "accepted", kind=kind)
    elif isinstance(outcome, Rejected):
        count_event(source, refused, outcome.reason, kind)
    else:
        count_event(source, "handed_back", outcome.error.reason, kind)
