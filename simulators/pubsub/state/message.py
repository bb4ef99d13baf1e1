"""A message as the broker keeps it, and the keys by which the journal joins it to a question."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from simulators.journal import trace_key
from simulators.pubsub.wire import Proto, PubsubMessage

# Google's ids are digits, and never the same twice: a broker started anew must not count from 1
# again while somebody still remembers ids of the one before.
_ids = count(time.time_ns() // 1000)


@dataclass(frozen=True)
class StoredMessage:
    """A published message. ``keys`` and ``data_keys`` are only for the journal."""

    message_id: str
    publish_time: datetime
    data: bytes
    attributes: Mapping[str, str]
    ordering_key: str
    keys: tuple[str, ...]
    data_keys: tuple[str, ...]

    @property
    def published_at(self) -> str:
        """The publish time as push envelopes carry it: RFC 3339, milliseconds, UTC."""
        return self.publish_time.isoformat(timespec="milliseconds").replace("+00:00", "Z")

    def as_proto(self) -> Proto:
        """The message as Pull returns it."""
        proto = PubsubMessage(
            data=self.data,
            attributes=self.attributes,
            message_id=self.message_id,
            ordering_key=self.ordering_key,
        )
        proto.publish_time.FromDatetime(self.publish_time)
        return proto


def store(data: bytes, attributes: Mapping[str, str], ordering_key: str = "") -> StoredMessage:
    """A new message with an id and a publish time of its own."""
    body = _json_object(data)
    return StoredMessage(
        message_id=str(next(_ids)),
        publish_time=datetime.now(UTC),
        data=data,
        attributes=dict(attributes),
        ordering_key=ordering_key,
        keys=_correlation_keys(attributes, body),
        data_keys=tuple(sorted(body)),
    )


def _json_object(data: bytes) -> dict[str, Any]:
    try:
        body = json.loads(data)
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _correlation_keys(attributes: Mapping[str, str], body: Mapping[str, Any]) -> tuple[str, ...]:
    keys = list(trace_key(attributes.get("traceparent")))
    if task_id := attributes.get("task_id"):
        keys.append(f"task:{task_id}")
    if (channel := body.get("channel_id")) and (ts := body.get("message_ts")):
        keys.append(f"message:{channel}:{ts}")
    if response_url := body.get("response_url"):
        keys.append(f"response_url:{response_url}")
    return tuple(keys)
