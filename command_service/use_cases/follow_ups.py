"""A message without a mention: in a thread where we have answered it may be a question. The
processor, which reads the thread, decides to whom it speaks; until then nobody sees a sign of us.

Slack's event says whether we began the thread; else the thread is read, at most once in a while,
and only so many threads a minute; beyond that the message waits its turn, acked. If Slack does not
answer in time, its redelivery decides, as for a question that cannot be queued.
"""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Final

from command_service.envelope.ack_deadline import at_most_s
from command_service.payloads.model import NotAQuestion, Question, RejectReason
from command_service.ports import ChannelHistory
from command_service.use_cases.deferred_follow_ups import DeferredFollowUps
from command_service.use_cases.policy import admit
from command_service.use_cases.submit import (
    Accepted,
    HandedBack,
    SubmitDeps,
    SubmitOutcome,
    count,
    submit,
    where_it_is,
)
from command_service.use_cases.throttle import REMARKS_PER_MINUTE, Cooldown, PerUserThrottle
from shared.bounded import BoundedMap
from shared.errors import RetryableError, SlackRefused
from shared.ledger import TELLS_ONLY, Ledger
from shared.slack.message import Message
from shared.slack.message_text import mentions
from shared.slack.reading.said import markup_of
from shared.telemetry.log import bound_task, get_logger

log = get_logger(__name__)

LOOK_WITHIN_S = 1.0
"""Publishing needs the larger part of the time until the ack."""
LOOKS_PER_MINUTE = 20
"""Reading a thread is limited to some 50 calls a minute (docs.slack.dev, rate limits: Tier 3); the
processor, which cannot answer without it, keeps the larger share.
"""
# Slack may tell of a mention in a group direct message by two events, one right after the other.
_TWINS_WITHIN_S = 60.0
# Slack's last redelivery comes some six minutes after the event (docs.slack.dev, Events API).
_REDELIVERED_FOR_S = 600.0
_PAGES = 3
_REMEMBERED = 5_000
_NOT_OURS_FOR_S = 60.0
# Another instance may have answered there meanwhile, and answers stay.
_OURS_FOR_S = 24 * 3600.0


class UnknownThread(RetryableError):
    """Whether we have answered in a thread could not be found out in time."""

    reason = "thread_unknown"


NEVER: Final = float("inf")
"""The start of our part in a thread without an answer of ours."""


