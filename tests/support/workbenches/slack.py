"""What every Slack test needs: the simulator, the vendor's own clients, and apps on them."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import aiohttp
import pytest
from slack_bolt.adapter.socket_mode.async_handler import AsyncSocketModeHandler
from slack_bolt.async_app import AsyncApp
from slack_sdk.errors import SlackApiError
from slack_sdk.web.async_client import AsyncWebClient

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.slack import Running, SlackConfig, SlackSimulator
from simulators.slack.config import SUBSCRIPTIONS

PROXIES = ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy")
# What is said in channels comes as events only to the tests that are about it: a mention is one.
ONE_EVENT_A_MENTION = SUBSCRIPTIONS - {"message.channels", "message.groups"}
FAST = SlackConfig(redelivery_delays_s=(0.02, 0.05, 0.8), subscriptions=ONE_EVENT_A_MENTION)
"""Redelivers soon; the deadline of an ack is Slack's own, so that a busy machine fails no test."""
IMPATIENT = replace(FAST, ack_timeout_s=0.2)
"""For tests that let the deadline pass."""


@dataclass
class Clock:
    """A clock that stands still until it is moved."""

    now: float = 1_800_000_000.0

    def __call__(self) -> float:
        return self.now


@dataclass
class Workbench:
    """A running simulator with the vendor's Web API client."""

    slack: SlackSimulator
    running: Running
    client: AsyncWebClient
    http: aiohttp.ClientSession
    faults: FaultPlan
    journal: Journal
    general: str = field(init=False)
    humans_only: str = field(init=False)

    def __post_init__(self) -> None:
        self.general = self.slack.people.channel("#general").id
        self.humans_only = self.slack.people.channel("#humans-only").id

    def app(self, **options: Any) -> AsyncApp:
        """A Bolt app that uses this workspace."""
        return AsyncApp(client=self.new_client(), **options)

    def new_client(self, token: str = "xoxb-local") -> AsyncWebClient:
        """Another client of this workspace; it never repeats a call."""
        return AsyncWebClient(
            token=token, base_url=self.running.api_url, session=self.http, retry_handlers=[]
        )

    @asynccontextmanager
    async def connected(self, app: AsyncApp) -> AsyncIterator[AsyncSocketModeHandler]:
        """The app on a socket of its own."""
        handler = AsyncSocketModeHandler(app, "xapp-local")
        before = len(self.slack.sockets.sockets)
        try:
            await handler.connect_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped
            await self.slack.wait_for(lambda: len(self.slack.sockets.sockets) > before)
            yield handler
        finally:
            await handler.close_async()  # type: ignore[no-untyped-call]  # Bolt leaves it untyped


@asynccontextmanager
async def workbench(config: SlackConfig = FAST) -> AsyncIterator[Workbench]:
    """A workspace of its own. slack_sdk reads proxy variables for every address, so they go."""
    journal, faults = Journal(), FaultPlan()
    with pytest.MonkeyPatch.context() as patch:
        for name in PROXIES:
            patch.delenv(name, raising=False)
        slack = SlackSimulator(journal=journal, faults=faults, config=config)
        async with slack.serve() as running, aiohttp.ClientSession() as http:
            client = AsyncWebClient(
                token="xoxb-local", base_url=running.api_url, session=http, retry_handlers=[]
            )
            yield Workbench(slack, running, client, http, faults, journal)


async def refused(call: Awaitable[Any]) -> dict[str, Any]:
    """The body of a call that Slack must refuse."""
    with pytest.raises(SlackApiError) as caught:
        await call
    data: dict[str, Any] = caught.value.response.data
    return data


async def error_of(call: Awaitable[Any]) -> str:
    """The error code of a call that Slack must refuse."""
    return str((await refused(call))["error"])


def recorder(seen: list[dict[str, Any]]) -> Callable[..., Awaitable[None]]:
    """A Bolt listener that keeps the bodies it gets."""

    async def listen(body: dict[str, Any]) -> None:
        seen.append(body)

    return listen
