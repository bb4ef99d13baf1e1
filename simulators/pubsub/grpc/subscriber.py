"""google.pubsub.v1.Subscriber."""

import asyncio
from collections.abc import Mapping
from contextlib import suppress

import grpc
from google.pubsub_v1 import types

from simulators.pubsub import wire
from simulators.pubsub.config import PubSubConfig
from simulators.pubsub.errors import Rejected, invalid
from simulators.pubsub.grpc.paging import page_of
from simulators.pubsub.grpc.rpc import Context, Method
from simulators.pubsub.grpc.update import updated
from simulators.pubsub.state import names
from simulators.pubsub.state.backlog import Delivery
from simulators.pubsub.state.broker import Broker
from simulators.pubsub.state.subscription import Subscription
from simulators.pubsub.wire import Proto

SERVICE = "google.pubsub.v1.Subscriber"
_MUTABLE = frozenset(
    {
        "push_config",
        "ack_deadline_seconds",
        "retain_acked_messages",
        "message_retention_duration",
        "labels",
        "expiration_policy",
        "dead_letter_policy",
        "retry_policy",
        "enable_exactly_once_delivery",
    }
)
# An answer must be under way before the client's own deadline cuts the call off.
_ANSWER_MARGIN_S = 0.2


class Subscriber:
    """Subscriptions, and pulling from them."""

    def __init__(self, broker: Broker, config: PubSubConfig) -> None:
        self._broker = broker
        self._config = config

    @property
    def methods(self) -> Mapping[str, Method]:
        """The service's simulated methods."""
        return {
            "CreateSubscription": Method(types.Subscription, self._create),
            "GetSubscription": Method(types.GetSubscriptionRequest, self._get),
            "UpdateSubscription": Method(types.UpdateSubscriptionRequest, self._update),
            "ListSubscriptions": Method(types.ListSubscriptionsRequest, self._list),
            "DeleteSubscription": Method(types.DeleteSubscriptionRequest, self._delete),
            "ModifyPushConfig": Method(types.ModifyPushConfigRequest, self._modify_push),
            "Pull": Method(types.PullRequest, self._pull),
            "Acknowledge": Method(types.AcknowledgeRequest, self._acknowledge),
            "ModifyAckDeadline": Method(types.ModifyAckDeadlineRequest, self._modify_deadline),
        }

    async def _create(self, request: Proto, _: Context) -> Proto:
        return self._broker.create_subscription(request).settings

    async def _get(self, request: Proto, _: Context) -> Proto:
        return self._broker.subscription(request.subscription).settings

    async def _update(self, request: Proto, _: Context) -> Proto:
        asked = request.subscription
        subscription = self._broker.subscription(asked.name)
        changed = updated(subscription.settings, asked, request.update_mask, _MUTABLE)
        self._broker.update_subscription(subscription, changed)
        return subscription.settings

    async def _list(self, request: Proto, _: Context) -> Proto:
        names.check_project_name(request.project)
        subscriptions = [
            subscription.settings
            for name, subscription in self._broker.subscriptions.items()
            if name.startswith(f"{request.project}/")
        ]
        page, token = page_of(subscriptions, request)
        return wire.ListSubscriptionsResponse(subscriptions=page, next_page_token=token)

    async def _delete(self, request: Proto, _: Context) -> Proto:
        self._broker.delete_subscription(request.subscription)
        return wire.EMPTY()

    async def _modify_push(self, request: Proto, _: Context) -> Proto:
        subscription = self._broker.subscription(request.subscription)
        changed = wire.copy_of(subscription.settings)
        changed.push_config.CopyFrom(request.push_config)
        self._broker.update_subscription(subscription, changed)
        return wire.EMPTY()

    async def _pull(self, request: Proto, context: Context) -> Proto:
        subscription = self._broker.subscription(request.subscription)
        if subscription.is_push:
            raise Rejected(
                grpc.StatusCode.FAILED_PRECONDITION,
                "This method is not supported for this subscription type: it pushes.",
            )
        if request.max_messages < 1:
            raise invalid(f"max_messages must be at least 1, got {request.max_messages}.")
        wait_s = 0.0 if request.return_immediately else self._wait_s(context)
        deliveries = await self._deliveries(subscription, request.max_messages, wait_s)
        received = [self._lend(subscription, delivery) for delivery in deliveries]
        return wire.PullResponse(received_messages=received)

    async def _acknowledge(self, request: Proto, _: Context) -> Proto:
        leases = self._broker.subscription(request.subscription).leases
        leases.check(request.ack_ids)
        for ack_id in request.ack_ids:
            leases.acknowledge(ack_id)
        return wire.EMPTY()

    async def _modify_deadline(self, request: Proto, _: Context) -> Proto:
        leases = self._broker.subscription(request.subscription).leases
        leases.check(request.ack_ids)
        if not 0 <= request.ack_deadline_seconds <= 600:
            raise invalid(
                "ack_deadline_seconds must be between 0 and 600, got "
                f"{request.ack_deadline_seconds}."
            )
        for ack_id in request.ack_ids:
            leases.modify(ack_id, request.ack_deadline_seconds)
        return wire.EMPTY()

    def _wait_s(self, context: Context) -> float:
        remaining_s = context.time_remaining()
        if remaining_s is None:
            return self._config.pull_wait_s
        return max(0.0, min(self._config.pull_wait_s, remaining_s - _ANSWER_MARGIN_S))

    @staticmethod
    async def _deliveries(
        subscription: Subscription, at_most: int, wait_s: float
    ) -> list[Delivery]:
        backlog = subscription.backlog
        with suppress(TimeoutError):
            async with asyncio.timeout(wait_s):
                await backlog.wait_until_ready()
        deliveries: list[Delivery] = []
        while len(deliveries) < at_most and (delivery := backlog.take()):
            deliveries.append(delivery)
        return deliveries

    @staticmethod
    def _lend(subscription: Subscription, delivery: Delivery) -> Proto:
        delivery.attempts += 1
        deadline_s = subscription.settings.ack_deadline_seconds
        received = wire.ReceivedMessage(
            ack_id=subscription.leases.grant(delivery, deadline_s),
            message=delivery.message.as_proto(),
        )
        if subscription.counts_attempts:
            received.delivery_attempt = delivery.attempts
        return received
