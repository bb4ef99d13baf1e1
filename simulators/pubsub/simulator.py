"""The whole of it: a gRPC server, push over HTTP, and windows for tests to look in by.

ALL STATE IS IN MEMORY: topics, subscriptions and every undelivered message are gone when the
process ends. It is a test and demo server, never a queue to rely on.
"""

from collections.abc import AsyncIterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass

import grpc

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.pubsub.config import PubSubConfig
from simulators.pubsub.delivery.endpoint import Endpoint, open_session
from simulators.pubsub.delivery.oidc import TokenIssuer
from simulators.pubsub.delivery.push import PushDispatcher
from simulators.pubsub.grpc import publisher, subscriber
from simulators.pubsub.grpc.publisher import Publisher
from simulators.pubsub.grpc.rpc import Unsimulated, generic_handler
from simulators.pubsub.grpc.subscriber import Subscriber
from simulators.pubsub.state.broker import Broker
from simulators.pubsub.state.message import StoredMessage
from simulators.pubsub.state.subscription import PushAttempt, Subscription

_OPTIONS = (
    # Without this a second simulator on the same port would silently share its connections.
    ("grpc.so_reuseport", 0),
    # Above Pub/Sub's own 10 MB, so that its refusal is the one that the caller reads.
    ("grpc.max_receive_message_length", 16 * 1024 * 1024),
    ("grpc.max_send_message_length", 64 * 1024 * 1024),
)


@dataclass(frozen=True)
class RunningPubSub:
    """Where the simulator listens. ``address`` is what PUBSUB_EMULATOR_HOST takes."""

    address: str
    certs_url: str


class PubSubSimulator:
    """Pub/Sub for one process: strict as Google's, with faults on demand, nothing kept on disk.

    It serves once: ``async with simulator.serve() as running``. Names given to the inspecting
    methods are full resource names; they raise KeyError for what does not exist.
    """

    def __init__(
        self, *, journal: Journal, faults: FaultPlan, config: PubSubConfig | None = None
    ) -> None:
        self._journal = journal
        self._faults = faults
        self._config = config or PubSubConfig()
        self._tokens = TokenIssuer()
        self._broker = Broker(self._config, journal, on_change=self._sync)
        self._dispatcher: PushDispatcher | None = None
        self._server: grpc.aio.Server | None = None
        self._address = ""

    @asynccontextmanager
    async def serve(self, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[RunningPubSub]:
        """Listen until the block ends; port 0 takes a free one. Raises OSError if it is taken."""
        async with AsyncExitStack() as stack:
            session = await stack.enter_async_context(open_session())
            certs_url = await stack.enter_async_context(self._tokens.serve_certs(host))
            self._dispatcher = PushDispatcher(
                Endpoint(session, self._tokens), self._config, self._journal, self._faults
            )
            stack.push_async_callback(self._dispatcher.close)
            stack.callback(self._broker.close)
            stack.push_async_callback(self._stop_listening)
            self._address = await self._listen(f"{host}:{port}")
            yield RunningPubSub(self._address, certs_url)

    async def pause(self) -> None:
        """Pub/Sub is down: connections are refused, no push begins. Everything is remembered.

        Push requests under way go on to their end. Harmless when it is paused already.
        """
        await self._stop_listening()
        self._pushing.pause()

    async def resume(self) -> None:
        """Pub/Sub is back, at the same address, with all it knew."""
        if self._server is None:
            await self._listen(self._address)
            self._pushing.resume()

    def messages(self, topic: str) -> Sequence[StoredMessage]:
        """What was published to a topic, oldest first (the last ``history`` of them)."""
        return tuple(self._broker.topics[topic].messages)

    def outstanding(self, subscription: str) -> int:
        """How many messages of a subscription are neither acknowledged nor dead-lettered."""
        return len(self._broker.subscriptions[subscription].backlog)

    def oldest_unacked(self, subscription: str) -> StoredMessage | None:
        """Of these, the one that was published first."""
        return self._broker.subscriptions[subscription].backlog.oldest

    def pushes(self, subscription: str) -> Sequence[PushAttempt]:
        """Every push attempt that has ended, oldest first (the last ``history`` of them)."""
        return tuple(self._broker.subscriptions[subscription].pushes)

    @property
    def _pushing(self) -> PushDispatcher:
        if self._dispatcher is None:
            raise RuntimeError("The Pub/Sub simulator is not serving.")
        return self._dispatcher

    def _sync(self, subscription: Subscription) -> None:
        self._pushing.sync(subscription)

    async def _listen(self, address: str) -> str:
        """Start a server; returns the address with the port that it really has."""
        server = grpc.aio.server(options=_OPTIONS)
        services = {
            publisher.SERVICE: Publisher(self._broker).methods,
            subscriber.SERVICE: Subscriber(self._broker, self._config).methods,
        }
        handlers = [
            generic_handler(name, methods, self._faults) for name, methods in services.items()
        ]
        server.add_generic_rpc_handlers([*handlers, Unsimulated()])
        try:
            port = server.add_insecure_port(address)
        except RuntimeError as error:
            raise OSError(f"The Pub/Sub simulator can't listen on {address}: {error}") from error
        await server.start()
        self._server = server
        return f"{address.rsplit(':', 1)[0]}:{port}"

    async def _stop_listening(self) -> None:
        if self._server is not None:
            server, self._server = self._server, None
            await server.stop(grace=None)
