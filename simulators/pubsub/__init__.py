"""Pub/Sub: the gRPC Publisher and Subscriber, with push subscriptions. All state is in memory."""

from simulators.pubsub.config import PubSubConfig
from simulators.pubsub.simulator import PubSubSimulator, RunningPubSub
from simulators.pubsub.state.message import StoredMessage
from simulators.pubsub.state.subscription import PushAttempt

__all__ = ["PubSubConfig", "PubSubSimulator", "PushAttempt", "RunningPubSub", "StoredMessage"]
