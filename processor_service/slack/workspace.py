"""The workspace: its name as Slack tells it, and the Home of each person in it."""

import asyncio
import time
from collections.abc import Callable
from typing import Any, Final

from processor_service.resilience.fair_timeout import fair_timeout
from processor_service.slack.client import BotIdentity, SlackCalls
from shared.errors import MechachangError
from shared.signing import Signing
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_PATIENCE_S: Final = 1.0
# After a failure no question waits for the name again for a while: answers do well without it.
_REST_S: Final = 60.0


class SlackWorkspace:
    """``ports.Workspace`` by ``auth.test``, asked once a process."""

    def __init__(self, calls: SlackCalls, clock: Callable[[], float] = time.monotonic) -> None:
        self._calls = calls
        self._clock = clock
        self._not_before = float("-inf")
        self._asking = asyncio.Lock()

    async def name(self) -> str | None:
        us = await self._ourselves()
        return (us.team or None) if us else None

    async def url(self) -> str:
        us = await self._ourselves()
        return us.url if us else ""

    async def _ourselves(self) -> BotIdentity | None:
        """Our identity; None if Slack does not say within 1 s, or did not lately."""
        try:
            async with fair_timeout(_PATIENCE_S), self._asking:
                if self._clock() < self._not_before:
                    return None
                return await self._calls.ourselves()
        except (MechachangError, TimeoutError) as error:
            self._not_before = self._clock() + _REST_S
            log.info(
                "The workspace's name is not known.", action="workspace_unknown", why=str(error)
            )
            return None


class SlackHomes:
    """``ports.HomeViews`` by ``views.publish``."""

    def __init__(self, calls: SlackCalls, signing: Signing) -> None:
        self._calls = calls
        self._signing = signing

    async def publish(self, user_id: str, view: dict[str, Any]) -> None:
        from shared.home.view import signed_home  # noqa: PLC0415 - see ``cold_start``

        signed = signed_home(view, user_id, self._signing)
        async with self._calls("views.publish"):
            await self._calls.client.views_publish(user_id=user_id, view=signed)
