"""A thread as a session of an agent: Slack shows its own Stop while it is processing."""

from dataclasses import dataclass
from typing import Final

from processor_service.resilience.fair_timeout import fair_timeout
from processor_service.slack.client import SlackCalls
from shared.bounded import BoundedMap
from shared.errors import MechachangError, SlackRefused
from shared.slack.refused_methods import RefusedMethods
from shared.telemetry.log import get_logger

log = get_logger(__name__)

SESSION_METHOD: Final = "agents.sessions.setStatus"
_PATIENCE_S: Final = 2.0
# Slack ends a session that is processing after about an hour (docs.slack.dev, agent sessions).
_ENDS_AFTER_S: Final = 3_600.0
_REMEMBERED: Final = 1_000


Threads = BoundedMap[tuple[str, str], None]


def processing_threads() -> Threads:
    """The threads whose sessions this process may have left ``processing``: a stream begins one."""
    return BoundedMap(_REMEMBERED, _ENDS_AFTER_S)


@dataclass(frozen=True)
class SlackSession:
    """``ports.Session``; after a refusal Slack is not asked again for a while."""

    calls: SlackCalls
    channel: str
    thread_ts: str
    initiator: str | None
    refused: RefusedMethods
    processing: Threads

    async def show_processing(self, title: str) -> None:
        named = {"title": title} if title else {}
        by = {"initiator_user_id": self.initiator} if self.initiator else {}
        self.processing.put((self.channel, self.thread_ts), None)
        await self._set("processing", **named, **by)

    async def show_active(self, *, always: bool = False) -> bool:
        if not always and (self.channel, self.thread_ts) not in self.processing:
            return True
        if not await self._set("active"):
            return False
        self.processing.pop((self.channel, self.thread_ts))
        return True

    async def _set(self, status: str, **begin: str) -> bool:
        """False if it may have failed. A refusal counts as done, there is no session, unless Slack
        has accepted one here.
        """
        if not self.refused.allows(SESSION_METHOD, self.channel, self.thread_ts):
            return True
        where = {"channel_id": self.channel, "thread_ts": self.thread_ts, "status": status}
        try:
            async with fair_timeout(_PATIENCE_S), self.calls(SESSION_METHOD):
                # The SDK has no method of that name yet.
                await self.calls.client.api_call(SESSION_METHOD, json={**where, **begin})
        except SlackRefused as refused:
            if not self.refused.note(SESSION_METHOD, self.channel, self.thread_ts, refused):
                return _not_changed(refused)
        except (MechachangError, TimeoutError) as error:
            return _not_changed(error)
        else:
            self.refused.accept(SESSION_METHOD, self.channel, self.thread_ts)
        return True


def _not_changed(error: Exception) -> bool:
    log.info("A session was not changed.", action="session_not_changed", why=str(error))
    return False
