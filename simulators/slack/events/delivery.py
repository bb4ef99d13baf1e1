"""Getting events and interactions to the app: one attempt, or several until it acknowledges."""

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, Literal, Protocol

from simulators.slack.background import Background
from simulators.slack.config import SlackConfig
from simulators.slack.state.model import JSON

DispatchKind = Literal["events_api", "slash_commands", "interactive"]


@dataclass(frozen=True)
class Dispatch:
    """Something for the app. ``keys`` are the journal's, ``detail`` is what the journal tells."""

    kind: DispatchKind
    payload: JSON
    keys: tuple[str, ...] = ()
    accepts_response: bool = False
    attempt: int = 0
    reason: str | None = None
    detail: JSON | None = None


@dataclass(frozen=True)
class Outcome:
    """What became of an attempt. ``payload`` came with the ack; ``failure`` says why none came."""

    acked: bool
    payload: Any = None
    failure: str = ""
    no_retry: bool = False


class Transport(Protocol):
    """One way to the app: a socket or HTTP."""

    async def dispatch(self, dispatch: Dispatch) -> Outcome:
        """Deliver once and wait for the ack, no longer than Slack's deadline."""


class Delivery:
    """Delivers over ``transport``. Only events are tried again; see ``redelivery_delays_s``."""

    def __init__(self, config: SlackConfig, background: Background, transport: Transport) -> None:
        self._config = config
        self._background = background
        self._transport = transport
        self.undelivered: list[JSON] = []
        """Events given up after the last attempt."""

    def event(self, payload: JSON, keys: Iterable[str], detail: JSON) -> None:
        """Deliver an event in the background, again and again if need be."""
        dispatch = Dispatch("events_api", payload, tuple(keys), detail=detail)
        self._background.spawn(self._until_acked(dispatch), f"deliver {payload['event_id']}")

    async def _until_acked(self, dispatch: Dispatch) -> None:
        outcome = await self._transport.dispatch(dispatch)
        for attempt, delay_s in enumerate(self._config.redelivery_delays_s, start=1):
            if outcome.acked or outcome.no_retry:
                break
            await asyncio.sleep(delay_s)
            again = replace(dispatch, attempt=attempt, reason=outcome.failure)
            outcome = await self._transport.dispatch(again)
        if not outcome.acked:
            self.undelivered.append(dispatch.payload)

    async def once(self, dispatch: Dispatch) -> Outcome:
        """Deliver a slash command or an interaction, which Slack never repeats."""
        return await self._transport.dispatch(dispatch)
