"""Calls to Slack's Web API, held back during rate limits."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Protocol

from slack_sdk.web.async_client import AsyncWebClient

from processor_service.slack.page_memory import PageMemory
from shared.errors import MechachangError, SlackDenied, SlackUnavailable
from shared.ledger import Ledger
from shared.signing import Signing
from shared.slack.client import SLACK_FAILURES, slack_error
from shared.slack.message import OurBot
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# Slack counts posts per channel besides the workspace; other limits are per method.
_BY_CHANNEL = frozenset({"chat.postMessage"})
_UNNAMED_S = 1.0


class RateLimitHolds(Protocol):
    """The methods for which Slack rate-limited one of our instances, and for how long."""

    async def delay_s(self, key: str) -> float:
        """Seconds until ``key`` may be called again; 0 when it may now."""

    async def record(self, key: str, seconds: float) -> None:
        """Do not call ``key`` for ``seconds``."""


@dataclass(frozen=True)
class BotIdentity:
    """The ids of our own bot, and the workspace's id, name and address."""

    ledger: Ledger
    team_id: str
    team: str = ""
    url: str = ""


class SlackCalls:
    """The one way to the Web API.

    A method under a rate limit is not called at all: SlackUnavailable says how long to wait.
    ``on_denied`` is called when Slack rejects our token. Without ``signing`` the token's own is
    used. ``page_memory`` bounds what is read.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        holds: RateLimitHolds,
        on_denied: Callable[[SlackDenied], None],
        signing: Signing | None = None,
    ) -> None:
        self.client = client
        self.signing = signing or Signing(client.token or "")
        self._holds = holds
        self._on_denied = on_denied
        self._ourselves: BotIdentity | None = None
        self._asking: asyncio.Task[BotIdentity] | None = None
        self.page_memory = PageMemory()

    @asynccontextmanager
    async def __call__(self, method: str, channel: str = "") -> AsyncIterator[None]:
        """Inside, ``client`` is called for ``method``; around it, so that none of our functions
        comes between the two in a stack. Raises SlackUnavailable, OutcomeUnknown, SlackDenied or
        SlackRefused.
        """
        key = f"{method}:{channel}" if channel and method in _BY_CHANNEL else method
        await self._check(method, key)
        try:
            yield
        except SLACK_FAILURES as error:
            failure = slack_error(error, method)
            await self._note(failure, method, key)
            raise failure from error

    async def _check(self, method: str, key: str) -> None:
        """Raise SlackUnavailable while Slack asks us to wait."""
        wait_s = await self._holds.delay_s(key)
        if wait_s > 0:
            raise SlackUnavailable(
                f"{method}: Slack has asked us to wait.",
                reason="slack_rate_limited",
                retry_after_s=wait_s,
            )

    async def _note(self, failure: MechachangError, method: str, key: str) -> None:
        """Remember what a failure says about later calls."""
        if isinstance(failure, SlackUnavailable) and failure.reason == "slack_rate_limited":
            await self._limited(key, method, failure)
        if isinstance(failure, SlackDenied):
            self._on_denied(failure)

    async def ourselves(self) -> BotIdentity:
        """Our identity, asked once, with one call for all that ask meanwhile: an instance starts
        with many questions. Raises SlackUnavailable also if Slack does not say.
        """
        if self._ourselves is not None:
            return self._ourselves
        if self._asking is None:
            self._asking = asyncio.create_task(self._ask_ourselves(), name="auth.test")
            self._asking.add_done_callback(self._asked)
        # Others may wait for it, even if the caller that began it is cancelled.
        return await asyncio.shield(self._asking)

    async def _ask_ourselves(self) -> BotIdentity:
        async with self("auth.test"):
            us = await self.client.auth_test()
        bot_id, user_id, team_id = us.get("bot_id"), us.get("user_id"), us.get("team_id")
        if not isinstance(user_id, str) or not isinstance(team_id, str):
            raise SlackUnavailable("auth.test: Slack does not say who we are.")
        our_bot = OurBot(user_id, bot_id if isinstance(bot_id, str) else None)
        self._ourselves = BotIdentity(
            Ledger(self.signing, our_bot),
            team_id,
            str(us.get("team") or ""),
            str(us.get("url") or ""),
        )
        return self._ourselves

    def _asked(self, done: asyncio.Task[BotIdentity]) -> None:
        self._asking = None
        if not done.cancelled():
            # Retrieved, so that asyncio does not report an error that no caller awaits any more.
            done.exception()

    async def _limited(self, key: str, method: str, failure: SlackUnavailable) -> None:
        failure.retry_after_s = failure.retry_after_s or _UNNAMED_S
        log.warning(
            "Slack limits our calls.",
            action="slack_rate_limited",
            method=method,
            retry_after_s=failure.retry_after_s,
        )
        await self._holds.record(key, failure.retry_after_s)
