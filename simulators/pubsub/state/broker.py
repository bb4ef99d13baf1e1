"""The state: topics, their subscriptions, and how a message gets from one to the other."""

from collections import deque
from collections.abc import Callable, Sequence

from simulators.journal import Journal
from simulators.pubsub.config import PubSubConfig
from simulators.pubsub.errors import already_exists, not_found
from simulators.pubsub.state import names
from simulators.pubsub.state.backlog import Delivery
from simulators.pubsub.state.dead_letter import dead_letter_copy
from simulators.pubsub.state.message import StoredMessage
from simulators.pubsub.state.settings import checked_subscription, checked_topic
from simulators.pubsub.state.subscription import Subscription
from simulators.pubsub.wire import Proto


class Topic:
    """A topic that exists, with what was published to it last."""

    def __init__(self, settings: Proto, history: int) -> None:
        self.settings = settings
        self.messages: deque[StoredMessage] = deque(maxlen=history)


class Broker:
    """All topics and subscriptions, in memory. Every method is one atomic step.

    ``on_change`` is told of every subscription that was made, changed or deleted, so that pushing
    to it can start, go elsewhere or stop.
    """

    def __init__(
        self, config: PubSubConfig, journal: Journal, on_change: Callable[[Subscription], None]
    ) -> None:
        self._config = config
        self._journal = journal
        self._on_change = on_change
        self.topics: dict[str, Topic] = {}
        self.subscriptions: dict[str, Subscription] = {}

    def create_topic(self, request: Proto) -> Topic:
        """A new topic without subscriptions."""
        settings = checked_topic(request)
        if settings.name in self.topics:
            raise already_exists(settings.name)
        topic = self.topics[settings.name] = Topic(settings, self._config.history)
        return topic

    def topic(self, name: str) -> Topic:
        """The topic of that full name, or Rejected."""
        names.check_topic_name(name)
        if topic := self.topics.get(name):
            return topic
        raise not_found(name)

    def delete_topic(self, name: str) -> None:
        """Subscriptions outlive their topic with what they already hold."""
        self.topic(name)
        for subscription in self.subscriptions_of(name):
            subscription.settings.topic = names.DELETED_TOPIC
        del self.topics[name]

    def subscriptions_of(self, topic_name: str) -> list[Subscription]:
        """The subscriptions attached to a topic, in the order they were made."""
        return [each for each in self.subscriptions.values() if each.settings.topic == topic_name]

    def publish(self, topic: Topic, messages: Sequence[StoredMessage]) -> None:
        """Hand the messages to every subscription of the topic; they are stored when it returns."""
        receivers = self.subscriptions_of(topic.settings.name)
        for message in messages:
            topic.messages.append(message)
            self._journal.record(
                "pubsub",
                "publish",
                message.keys,
                topic=names.short_id(topic.settings.name),
                message_id=message.message_id,
                data_keys=list(message.data_keys),
                asks=dict(message.asks),
            )
            for subscription in receivers:
                subscription.offer(message)

    def create_subscription(self, request: Proto) -> Subscription:
        """A new subscription; it gets what is published from now on."""
        settings = checked_subscription(request)
        if settings.name in self.subscriptions:
            raise already_exists(settings.name)
        self.topic(settings.topic)
        self._check_dead_letter_topic(settings)
        subscription = Subscription(settings, self._config, self._dead_letter)
        self.subscriptions[settings.name] = subscription
        self._on_change(subscription)
        return subscription

    def subscription(self, name: str) -> Subscription:
        """The subscription of that full name, or Rejected."""
        names.check_subscription_name(name)
        if subscription := self.subscriptions.get(name):
            return subscription
        raise not_found(name)

    def update_subscription(self, subscription: Subscription, request: Proto) -> None:
        """Replace the settings; the backlog stays."""
        settings = checked_subscription(request)
        self._check_dead_letter_topic(settings)
        subscription.settings = settings
        self._on_change(subscription)

    def delete_subscription(self, name: str) -> None:
        """The subscription is gone, and with it every message it still held."""
        subscription = self.subscription(name)
        del self.subscriptions[name]
        subscription.close()
        self._on_change(subscription)

    def close(self) -> None:
        """Stop every timer; the broker is not used again."""
        for subscription in self.subscriptions.values():
            subscription.close()

    def _check_dead_letter_topic(self, settings: Proto) -> None:
        if settings.HasField("dead_letter_policy"):
            name = settings.dead_letter_policy.dead_letter_topic
            if name not in self.topics:
                raise not_found(name or "dead_letter_policy.dead_letter_topic")

    def _dead_letter(self, subscription: Subscription, delivery: Delivery) -> bool:
        """Move a message to the dead-letter topic; False if that topic is gone."""
        name = subscription.settings.dead_letter_policy.dead_letter_topic
        if not (topic := self.topics.get(name)):
            return False
        copy = dead_letter_copy(subscription.settings, delivery)
        self._journal.record(
            "pubsub",
            "dead_letter",
            copy.keys,
            subscription=subscription.id,
            topic=names.short_id(name),
            message_id=delivery.message.message_id,
            attempts=delivery.attempts,
        )
        self.publish(topic, [copy])
        return True
