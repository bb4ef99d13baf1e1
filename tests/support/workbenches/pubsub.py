"""What every Pub/Sub test needs: the vendor's own clients on one broker, and an endpoint."""

import asyncio
import base64
import itertools
import json
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any

import grpc
import pytest
from aiohttp import web
from google.pubsub_v1 import PublisherAsyncClient, SubscriberAsyncClient, types
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.pubsub import PubSubConfig, PubSubSimulator, RunningPubSub

PROJECT = "projects/local"
CALL: dict[str, Any] = {"retry": None, "timeout": 10.0}
"""How the vendor's clients are called here: no hidden second attempt."""

_numbers = itertools.count(1)


async def eventually(condition: Callable[[], bool], within_s: float = 10.0) -> None:
    """Return as soon as ``condition`` holds; fail after ``within_s``."""
    async with asyncio.timeout(within_s):
        while not condition():  # noqa: ASYNC110 - what is waited for is in other hands
            await asyncio.sleep(0.005)


class Workbench:
    """Topics and subscriptions of one test on a broker that other tests use too."""

    def __init__(self, address: str, channel: grpc.aio.Channel) -> None:
        self.address = address
        self.publisher = PublisherAsyncClient(
            transport=PublisherGrpcAsyncIOTransport(channel=channel)
        )
        self.subscriber = SubscriberAsyncClient(
            transport=SubscriberGrpcAsyncIOTransport(channel=channel)
        )

    async def topic(self) -> str:
        """A new topic's name."""
        name = f"{PROJECT}/topics/topic-{next(_numbers)}"
        await self.publisher.create_topic(name=name, **CALL)
        return name

    async def subscribe(self, topic: str, **settings: Any) -> str:
        """A new subscription's name."""
        request = {"name": a_subscription_name(), "topic": topic, **settings}
        created = await self.subscriber.create_subscription(request=request, **CALL)
        return str(created.name)

    async def publish(self, topic: str, data: bytes = b"x", **fields: Any) -> str:
        """Publish one message; its id."""
        message = types.PubsubMessage(data=data, **fields)
        response = await self.publisher.publish(topic=topic, messages=[message], **CALL)
        return str(response.message_ids[0])

    async def pull(self, subscription: str, count: int = 1) -> list[Any]:
        """Pull until ``count`` messages have come; fails after a minute."""
        received: list[Any] = []
        async with asyncio.timeout(60):
            while len(received) < count:
                response = await self.subscriber.pull(
                    subscription=subscription, max_messages=count - len(received), **CALL
                )
                received += response.received_messages
        return received

    async def pull_nothing(self, subscription: str) -> None:
        """Assert that there is nothing to pull right now."""
        request = {"subscription": subscription, "max_messages": 1, "return_immediately": True}
        # Google warns that such a pull may come back empty too early; both brokers here look first.
        with pytest.deprecated_call():
            response = await self.subscriber.pull(request=request, **CALL)
        assert not response.received_messages


def a_subscription_name() -> str:
    return f"{PROJECT}/subscriptions/subscription-{next(_numbers)}"


def dead_letters_to(topic: str, attempts: int = 5) -> dict[str, Any]:
    return {"dead_letter_topic": topic, "max_delivery_attempts": attempts}


@asynccontextmanager
async def workbench(address: str) -> AsyncIterator[Workbench]:
    """Clients for the broker at ``address``, closed at the end."""
    # Channels of one process share connections to an address, and with them the pause after a
    # failed attempt to connect: a client made after an outage would fail like those before.
    alone = (("grpc.use_local_subchannel_pool", 1),)
    async with grpc.aio.insecure_channel(address, options=alone) as channel:
        yield Workbench(address, channel)


@dataclass(frozen=True)
class Push:
    """One request that an endpoint received."""

    path: str
    headers: Mapping[str, str]
    body: dict[str, Any]
    at: float

    @property
    def data(self) -> bytes:
        return base64.b64decode(self.body["message"]["data"])


class PushTarget:
    """An HTTP endpoint that answers as told and remembers what came.

    A path of three digits answers with that status. Everything else gets ``answers`` in turn, the
    last of them for ever. While ``held`` is set requests wait.
    """

    def __init__(self) -> None:
        self.url = ""
        self.answers: list[int] = [204]
        self.received: list[Push] = []
        self.open_now = 0
        self.most_at_once = 0
        self._let_go = asyncio.Event()
        self._let_go.set()

    def hold(self) -> None:
        """Let requests wait until ``let_go``."""
        self._let_go.clear()

    def let_go(self) -> None:
        self._let_go.set()

    def has_open(self, number: int) -> bool:
        """Whether so many requests wait now."""
        return self.open_now == number

    def at(self, path: str) -> list[Push]:
        return [push for push in self.received if push.path == path]

    async def wait_for(self, count: int, within_s: float = 60.0) -> Sequence[Push]:
        """The first ``count`` requests."""
        await eventually(lambda: len(self.received) >= count, within_s)
        return self.received[:count]

    async def handle(self, request: web.Request) -> web.Response:
        body = json.loads(await request.read() or b"{}")
        at = asyncio.get_running_loop().time()
        self.received.append(Push(request.path, dict(request.headers), body, at))
        self.open_now += 1
        self.most_at_once = max(self.most_at_once, self.open_now)
        try:
            await self._let_go.wait()
        finally:
            self.open_now -= 1
        status = self._status(request.path.strip("/"))
        headers = {"Location": f"{self.url}/elsewhere"} if status == 302 else None
        return web.Response(status=status, headers=headers)

    def _status(self, path: str) -> int:
        if path.isdecimal():
            return int(path)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


@asynccontextmanager
async def push_target() -> AsyncIterator[PushTarget]:
    """A listening endpoint on a free port."""
    target = PushTarget()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", target.handle)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    try:
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        target.url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        yield target
    finally:
        target.let_go()
        await runner.cleanup()


@dataclass
class Bench:
    """A simulator that serves, clients on it, and an endpoint."""

    simulator: PubSubSimulator
    running: RunningPubSub
    clients: Workbench
    target: PushTarget
    journal: Journal
    faults: FaultPlan

    async def push_subscription(self, topic: str, **settings: Any) -> str:
        """A subscription that pushes to ``target``, with the most patience there is."""
        push_config = {"push_endpoint": self.target.url, **settings.pop("push_config", {})}
        patient = {"ack_deadline_seconds": 600, **settings}
        return await self.clients.subscribe(topic, push_config=push_config, **patient)


@asynccontextmanager
async def serving(config: PubSubConfig | None = None) -> AsyncIterator[Bench]:
    """A simulator of the test's own."""
    journal, faults = Journal(), FaultPlan()
    simulator = PubSubSimulator(journal=journal, faults=faults, config=config)
    async with AsyncExitStack() as stack:
        target = await stack.enter_async_context(push_target())
        running = await stack.enter_async_context(simulator.serve())
        clients = await stack.enter_async_context(workbench(running.address))
        yield Bench(simulator, running, clients, target, journal, faults)
