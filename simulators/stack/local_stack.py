"""The local stack: simulators in this event loop, both services as real processes."""

import asyncio
from collections.abc import Callable
from contextlib import AsyncExitStack
from types import TracebackType
from typing import Self, TypeVar

from simulators.faults import FaultPlan
from simulators.gemini import GeminiSimulator
from simulators.journal import Journal
from simulators.processes.redis_server import RedisServer
from simulators.processes.tcp_ports import free_port
from simulators.pubsub import PubSubSimulator
from simulators.slack import SlackSimulator
from simulators.stack.config import StackConfig
from simulators.stack.controls import StackControls
from simulators.stack.progress import Progress, Started
from simulators.stack.provisioning import provision
from simulators.stack.round_robin import RoundRobin
from simulators.stack.service import Service
from simulators.stack.settings import StackSettings, command_environment, processor_environment
from simulators.stack.vendors import VendorPlan, Vendors, vendors
from simulators.telemetry import TelemetryReceiver

_PartT = TypeVar("_PartT")


class LocalStack:
    """An async context manager: everything runs inside the block, nothing after it.

    Raises SettingsConflict (at once), RedisUnavailable, BrokerUnavailable, ServiceNotReady or
    OSError (a taken port) if it can't start; what had started is stopped again. Inside the block
    `command` and `processors` can be killed and started again.
    """

    command: Service
    processors: list[Service]
    processor_url: str
    vendors: Vendors

    def __init__(
        self, config: StackConfig, *, on_started: Callable[[Started], None] | None = None
    ) -> None:
        self.config = config
        self.settings = StackSettings.read(config.settings)
        self.journal = Journal()
        self.faults = FaultPlan()
        self._progress = Progress(on_started)
        self._opened = AsyncExitStack()

    async def __aenter__(self) -> Self:
        try:
            await self._start()
        except BaseException:
            await self._opened.aclose()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        await self._opened.aclose()

    @property
    def slack(self) -> SlackSimulator:
        """The simulated Slack; RuntimeError if the real one is used."""
        return _simulated(self.vendors.slack, "Slack")

    @property
    def gemini(self) -> GeminiSimulator:
        """The simulated Gemini; RuntimeError if the real one is used."""
        return _simulated(self.vendors.gemini, "Gemini")

    @property
    def pubsub(self) -> PubSubSimulator:
        """The simulated Pub/Sub; RuntimeError if another broker is used."""
        return _simulated(self.vendors.pubsub, "Pub/Sub")

    @property
    def telemetry(self) -> TelemetryReceiver:
        """Where both services send what they measure; RuntimeError without ``telemetry``."""
        return _simulated(self.vendors.telemetry, "Telemetry")

    @property
    def redis(self) -> RedisServer:
        """The Redis in use."""
        return self.vendors.redis

    @property
    def page_url(self) -> str | None:
        """The chat page, None with the real Slack."""
        return self.vendors.page_url

    @property
    def services(self) -> list[Service]:
        """Every service process."""
        return [self.command, *self.processors]

    async def _start(self) -> None:
        command_port = free_port()
        plan = VendorPlan(
            config=self.config,
            settings=self.settings,
            journal=self.journal,
            faults=self.faults,
            progress=self._progress,
            events_url=f"http://127.0.0.1:{command_port}/slack/events",
        )
        self.vendors = await self._opened.enter_async_context(vendors(plan))
        self._create_services(command_port)
        # Both start side by side: the command service needs the topics, not the processor.
        self.processor_url = await self._front()
        await provision(
            self.vendors.addresses.pubsub,
            self.settings.project,
            self.processor_url,
            self.config.delivery,
        )
        self._opened.push_async_callback(self._stop_services)
        try:
            async with asyncio.TaskGroup() as starting:
                for service in self.services:
                    starting.create_task(self._start_service(service))
        except ExceptionGroup as group:
            raise group.exceptions[0] from None
        # Only from here on somebody starts again what the page kills.
        if self.vendors.slack is not None:
            pubsub, redis = self.vendors.pubsub, self.redis.child
            self.vendors.slack.page.controls = StackControls(self.services, redis, pubsub)

    def _create_services(self, command_port: int) -> None:
        config, addresses = self.config, self.vendors.addresses
        self.command = Service(
            "command-service",
            "command_service",
            command_port,
            environment=command_environment(self.settings, addresses, config.command),
            folder=config.folder,
            ready_timeout_s=config.ready_timeout_s,
        )
        environment = processor_environment(self.settings, addresses, config.processor)
        names = [f"processor-service-{number}" for number in range(1, config.processors + 1)]
        self.processors = [
            Service(
                name if len(names) > 1 else "processor-service",
                "processor_service",
                free_port(),
                environment=environment,
                folder=config.folder,
                ready_timeout_s=config.ready_timeout_s,
            )
            for name in names
        ]

    async def _front(self) -> str:
        """Where Pub/Sub pushes to: the only processor, or a load balancer before several."""
        if len(self.processors) == 1:
            return self.processors[0].url
        balancer = RoundRobin([processor.url for processor in self.processors])
        return await self._opened.enter_async_context(balancer.serve())

    async def _start_service(self, service: Service) -> None:
        with self._progress.starting(service.name) as note:
            await service.start()
            note(f"{service.url}, pid {service.pid}")

    async def _stop_services(self) -> None:
        async with asyncio.TaskGroup() as stopping:
            for service in self.services:
                stopping.create_task(service.terminate())


def _simulated(part: _PartT | None, name: str) -> _PartT:
    if part is None:
        raise RuntimeError(f"{name} is not simulated in this stack")
    return part
