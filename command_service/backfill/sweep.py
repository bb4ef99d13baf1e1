"""One sweep: reads missed questions back from Slack and accepts them."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from itertools import zip_longest
from math import inf

from command_service.backfill.paced_history import BackfillLimits, LimitReached, ThrottledHistory
from command_service.payloads.messages import read_back
from command_service.payloads.model import (
    KINDS,
    ConversationKind,
    Identity,
    JoinedConversation,
    Question,
    RejectReason,
)
from command_service.ports import ChannelHistory
from command_service.use_cases.policy import Rejected
from command_service.use_cases.submit import Accepted, HandedBack, SubmitDeps, submit
from shared.errors import RetryableError, SlackRefused
from shared.ledger import Ledger
from shared.retry import Retries, RetryPolicy, doubling
from shared.slack.message import Message
from shared.telemetry.log import get_logger
from shared.telemetry.metrics import CATCH_UP_QUESTIONS
from shared.telemetry.tracing import span

log = get_logger(__name__)

_BACK_OFF = doubling(1.0, 30.0)


@dataclass(frozen=True)
class BackfillDeps:
    """Dependencies of the backfill."""

    history: ChannelHistory
    submit_deps: SubmitDeps
    identity: Identity
    ledger: Ledger
    limits: BackfillLimits = field(default_factory=BackfillLimits)
    sleep: Callable[[float], Awaitable[None]] = asyncio.sleep


@dataclass
class SweepWindow:
    """The window of a sweep, in seconds since the epoch: after ``since``, up to ``until``.

    No further sweep over it reads or publishes the finished ``conversations``, ``threads`` and
    ``task_ids`` again.
    """

    since: float
    until: float
    conversations: set[str] = field(default_factory=set)
    threads: set[tuple[str, str]] = field(default_factory=set)
    task_ids: set[str] = field(default_factory=set)

    def holds(self, ts: str) -> bool:
        """Whether the message of this ts was written in the window."""
        return self.since < float(ts) <= self.until


@dataclass
class SweepReport:
    """The result of a sweep. ``unread``: conversations it could not read (``BackfillLimits``);
    ``failed``: those of them that Slack may let us read later. ``throttled``: questions of users
    who have asked too many at once.
    """

    pages: int = 0
    conversations: int = 0
    published: int = 0
    answered_before: int = 0
    refused: int = 0
    throttled: int = 0
    unread: int = 0
    failed: int = 0
    cut_short_by: str | None = None

    @property
    def is_incomplete(self) -> bool:
        """Whether another sweep over the same window may find more."""
        return self.cut_short_by is not None or self.failed > 0 or self.throttled > 0


class Sweep:
    """Finds the unanswered questions of a window and accepts them one by one.

    A question is answered when its thread holds an answer or a notice of ours for its task. Slash
    commands and clicks leave no trace to find.
    """

    def __init__(self, deps: BackfillDeps, window: SweepWindow) -> None:
        self._deps = deps
        self._window = window
        self._history = ThrottledHistory(deps.history, deps.limits, deps.sleep)
        self.report = SweepReport()

    async def run(self, refused_kinds: set[ConversationKind]) -> SweepReport:
        """Sweep once. A kind that Slack refuses to list joins ``refused_kinds``, with a warning."""
        try:
            async with asyncio.timeout(self._deps.limits.within_s):
                for conversation in await self._conversations(refused_kinds):
                    if conversation.id not in self._window.conversations:
                        await self._conversation(conversation)
        except LimitReached as reached:
            self.report.cut_short_by = reached.limit
        except TimeoutError:
            self.report.cut_short_by = "time"
        self.report.pages = self._history.pages
        return self.report

    async def _conversations(
        self, refused_kinds: set[ConversationKind]
    ) -> list[JoinedConversation]:
        """All kinds in turn, so that a limit cuts off none of them."""
        found = [await self._of_kind(kind, refused_kinds) for kind in KINDS]
        return [each for row in zip_longest(*found) for each in row if each is not None]

    async def _of_kind(
        self, kind: ConversationKind, refused_kinds: set[ConversationKind]
    ) -> list[JoinedConversation]:
        try:
            return [each async for each in self._history.conversations(kind)]
        except SlackRefused as error:
            if kind not in refused_kinds:
                refused_kinds.add(kind)
                log.warning(
                    "Slack does not let us look for missed questions there; the manifest names "
                    "the scopes.",
                    action="catch_up_refused",
                    kind=kind,
                    slack_error=error.slack_error,
                )
        except RetryableError as error:
            self._note_unread(kind, error)
        return []

    async def _conversation(self, conversation: JoinedConversation) -> None:
        throttled = self.report.throttled
        try:
            await self._read(conversation)
        except (RetryableError, SlackRefused) as error:
            self._note_unread(conversation.id, error)
            return
        self.report.conversations += 1
        if self.report.throttled == throttled:
            self._window.conversations.add(conversation.id)

    def _note_unread(self, where: str, error: RetryableError | SlackRefused) -> None:
        self.report.unread += 1
        self.report.failed += isinstance(error, RetryableError)
        log.warning(
            "The search for missed questions failed.",
            action="catch_up_unread",
            where=where,
            reason=error.reason,
            why=str(error),
        )

    async def _read(self, conversation: JoinedConversation) -> None:
        threads: set[str] = set()
        oldest = self._window.since - self._deps.limits.thread_age_s
        async for message in self._history.messages(conversation.id, oldest):
            thread_ts = message.get("thread_ts")
            if thread_ts is None:
                await self._take(conversation, message, frozenset())
            elif thread_ts not in threads and self._may_ask(message):
                threads.add(thread_ts)
                if (conversation.id, thread_ts) not in self._window.threads:
                    await self._thread(conversation, thread_ts)

    def _may_ask(self, message: Message) -> bool:
        """Whether the thread of a message may hold a new message that is not ours.

        Most threads are one question with our replies: they are answered without being read.
        """
        if "latest_reply" not in message:
            # A reply that was also sent to the channel.
            return self._window.holds(message["ts"])
        ours = {self._deps.identity.bot_user_id, self._deps.identity.bot_id}
        repliers = set(message.get("reply_users") or ())
        # Slack names only the first few repliers, but counts all of them.
        all_named = bool(repliers) and message.get("reply_users_count") == len(repliers)
        only_ours = all_named and repliers <= ours
        return float(message["latest_reply"]) > self._window.since and not only_ours

    async def _thread(self, conversation: JoinedConversation, thread_ts: str) -> None:
        replies = self._history.replies(conversation.id, thread_ts, self._window.since)
        thread = [message async for message in replies]
        marks = (self._deps.ledger.mark_of(message, conversation.id) for message in thread)
        answered = frozenset(one.task_id for one in marks if one and one.role != "question")
        throttled = self.report.throttled
        for message in thread:
            await self._take(conversation, message, answered)
        if self.report.throttled == throttled:
            self._window.threads.add((conversation.id, thread_ts))

    async def _take(
        self, conversation: JoinedConversation, message: Message, answered: frozenset[str]
    ) -> None:
        if not self._window.holds(message["ts"]):
            return
        question = read_back(message, conversation, self._deps.identity)
        if not isinstance(question, Question):
            return
        if question.task_id in answered:
            self.report.answered_before += 1
            return
        if question.task_id in self._window.task_ids:
            return
        if self.report.published >= self._deps.limits.questions:
            raise LimitReached("questions")
        with span("catch_up"):
            await self._accept(question)

    async def _accept(self, question: Question) -> None:
        """Retry until the queue accepts it: the sweep's time is the bound."""
        retries = Retries(RetryPolicy(inf, self._deps.sleep, back_off=_BACK_OFF))
        while isinstance(outcome := await submit(question, self._deps.submit_deps), HandedBack):
            await retries.again()
        if outcome == Rejected(RejectReason.TOO_MANY_QUESTIONS):
            self.report.throttled += 1
            return
        self._window.task_ids.add(question.task_id)
        if isinstance(outcome, Accepted):
            self.report.published += 1
            CATCH_UP_QUESTIONS.add()
        else:
            self.report.refused += 1
