"""Reactions: an emoji that a person puts on a message asks about it, once a person and message.

A reaction is a message shortcut without a dialogue, and its payload has no words. The command
service looks at the message before it queues anything, and leaves the words to the processor, which
reads them when it answers. So a message that is deleted in between is kept nowhere else.
"""

import asyncio
from dataclasses import dataclass, replace

from command_service.envelope.ack_deadline import at_most_s
from command_service.payloads.model import Identity, NotAQuestion, Question, Reactor, RejectReason
from command_service.payloads.shortcuts import subject_of
from command_service.ports import ReactedMessages
from command_service.use_cases.policy import admit
from command_service.use_cases.submit import HandedBack, SubmitDeps, SubmitOutcome, submit
from shared.errors import RetryableError
from shared.slack.message import Message
from shared.slack.reading.said import said_in
from shared.telemetry.log import bound_task, get_logger

log = get_logger(__name__)

# Slack waits 3 s for the ack, and publishing needs the larger part.
_READ_WITHIN_S = 1.0


@dataclass(frozen=True)
class ReactionDeps:
    """Dependencies of ``accept_reaction``."""

    submit_deps: SubmitDeps
    messages: ReactedMessages
    identity: Identity
    read_within_s: float = _READ_WITHIN_S


async def accept_reaction(trigger: Question | NotAQuestion, deps: ReactionDeps) -> SubmitOutcome:
    """Accept what a reaction asks, by the rules for mentions.

    Reactions of apps are ignored, and so are reactions on messages that are gone or that we cannot
    read. While Slack does not show us the message, the event stays unacked and comes again.
    """
    if isinstance(trigger, Question) and _may_look(trigger, deps.submit_deps):
        with bound_task(trigger.task_id):
            try:
                trigger = await _looked_at(trigger, deps)
            except RetryableError as error:
                log.warning(
                    "A message with a reaction cannot be read now; Slack is to send it again.",
                    action="reaction_handed_back",
                    reason=error.reason,
                    why=str(error),
                )
                return HandedBack(error)
    return await submit(trigger, deps.submit_deps)


def _may_look(question: Question, deps: SubmitDeps) -> bool:
    """Whether to ask Slack: not for a user who is refused anyway."""
    if deps.access.denied is not None or admit(question, deps.policy) is not None:
        return False
    return deps.throttle.try_acquire(question.user_id, question.task_id)


async def _looked_at(question: Question, deps: ReactionDeps) -> Question | NotAQuestion:
    place = question.channel_id, question.subject.message_ts if question.subject else ""
    try:
        async with asyncio.timeout(at_most_s(deps.read_within_s)):
            message, reactor = await asyncio.gather(
                deps.messages.message_at(*place), deps.messages.reactor(question.user_id)
            )
    except TimeoutError as error:
        raise RetryableError(
            f"Slack did not return the message within {deps.read_within_s} s."
        ) from error
    if not reactor.is_person:
        return NotAQuestion(RejectReason.BOT_MESSAGE)
    # Slack keeps a stand-in of a deleted message that has replies.
    if message is None or message.get("subtype") == "tombstone":
        return NotAQuestion(RejectReason.NOT_A_QUESTION)
    if deps.identity.our_bot.sent(message):
        return NotAQuestion(RejectReason.OWN_MESSAGE)
    return _about(question, message, reactor, deps)


def _about(question: Question, message: Message, reactor: Reactor, deps: ReactionDeps) -> Question:
    """The question with the facts that the event has left out; with its words only if it is
    refused.
    """
    asked, identity = question.subject, deps.identity
    if asked is None:
        return question
    thread_ts = message.get("thread_ts")
    answered_in = None if question.private else thread_ts or asked.message_ts
    at_home = reactor.team_id in {None, identity.team_id, identity.enterprise_id}
    found = replace(
        question,
        subject=subject_of(asked.purpose, asked.channel_id, asked.message_ts, message, identity),
        thread_ts=answered_in,
        recipient=replace(question.recipient, thread_ts=thread_ts),
        external=question.external or not at_home,
    )
    with_words = replace(found, text=said_in(message, identity.our_bot).text)
    return found if admit(with_words, deps.submit_deps.policy) is None else with_words