class JoinedThreads:
    """The threads we take part in, each with the Slack ts of our start, remembered for a while."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._known: BoundedMap[tuple[str, str], float] = BoundedMap(_REMEMBERED, clock=clock)

    def note(self, thread: tuple[str, str], since: float) -> None:
        """Remember the earliest ``since``; beyond some thousands the oldest is forgotten."""
        known = self.ours_since(thread)
        since = since if known is None else min(since, known)
        kept_s = _NOT_OURS_FOR_S if since == NEVER else _OURS_FOR_S
        self._known.put(thread, since, kept_s)

    def ours_since(self, thread: tuple[str, str]) -> float | None:
        """The start of our part there, if known; ``NEVER`` if we have not answered there."""
        return self._known.get(thread)


@dataclass(frozen=True)
class FollowUpDeps:
    """Dependencies of follow-ups. Without ``submit_deps.following`` only mentions ask in channels.

    ``remarks`` bounds one user's messages that are passed on. They may be meant for colleagues, so
    they take nothing from the user's questions, and a refusal is silent. ``offered`` are the edits
    whose authors were asked whether they want another answer, ``threads`` those we take part in,
    ``heard`` the messages that an event has told of, ``later`` the follow-ups that wait.
    """

    submit_deps: SubmitDeps
    history: ChannelHistory
    ledger: Ledger
    look_within_s: float = LOOK_WITHIN_S
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
    remarks: PerUserThrottle = field(default_factory=lambda: PerUserThrottle(REMARKS_PER_MINUTE))
    offered: Cooldown = field(default_factory=lambda: Cooldown(_REDELIVERED_FOR_S))
    _looks: deque[float] = field(default_factory=lambda: deque(maxlen=LOOKS_PER_MINUTE))

    @cached_property
    def threads(self) -> JoinedThreads:
        """One for all messages."""
        return JoinedThreads(self.clock)

    @cached_property
    def heard(self) -> Cooldown:
        """One for all messages."""
        return Cooldown(_TWINS_WITHIN_S, _REMEMBERED, self.clock)

    @cached_property
    def later(self) -> DeferredFollowUps:
        """One line for all of them."""
        background = self.submit_deps.background
        return DeferredFollowUps(background, self._delay_s, self._settle, self.clock, self.sleep)

    def may_look(self) -> bool:
        """Count one more look if it fits into this minute; whether it does."""
        if self._until_look_s() > 0:
            return False
        self._looks.append(self.clock())
        return True

    def _until_look_s(self) -> float:
        all_used = len(self._looks) == LOOKS_PER_MINUTE
        return max(0.0, self._looks[0] + 60.0 - self.clock()) if all_used else 0.0

    def ours_since(self, question: Question) -> float | None:
        """The start of our part in its thread, if known without asking Slack."""
        if question.thread_by == self.ledger.our_bot.user_id:
            self.threads.note(_thread(question), float(question.thread_ts or 0))
        return self.threads.ours_since(_thread(question))

    def _delay_s(self, question: Question) -> float:
        return 0.0 if self.ours_since(question) is not None else self._until_look_s()

    async def _settle(self, question: Question, late: bool) -> SubmitOutcome:
        outcome = (
            await submit(NotAQuestion(RejectReason.DROPPED), self.submit_deps)
            if late
            else await accept_message(question, self, its_turn=True)
        )
        count(question, outcome)
        return outcome


async def accept_message(
    trigger: Question | NotAQuestion, deps: FollowUpDeps, *, its_turn: bool = False
) -> SubmitOutcome:
    """Submit the question of a message. A follow-up that is not allowed, or in a thread that is not
    ours, is ignored silently: its author spoke to others. If its thread may not be read now, it is
    postponed until ``its_turn``.
    """
    if isinstance(trigger, NotAQuestion):
        return await submit(trigger, deps.submit_deps)
    if trigger.follow_up:
        with bound_task(trigger.task_id):
            refused = await why_not_follow_up(trigger, deps, its_turn=its_turn)
        if isinstance(refused, HandedBack):
            return refused
        if refused == NotAQuestion(RejectReason.POSTPONED) and not deps.later.add(trigger):
            refused = NotAQuestion(RejectReason.DROPPED)
        if refused is not None:
            return await submit(refused, deps.submit_deps)
    elif not deps.heard.take(trigger.task_id):
        # Another event has just told of it: its sign, or its refusal, is shown already.
        trigger = replace(trigger, redelivered=True)
    if trigger.subject is not None:
        # Its event describes the direct messages where it was asked, not the channel open beside
        # them.
        trigger = await where_it_is(trigger, deps.submit_deps)
    outcome = await submit(trigger, deps.submit_deps)
    if isinstance(outcome, Accepted):
        deps.threads.note(_thread(trigger), _ts(trigger))
    return outcome


def note_shown(outcome: SubmitOutcome, deps: FollowUpDeps) -> None:
    """Take part from now on in the thread where a reaction's question will be shown."""
    if isinstance(outcome, Accepted) and (thread_ts := outcome.task.shown_below) is not None:
        task = outcome.task
        deps.threads.note((task.channel_id, thread_ts), task.occurred_at.timestamp())


def _thread(question: Question) -> tuple[str, str]:
    return question.channel_id, question.thread_ts or ""


def _ts(question: Question) -> float:
    return float(question.message_ts or 0)


