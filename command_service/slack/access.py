"""Whether Slack accepts our bot token: known at any time, without a call per question."""

import asyncio
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from slack_sdk.web.async_client import AsyncWebClient

from shared.background import happens
from shared.errors import MechachangError, SlackDenied
from shared.slack.client import SLACK_FAILURES, slack_error
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_EVERY_S = 30.0
# Between two checks, however many calls are denied meanwhile.
_REST_S = 1.0


class SlackAccess:
    """The client of all adapters here, and ``ports.Access`` by ``auth.test``: every ``every_s``
    seconds, and after a denied call.

    When a denial has ended, ``on_restored`` is called with the seconds it lasted.
    """

    def __init__(
        self,
        client: AsyncWebClient,
        on_restored: Callable[[float], None],
        every_s: float = _EVERY_S,
    ) -> None:
        self.client = client
        self._on_restored = on_restored
        self.every_s = every_s
        self._doubted = asyncio.Event()
        self._accepted_at = time.monotonic()
        self.denied: SlackDenied | None = None

    def failure(self, error: Exception, method: str) -> MechachangError:
        """``slack_error``, which also triggers a check when it is a denial."""
        failure = slack_error(error, method)
        if isinstance(failure, SlackDenied) and self.denied is None:
            self._doubted.set()
        return failure

    @contextmanager
    def calling(self, method: str) -> Iterator[None]:
        """Raise the ``failure`` of a call inside the block."""
        try:
            yield
        except SLACK_FAILURES as error:
            raise self.failure(error, method) from error

    async def watch(self) -> None:
        """Check repeatedly, until cancelled."""
        while True:
            await happens(self._doubted, self.every_s)
            await self._look()
            self._doubted.clear()
            await asyncio.sleep(min(_REST_S, self.every_s))

    async def _look(self) -> None:
        try:
            await self.client.auth_test()
        except SLACK_FAILURES as error:
            failure = slack_error(error, "auth.test")
            if isinstance(failure, SlackDenied):
                self._note_denied(failure)
            # An unreachable Slack says nothing about the token.
            return
        self._note_accepted()

    def _note_denied(self, denied: SlackDenied) -> None:
        if self.denied is None:
            log.error(
                "Slack denies our token; questions are left to its redelivery until it is good.",
                action="slack_denied",
                reason=denied.reason,
                slack_error=denied.slack_error,
            )
        self.denied = denied

    def _note_accepted(self) -> None:
        denied, self.denied = self.denied, None
        since, self._accepted_at = self._accepted_at, time.monotonic()
        if denied is not None:
            log.info("Slack accepts our token again.", action="slack_accepted")
            self._on_restored(self._accepted_at - since)
