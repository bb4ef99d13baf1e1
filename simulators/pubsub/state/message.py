"""A message as the broker keeps it, and the keys by which the journal joins it to a question."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import count
from typing import Any

from simulators.journal import act_key, trace_key
from simulators.pubsub.wire import Proto, PubsubMessage

# Google's ids are digits, and never the same twice: a broker started anew must not count from 1
# again while somebody still remembers ids of the one before.
_ids = count(time.time_ns() // 1000)


@dataclass(frozen=True)
class StoredMessage:
    """A published message. ``keys``, ``data_keys`` and ``asks`` are only for the journal."""

    message_id: str
    publish_time: datetime
    data: bytes
    attributes: Mapping[str, str]
    ordering_key: str
    keys: tuple[str, ...]
    data_keys: tuple[str, ...]
    asks: Mapping[str, str]

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
        asks=_asks(body),
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
    if (user := body.get("user_id")) and (at := _moment(body.get("occurred_at"))):
        keys.append(act_key(user, at))
    return tuple(keys)


def _moment(written: object) -> float | None:
    try:
        return datetime.fromisoformat(str(written)).timestamp()
    except ValueError:
        return None


def _asks(body: Mapping[str, Any]) -> dict[str, str]:
    """What is asked for, for the trace: of which kind, from where, and about which task."""
    about = body.get("feedback") or body.get("cancel") or {}
    wanted = {name: body.get(name) for name in ("kind", "source", "wish")}
    wanted |= {name: body.get(f"{name}_id") for name in ("channel", "user")}
    wanted |= {"message": body.get("message_ts")}
    if isinstance(about, dict):
        wanted |= {"vote": about.get("vote"), "of_task": about.get("task_id")}
    return {name: value for name, value in wanted.items() if isinstance(value, str)}