async def why_not_follow_up(
    question: Question, deps: FollowUpDeps, *, its_turn: bool = False
) -> NotAQuestion | HandedBack | None:
    """Why the message is no question to us; None if it is one."""
    submit_deps = deps.submit_deps
    if submit_deps.following is None or admit(question, submit_deps.policy) is not None:
        return NotAQuestion(RejectReason.NOT_FOLLOWED)
    thread = _thread(question)
    since = deps.ours_since(question)
    if since is None:
        # Waiting follow-ups come first.
        if (deps.later and not its_turn) or not deps.may_look():
            return NotAQuestion(RejectReason.POSTPONED)
        try:
            since = await _looked_up(question, deps)
        except RetryableError as error:
            log.warning(
                "It is unknown whether a message follows up; Slack is to send it again.",
                action="follow_up_handed_back",
                reason=error.reason,
                why=str(error),
            )
            return HandedBack(error)
        deps.threads.note(thread, since)
    # A message written before we joined, and delivered late, was not meant for us.
    if since > _ts(question):
        return NotAQuestion(RejectReason.NOT_FOLLOWED)
    passes = deps.remarks.try_acquire(question.user_id, question.task_id)
    return None if passes else NotAQuestion(RejectReason.DROPPED)


async def was_followed(question: Question, deps: FollowUpDeps) -> bool:
    """Whether we have answered this very message, as far as that can be read now."""
    never = deps.submit_deps.following is None or deps.ours_since(question) == NEVER
    if never or not deps.may_look():
        return False
    try:
        async with asyncio.timeout(at_most_s(deps.look_within_s)):
            return await _has_answer(question, deps)
    except (RetryableError, SlackRefused, TimeoutError):
        return False


async def _has_answer(question: Question, deps: FollowUpDeps) -> bool:
    thread = _thread(question)
    async for messages in _pages(thread, question.message_ts or "0", deps):
        marks = (deps.ledger.mark_of(one, question.channel_id) for one in messages)
        if any(mark is not None and mark.task_id == question.task_id for mark in marks):
            return True
    return False


async def _pages(
    thread: tuple[str, str], since: str, deps: FollowUpDeps
) -> AsyncIterator[tuple[Message, ...]]:
    cursor: str | None = None
    for _ in range(_PAGES):
        page = await deps.history.replies(*thread, since, cursor)
        yield page.items
        cursor = page.cursor
        if cursor is None:
            return


async def _looked_up(question: Question, deps: FollowUpDeps) -> float:
    try:
        async with asyncio.timeout(at_most_s(deps.look_within_s)):
            return await _ours_since(_thread(question), deps)
    except TimeoutError as error:
        raise UnknownThread("Slack did not give the thread back in time.") from error
    except SlackRefused as refused:
        log.info("A thread cannot be read.", action="thread_unread", reason=refused.reason)
        return NEVER


async def _ours_since(thread: tuple[str, str], deps: FollowUpDeps) -> float:
    """The ts at which we were first spoken to, or spoke, in a thread whose first pages hold a
    message of ours other than a failure notice; else ``NEVER``.
    """
    channel_id, _ = thread
    began = NEVER
    async for messages in _pages(thread, "0", deps):
        involve_us = [one for one in messages if _involves(one, channel_id, deps.ledger)]
        began = min([began, *(float(one["ts"]) for one in involve_us)])
        if any(_is_answer(message, channel_id, deps.ledger) for message in messages):
            return began
    return NEVER


def _involves(message: Message, channel_id: str, ledger: Ledger) -> bool:
    mentioned = mentions(markup_of(message), ledger.our_bot.user_id)
    return mentioned or _is_answer(message, channel_id, ledger)


def _is_answer(message: Message, channel_id: str, ledger: Ledger) -> bool:
    """A stream has no mark before its end."""
    mark = ledger.mark_of(message, channel_id)
    return ledger.our_bot.sent(message) and (mark is None or mark.role not in TELLS_ONLY)
