"""The names of user groups."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Final

from processor_service.resilience.fair_timeout import fair_timeout
from processor_service.slack.client import SlackCalls
from shared.errors import MechachangError
from shared.slack.message import mappings
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_PATIENCE_S: Final = 1.0
# usergroups.list allows some 20 calls a minute (docs.slack.dev: Tier 2), and returns all groups.
_KNOWN_S: Final = 600.0


class SlackGroups:
    """``ports.Groups`` by ``usergroups.list``. Without its scope (``usergroups:read``, not in the
    manifest) the only names are those in the messages.
    """

    def __init__(self, calls: SlackCalls, clock: Callable[[], float] = time.monotonic) -> None:
        self._calls = calls
        self._clock = clock
        self._names: dict[str, str] = {}
        self._until = float("-inf")
        self._asking = asyncio.Lock()

    async def names_of(self, group_ids: Sequence[str]) -> dict[str, str]:
        """The groups' handles, as far as Slack says within 1 s, or said lately."""
        if not group_ids:
            return {}
        try:
            async with fair_timeout(_PATIENCE_S), self._asking:
                await self._look()
        except (MechachangError, TimeoutError) as error:
            self._until = self._clock() + _KNOWN_S
            log.info("User groups' names are not known.", action="name_unknown", why=str(error))
        return {each: self._names[each] for each in group_ids if each in self._names}

    async def _look(self) -> None:
        if self._clock() < self._until:
            return
        async with self._calls("usergroups.list"):
            found = await self._calls.client.usergroups_list()
        named = mappings(found.get("usergroups"))
        handles = ((one.get("id"), one.get("handle")) for one in named)
        self._names = {
            group_id: handle
            for group_id, handle in handles
            if isinstance(group_id, str) and isinstance(handle, str)
        }
        self._until = self._clock() + _KNOWN_S
