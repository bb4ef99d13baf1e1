"""Facts about channels: whether one is shared with other organisations, and who may read there.

Slack's payloads of slash commands, clicks and shortcuts do not say (docs.slack.dev,
conversations.info and conversations.members do).
"""

import asyncio
import time
from collections.abc import Callable
from typing import Final

from command_service.envelope.ack_deadline import at_most_s
from command_service.payloads.model import Question
from command_service.ports import ChannelDiagnosis, Diagnostics
from shared.bounded import BoundedMap
from shared.errors import MechachangError
from shared.task import Purpose
from shared.telemetry.log import get_logger

log = get_logger(__name__)

# Slack waits 3 s for the ack, and publishing needs the larger part.
_LOOK_WITHIN_S: Final = 0.8
_KNOWN_S: Final = 300.0
# After a failure no question waits for the same channel again for a while. A hidden channel is no
# longer hidden once somebody has invited the bot.
_REST_S: Final = 30.0
_REMEMBERED: Final = 1_000


class ChannelFacts:
    """Asks Slack about channels. The last thousand are known for five minutes each, hidden ones for
    half a minute. No method raises: None means that Slack does not say.
    """

    def __init__(
        self, diagnostics: Diagnostics, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._diagnostics = diagnostics
        self._known: BoundedMap[str, ChannelDiagnosis | None] = BoundedMap(
            _REMEMBERED, _KNOWN_S, clock
        )
        self._asking: dict[str, asyncio.Lock] = {}

    async def is_external(self, channel_id: str) -> bool | None:
        """Whether the channel is, or is about to be, shared with others; None if Slack does not say
        in time, or hides the channel from us. Concurrent callers share one call.
        """
        lock = self._asking.setdefault(channel_id, asyncio.Lock())
        within_s = at_most_s(_LOOK_WITHIN_S)
        try:
            async with asyncio.timeout(within_s), lock:
                if channel_id not in self._known:
                    found = await self._diagnostics.channel(channel_id)
                    hidden = found.external is None
                    self._known.put(channel_id, found, _REST_S if hidden else _KNOWN_S)
                place = self._known.get(channel_id)
                return None if place is None else place.external
        except (MechachangError, TimeoutError) as error:
            log.info(
                "It is unknown whether a channel is shared.",
                action="sharing_unknown",
                why=str(error),
            )
            # That one envelope had little time left says nothing of the channel to the others.
            if within_s == _LOOK_WITHIN_S or isinstance(error, MechachangError):
                self._known.put(channel_id, None, _REST_S)
            return None
        finally:
            self._asking.pop(channel_id, None)

    async def is_external_for(self, user_id: str, question: Question) -> bool | None:
        """``is_external`` of the place that the question is about. None for a channel that the user
        has named, unless they may read there: what we know of other channels is not for them.
        """
        subject = question.subject
        if subject is None:
            return await self.is_external(question.channel_id)
        where = subject.channel_id
        named = subject.beside or subject.purpose is Purpose.CATCH_UP
        if not named or where == question.channel_id:
            return await self.is_external(where)
        external, may_read = await asyncio.gather(
            self.is_external(where), self.may_read(user_id, where)
        )
        return external if may_read else None

    def is_absent(self, channel_id: str) -> bool:
        """Whether the bot is known to be no member there; Slack is not asked."""
        place = self._known.get(channel_id)
        return place is not None and not place.member

    async def may_read(self, user_id: str, channel_id: str) -> bool | None:
        """Whether the user may read there now; None if Slack does not say in time."""
        try:
            async with asyncio.timeout(at_most_s(_LOOK_WITHIN_S)):
                return await self._diagnostics.may_read(user_id, channel_id)
        except (MechachangError, TimeoutError) as error:
            log.info(
                "It is unknown who may read a channel.", action="sharing_unknown", why=str(error)
            )
            return None
