"""What becomes of a message that a subscription could not deliver."""

from datetime import datetime

from simulators.pubsub.state import names
from simulators.pubsub.state.backlog import Delivery
from simulators.pubsub.state.message import StoredMessage, store
from simulators.pubsub.wire import Proto


def is_exhausted(subscription: Proto, delivery: Delivery) -> bool:
    """Whether this message has had all the deliveries its dead-letter policy allows."""
    if not subscription.HasField("dead_letter_policy"):
        return False
    allowed: int = subscription.dead_letter_policy.max_delivery_attempts
    return delivery.attempts >= allowed


def dead_letter_copy(subscription: Proto, delivery: Delivery) -> StoredMessage:
    """The message as it is published to the dead-letter topic.

    Data, attributes and ordering key stay; Google's own attributes say where it comes from.
    """
    message = delivery.message
    source = {
        "CloudPubSubDeadLetterSourceSubscription": names.short_id(subscription.name),
        "CloudPubSubDeadLetterSourceSubscriptionProject": names.project_of(subscription.name),
        "CloudPubSubDeadLetterSourceDeliveryCount": str(delivery.attempts),
        "CloudPubSubDeadLetterSourceTopicPublishTime": _java_time(message.publish_time),
    }
    return store(message.data, {**message.attributes, **source}, message.ordering_key)


def _java_time(moment: datetime) -> str:
    return moment.isoformat(timespec="milliseconds")
