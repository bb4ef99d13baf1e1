"""The protobuf classes of the Pub/Sub API, as Google's own SDK defines them.

The SDK wraps each in a proto-plus class. The simulator works on the plain messages beneath: they
tell "unset" from "empty", and cost a tenth of the time. They carry no type information, so that
``Proto`` says in a signature what the checker cannot.
"""

from typing import Any

from google.protobuf.empty_pb2 import Empty  # type: ignore[import-untyped]  # ships no types
from google.pubsub_v1 import types

Proto = Any
"""A protobuf message of google.pubsub.v1; the parameter's name says which."""

EMPTY: Proto = Empty


def plain(wrapper: Any) -> Proto:
    """The plain protobuf class under one of the SDK's proto-plus classes."""
    return wrapper.pb(None)


Topic = plain(types.Topic)
Subscription = plain(types.Subscription)
PubsubMessage = plain(types.PubsubMessage)
ReceivedMessage = plain(types.ReceivedMessage)
PublishResponse = plain(types.PublishResponse)
PullResponse = plain(types.PullResponse)
ListTopicsResponse = plain(types.ListTopicsResponse)
ListTopicSubscriptionsResponse = plain(types.ListTopicSubscriptionsResponse)
ListSubscriptionsResponse = plain(types.ListSubscriptionsResponse)


def seconds(duration: Proto) -> float:
    """A protobuf Duration in seconds."""
    return float(duration.seconds + duration.nanos / 1e9)


def copy_of(message: Proto) -> Proto:
    """An independent copy: what is stored must not change with the caller's object."""
    copied = type(message)()
    copied.CopyFrom(message)
    return copied
