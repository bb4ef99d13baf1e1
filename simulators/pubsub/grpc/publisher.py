"""google.pubsub.v1.Publisher."""

from collections.abc import Mapping

from google.pubsub_v1 import types

from simulators.pubsub import wire
from simulators.pubsub.errors import invalid
from simulators.pubsub.grpc.message_limits import check_publish
from simulators.pubsub.grpc.paging import page_of
from simulators.pubsub.grpc.rpc import Context, Method
from simulators.pubsub.grpc.update import updated
from simulators.pubsub.state import message, names
from simulators.pubsub.state.broker import Broker
from simulators.pubsub.state.settings import checked_topic
from simulators.pubsub.wire import Proto

SERVICE = "google.pubsub.v1.Publisher"
_MUTABLE = frozenset({"labels", "message_retention_duration"})


class Publisher:
    """Topics, and publishing to them."""

    def __init__(self, broker: Broker) -> None:
        self._broker = broker

    @property
    def methods(self) -> Mapping[str, Method]:
        """The service's simulated methods."""
        return {
            "CreateTopic": Method(types.Topic, self._create),
            "UpdateTopic": Method(types.UpdateTopicRequest, self._update),
            "Publish": Method(types.PublishRequest, self._publish),
            "GetTopic": Method(types.GetTopicRequest, self._get),
            "ListTopics": Method(types.ListTopicsRequest, self._list),
            "ListTopicSubscriptions": Method(
                types.ListTopicSubscriptionsRequest, self._list_subscriptions
            ),
            "DeleteTopic": Method(types.DeleteTopicRequest, self._delete),
        }

    async def _create(self, request: Proto, _: Context) -> Proto:
        return self._broker.create_topic(request).settings

    async def _get(self, request: Proto, _: Context) -> Proto:
        return self._broker.topic(request.topic).settings

    async def _update(self, request: Proto, _: Context) -> Proto:
        topic = self._broker.topic(request.topic.name)
        changed = updated(topic.settings, request.topic, request.update_mask, _MUTABLE)
        topic.settings = checked_topic(changed)
        return topic.settings

    async def _delete(self, request: Proto, _: Context) -> Proto:
        self._broker.delete_topic(request.topic)
        return wire.EMPTY()

    async def _list(self, request: Proto, _: Context) -> Proto:
        names.check_project_name(request.project)
        topics = [
            topic.settings
            for name, topic in self._broker.topics.items()
            if name.startswith(f"{request.project}/")
        ]
        page, token = page_of(topics, request)
        return wire.ListTopicsResponse(topics=page, next_page_token=token)

    async def _list_subscriptions(self, request: Proto, _: Context) -> Proto:
        self._broker.topic(request.topic)
        page, token = page_of(
            [subscription.name for subscription in self._broker.subscriptions_of(request.topic)],
            request,
        )
        return wire.ListTopicSubscriptionsResponse(subscriptions=page, next_page_token=token)

    async def _publish(self, request: Proto, _: Context) -> Proto:
        topic = self._broker.topic(request.topic)
        check_publish(request)
        if any(received.message_id for received in request.messages):
            raise invalid("message_id is given by the server and must not be set.")
        stored = [
            message.store(received.data, received.attributes, received.ordering_key)
            for received in request.messages
        ]
        self._broker.publish(topic, stored)
        return wire.PublishResponse(message_ids=[each.message_id for each in stored])
