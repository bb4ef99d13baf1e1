"""Creates the topics and subscriptions that production's deploy files create, on any broker."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import grpc.aio
from google.api_core import exceptions
from google.pubsub_v1 import (
    DeadLetterPolicy,
    ExpirationPolicy,
    PublisherAsyncClient,
    PushConfig,
    RetryPolicy,
    SubscriberAsyncClient,
    Subscription,
    Topic,
)
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from google.pubsub_v1.services.subscriber.transports import SubscriberGrpcAsyncIOTransport

TASKS_TOPIC = "mechachang-tasks"
DEAD_LETTER_TOPIC = "mechachang-dead-letter"
TASKS_PUSH = "mechachang-tasks-push"
DEAD_LETTER_PUSH = "mechachang-dead-letter-push"
DEAD_LETTER_PULL = "mechachang-dead-letter-pull"

# Nobody is owed an answer to a synthetic question: given up, it is no dead letter for anybody.
_OWED = 'attributes.kind != "synthetic"'
_CALL_TIMEOUT_S = 5.0


@dataclass(frozen=True)
class DeliveryRules:
    """How tasks are pushed; the defaults are production's, tests want shorter pauses."""

    ack_deadline_s: int = 300
    min_backoff_s: float = 1.0
    max_backoff_s: float = 60.0
    max_delivery_attempts: int = 8


class BrokerUnavailable(Exception):
    """The broker does not answer; the text says which one."""


async def provision(address: str, project: str, processor_url: str, rules: DeliveryRules) -> None:
    """Create what is missing and point the push subscriptions at ``processor_url``.

    May be called again: what exists is kept with its messages. Raises BrokerUnavailable.
    """
    async with _clients(address) as (publisher, subscriber):
        try:
            for topic in (TASKS_TOPIC, DEAD_LETTER_TOPIC):
                await _unless_present(
                    publisher.create_topic, request=Topic(name=f"projects/{project}/topics/{topic}")
                )
            for subscription in _subscriptions(project, processor_url, rules):
                await _subscribe(subscriber, subscription)
        except (exceptions.ServiceUnavailable, exceptions.DeadlineExceeded) as error:
            raise BrokerUnavailable(f"No Pub/Sub broker answers at {address}.") from error


def _subscriptions(project: str, processor_url: str, rules: DeliveryRules) -> list[Subscription]:
    def named(name: str, topic: str, **fields: Any) -> Subscription:
        return Subscription(
            name=f"projects/{project}/subscriptions/{name}",
            topic=f"projects/{project}/topics/{topic}",
            ack_deadline_seconds=rules.ack_deadline_s,
            # Without this a subscription that nobody uses for 31 days is deleted with its messages
            # (cloud.google.com/pubsub/docs, subscription properties).
            expiration_policy=ExpirationPolicy(),
            filter=_OWED if topic == DEAD_LETTER_TOPIC else "",
            **fields,
        )

    back_off = RetryPolicy(
        minimum_backoff=timedelta(seconds=rules.min_backoff_s),
        maximum_backoff=timedelta(seconds=rules.max_backoff_s),
    )
    dead_letters = DeadLetterPolicy(
        dead_letter_topic=f"projects/{project}/topics/{DEAD_LETTER_TOPIC}",
        max_delivery_attempts=rules.max_delivery_attempts,
    )
    return [
        named(
            TASKS_PUSH,
            TASKS_TOPIC,
            push_config=PushConfig(push_endpoint=f"{processor_url}/pubsub/push"),
            retry_policy=back_off,
            dead_letter_policy=dead_letters,
        ),
        named(
            DEAD_LETTER_PUSH,
            DEAD_LETTER_TOPIC,
            push_config=PushConfig(push_endpoint=f"{processor_url}/pubsub/dead-letter"),
            retry_policy=back_off,
        ),
        # No back-off: what an operator's list has read is there for the next one at once.
        named(DEAD_LETTER_PULL, DEAD_LETTER_TOPIC),
    ]


async def _subscribe(subscriber: SubscriberAsyncClient, subscription: Subscription) -> None:
    created = await _unless_present(subscriber.create_subscription, request=subscription)
    if not created and subscription.push_config.push_endpoint:
        # A broker that outlives the stack still pushes to the ports of the last run.
        await subscriber.modify_push_config(
            subscription=subscription.name,
            push_config=subscription.push_config,
            retry=None,
            timeout=_CALL_TIMEOUT_S,
        )


async def _unless_present(create: Callable[..., Awaitable[Any]], *, request: Any) -> bool:
    try:
        await create(request=request, retry=None, timeout=_CALL_TIMEOUT_S)
    except exceptions.AlreadyExists:
        return False
    return True


@asynccontextmanager
async def _clients(
    address: str,
) -> AsyncIterator[tuple[PublisherAsyncClient, SubscriberAsyncClient]]:
    async with grpc.aio.insecure_channel(address) as channel:
        yield (
            PublisherAsyncClient(transport=PublisherGrpcAsyncIOTransport(channel=channel)),
            SubscriberAsyncClient(transport=SubscriberGrpcAsyncIOTransport(channel=channel)),
        )
