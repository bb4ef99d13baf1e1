"""Topics and subscriptions of the local stack, read back with Pub/Sub's own client."""

from collections.abc import AsyncIterator

import grpc.aio
import pytest
from google.pubsub_v1 import (
    PublisherAsyncClient,
    PubsubMessage,
    SubscriberAsyncClient,
    Subscription,
)
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.processes.tcp_ports import free_port
from simulators.pubsub import PubSubSimulator
from simulators.stack.provisioning import BrokerUnavailable, DeliveryRules, provision


@pytest.fixture
async def address() -> AsyncIterator[str]:
    simulator = PubSubSimulator(journal=Journal(), faults=FaultPlan())
    async with simulator.serve() as running:
        yield running.address


async def subscription(address: str, name: str) -> Subscription:
    async with grpc.aio.insecure_channel(address) as channel:
        client = SubscriberAsyncClient(transport=SubscriberGrpcAsyncIOTransport(channel=channel))
        found = await client.get_subscription(subscription=f"projects/local/subscriptions/{name}")
        assert isinstance(found, Subscription)
        return found


async def test_tasks_are_pushed_to_the_processor_and_dead_letters_kept_and_pushed(
    address: str,
) -> None:
    await provision(address, "local", "http://127.0.0.1:1", DeliveryRules())
    tasks = await subscription(address, "mechachang-tasks-push")
    assert tasks.topic == "projects/local/topics/mechachang-tasks"
    assert tasks.push_config.push_endpoint == "http://127.0.0.1:1/pubsub/push"
    assert tasks.ack_deadline_seconds == 300
    assert tasks.retry_policy.minimum_backoff.total_seconds() == 1
    assert tasks.retry_policy.maximum_backoff.total_seconds() == 60
    assert tasks.expiration_policy.ttl.total_seconds() == 0
    assert tasks.dead_letter_policy.max_delivery_attempts == 8
    dead_letter_topic = "projects/local/topics/mechachang-dead-letter"
    assert tasks.dead_letter_policy.dead_letter_topic == dead_letter_topic
    pushed = await subscription(address, "mechachang-dead-letter-push")
    assert pushed.topic == dead_letter_topic
    assert pushed.push_config.push_endpoint == "http://127.0.0.1:1/pubsub/dead-letter"
    kept = await subscription(address, "mechachang-dead-letter-pull")
    assert kept.topic == dead_letter_topic
    assert kept.push_config.push_endpoint == ""


async def test_provisioning_again_moves_the_pushes_and_keeps_the_messages(address: str) -> None:
    await provision(address, "local", "http://127.0.0.1:1", DeliveryRules())
    async with grpc.aio.insecure_channel(address) as channel:
        publisher = PublisherAsyncClient(transport=PublisherGrpcAsyncIOTransport(channel=channel))
        await publisher.publish(
            topic="projects/local/topics/mechachang-dead-letter",
            messages=[PubsubMessage(data=b"kept")],
        )
        await provision(address, "local", "http://127.0.0.1:2", DeliveryRules())
        moved = await subscription(address, "mechachang-tasks-push")
        assert moved.push_config.push_endpoint == "http://127.0.0.1:2/pubsub/push"
        subscriber = SubscriberAsyncClient(
            transport=SubscriberGrpcAsyncIOTransport(channel=channel)
        )
        pulled = await subscriber.pull(
            subscription="projects/local/subscriptions/mechachang-dead-letter-pull",
            max_messages=1,
        )
    assert [received.message.data for received in pulled.received_messages] == [b"kept"]


async def test_shorter_pauses_can_be_asked_for(address: str) -> None:
    rules = DeliveryRules(ack_deadline_s=10, min_backoff_s=0.5, max_backoff_s=1)
    await provision(address, "local", "http://127.0.0.1:1", rules)
    tasks = await subscription(address, "mechachang-tasks-push")
    assert tasks.ack_deadline_seconds == 10
    assert tasks.retry_policy.minimum_backoff.total_seconds() == 0.5


async def test_a_broker_that_is_not_there_is_named() -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    with pytest.raises(BrokerUnavailable, match=f"No Pub/Sub broker answers at {nowhere}"):
        await provision(nowhere, "local", "http://127.0.0.1:1", DeliveryRules())
