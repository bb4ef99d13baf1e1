"""The Slack side running in the test's own loop against simulated Slack and Pub/Sub."""

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import Any

import aiohttp
import grpc
from google.pubsub_v1 import PublisherAsyncClient
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport

from command_service.app import Service, running
from command_service.settings import CommandSettings
from shared.service_main import bound
from shared.task import Task
from simulators.faults import FaultPlan
from simulators.journal import Entry, Journal
from simulators.pubsub import PubSubSimulator
from simulators.slack import SlackConfig, SlackSimulator
from tests.support.workbenches.slack import ONE_EVENT_A_MENTION

PROJECT = "local"
TOPIC = f"projects/{PROJECT}/topics/mechachang-tasks"
SLACK = SlackConfig(
    redelivery_delays_s=(0.1, 0.3, 0.5, 1.0, 2.0), subscriptions=ONE_EVENT_A_MENTION
)
# For tests that wait for an ack that does not come.
IMPATIENT = replace(SLACK, ack_timeout_s=1.0)


async def no_reply(_: Mapping[str, Any]) -> dict[str, Any]:
    """For sockets without commands."""
    return {}


async def create_topic(address: str, topic: str = TOPIC) -> None:
    """What the installation does once, before the service runs."""
    async with grpc.aio.insecure_channel(address) as channel:
        client = PublisherAsyncClient(transport=PublisherGrpcAsyncIOTransport(channel=channel))
        await client.create_topic(name=topic)


@dataclass
class Stack:
    """The simulators, and how to run the service against them."""

    slack: SlackSimulator
    pubsub: PubSubSimulator
    journal: Journal
    faults: FaultPlan
    api_url: str
    pubsub_address: str

    def settings(self, **changes: Any) -> CommandSettings:
        values: dict[str, Any] = {
            "slack_bot_token": self.slack.config.bot_token,
            "slack_app_token": self.slack.config.app_token,
            "slack_signing_secret": self.slack.config.signing_secret,
            "slack_socket_mode": self.slack.config.events_url is None,
            "slack_api_url": self.api_url,
            "pubsub_emulator_host": self.pubsub_address,
            "google_cloud_project": PROJECT,
            "port": 0,
        }
        return CommandSettings(_env_file=None, **{**values, **changes})

    @asynccontextmanager
    async def service(self, **changes: Any) -> AsyncIterator[Service]:
        """The service with its socket open, its health answering and its first sweep done."""
        async with running(self.settings(**changes)) as service:
            await self.slack.wait_for(lambda: service.catch_up.sweeps)
            yield service

    def tasks(self) -> list[Task]:
        """What was published, in order."""
        return [Task.decode(message.data) for message in self.pubsub.messages(TOPIC)]

    async def wait_for_tasks(self, number: int = 1, deadline_s: float = 60.0) -> list[Task]:
        await self.slack.wait_for(lambda: len(self.tasks()) >= number, deadline_s)
        return self.tasks()

    async def wait_for_step(self, step: str, number: int = 1, **detail: Any) -> Sequence[Entry]:
        """The journal's entries of ``step`` with this detail, as soon as there are ``number``."""

        def found() -> list[Entry]:
            return [
                entry
                for entry in self.journal.entries(step=step)
                if detail.items() <= entry.detail.items()
            ]

        await self.slack.wait_for(lambda: len(found()) >= number, 60.0)
        return found()

    def calls(self, method: str) -> list[Entry]:
        """The Web API calls of one method."""
        return [e for e in self.journal.entries(step="api") if e.detail["method"] == method]


@asynccontextmanager
async def stack(config: SlackConfig = SLACK) -> AsyncIterator[Stack]:
    """Both simulators with the topic created."""
    journal, faults = Journal(), FaultPlan()
    slack = SlackSimulator(journal=journal, faults=faults, config=config)
    pubsub = PubSubSimulator(journal=journal, faults=faults)
    async with pubsub.serve() as broker, slack.serve() as workspace:
        await create_topic(broker.address)
        yield Stack(slack, pubsub, journal, faults, workspace.api_url, broker.address)


@asynccontextmanager
async def http_stack(**changes: Any) -> AsyncIterator[tuple[Stack, Service]]:
    """The service in HTTP mode, at an address that Slack was told before it existed."""
    listener = bound("127.0.0.1", 0)
    events_url = f"http://127.0.0.1:{listener.getsockname()[1]}/slack/events"
    async with (
        stack(replace(SLACK, events_url=events_url)) as opened,
        running(opened.settings(**changes), listener) as service,
    ):
        await opened.slack.wait_for(lambda: service.catch_up.sweeps)
        yield opened, service


async def get_json(port: int, path: str) -> tuple[int, Any]:
    """The status and the body of one of our own routes."""
    async with (
        aiohttp.ClientSession() as session,
        session.get(f"http://127.0.0.1:{port}{path}") as response,
    ):
        return response.status, await response.json()
