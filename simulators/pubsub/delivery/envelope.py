"""The body of a push request.

Google sends each id and time in camelCase and in snake_case, leaves out what is empty, and counts
deliveries only for subscriptions with a dead-letter policy.
"""

import base64
import json
from typing import Any

from simulators.pubsub.state.message import StoredMessage


def envelope(subscription_name: str, message: StoredMessage, attempt: int | None) -> bytes:
    """The wrapped message as JSON; ``attempt`` is None when deliveries are not counted."""
    body: dict[str, Any] = {
        "message": _message(message),
        "subscription": subscription_name,
    }
    if attempt is not None:
        body["deliveryAttempt"] = attempt
    return json.dumps(body, ensure_ascii=False).encode()


def _message(message: StoredMessage) -> dict[str, Any]:
    fields: dict[str, Any] = {
        "messageId": message.message_id,
        "message_id": message.message_id,
        "publishTime": message.published_at,
        "publish_time": message.published_at,
    }
    if message.attributes:
        fields["attributes"] = dict(message.attributes)
    if message.data:
        fields["data"] = base64.b64encode(message.data).decode()
    if message.ordering_key:
        fields["orderingKey"] = message.ordering_key
    return fields
