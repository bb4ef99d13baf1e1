"""Reading back within the share of Slack's rate limits that the processor leaves."""

from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass

from command_service.payloads.model import ConversationKind, ItemT, JoinedConversation, Page
from command_service.ports import ChannelHistory
from shared.errors import RetryableError, SlackDenied
from shared.retry import Retries, RetryPolicy, doubling
from shared.slack.message import Message

_BACK_OFF = doubling(2.0, 2.0)


@dataclass(frozen=True)
class BackfillLimits:
    """The bounds of one sweep: its calls, and how far it looks back. Values are seconds or counts.

    The methods that read allow some 50 calls a minute (docs.slack.dev, rate limits: Tier 3), which
    the processor shares: the first ``free_pages`` are read at once, each further one after
    ``pause_s``. A sweep that a limit cuts short is one of at most ``sweeps``, each ``rest_s`` after
    the one before: meanwhile the processor answers, and Slack's limits recover.
    """

    age_s: float = 30 * 60
    """After this long a user no longer waits for an answer."""
    kept_age_s: float = 24 * 3600
    """A user who was told that their question is kept waits this long."""
    thread_age_s: float = 24 * 3600
    """Threads begun this long before the window are looked at, too."""
    sweeps: int = 8
    rest_s: float = 60.0
    questions: int = 200
    pages: int = 300
    within_s: float = 15 * 60
    free_pages: int = 20
    pause_s: float = 1.5
    attempts: int = 3


class LimitReached(Exception):
    """The sweep ends because of ``limit``."""

    def __init__(self, limit: str) -> None:
        super().__init__(limit)
        self.limit = limit


class ThrottledHistory:
    """``ports.ChannelHistory`` item by item. Retries transient failures after the delay Slack asks
    for.

    Raises LimitReached, RetryableError when a page failed too often, and SlackRefused.
    """

    def __init__(
        self,
        history: ChannelHistory,
        limits: BackfillLimits,
        sleep: Callable[[float], Awaitable[None]],
    ) -> None:
        self._history = history
        self._limits = limits
        self._sleep = sleep
        self.pages = 0

    def conversations(self, kind: ConversationKind) -> AsyncIterator[JoinedConversation]:
        """The bot's conversations of one kind."""
        return self._items(lambda cursor: self._history.conversations(kind, cursor))

    def messages(self, conversation_id: str, oldest: float) -> AsyncIterator[Message]:
        """Messages outside of threads and the first ones of threads, the newest first."""
        return self._items(
            lambda cursor: self._history.messages(conversation_id, _ts(oldest), cursor)
        )

    def replies(
        self, conversation_id: str, thread_ts: str, oldest: float
    ) -> AsyncIterator[Message]:
        """A thread's first message and its replies since ``oldest``, the oldest first."""
        return self._items(
            lambda cursor: self._history.replies(conversation_id, thread_ts, _ts(oldest), cursor)
        )

    async def _items(
        self, ask: Callable[[str | None], Awaitable[Page[ItemT]]]
    ) -> AsyncIterator[ItemT]:
        cursor: str | None = None
        while True:
            page = await self._page(ask, cursor)
            for item in page.items:
                yield item
            cursor = page.cursor
            if cursor is None:
                return

    async def _page(
        self, ask: Callable[[str | None], Awaitable[Page[ItemT]]], cursor: str | None
    ) -> Page[ItemT]:
        attempts = self._limits.attempts
        retries = Retries(RetryPolicy(attempts, self._sleep, count_asked=False, back_off=_BACK_OFF))
        while True:
            if self.pages >= self._limits.pages:
                raise LimitReached("pages")
            if self.pages >= self._limits.free_pages:
                await self._sleep(self._limits.pause_s)
            self.pages += 1
            try:
                return await ask(cursor)
            except RetryableError as error:
                # This page has not caused a rate limit or a denied token: only time bounds these
                # retries.
                if not await retries.again(error, counts=not isinstance(error, SlackDenied)):
                    raise


def _ts(moment: float) -> str:
    return f"{moment:.6f}"
