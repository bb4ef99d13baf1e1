"""What may be published. Limits: "Resource limits" in Google's Pub/Sub quotas."""

from simulators.pubsub.errors import invalid
from simulators.pubsub.wire import Proto

MAX_REQUEST_BYTES = 10_000_000
MAX_MESSAGES = 1000
MAX_ATTRIBUTES = 100
MAX_KEY_BYTES = 256
MAX_VALUE_BYTES = 1024
MAX_ORDERING_KEY_BYTES = 1024


def check_publish(request: Proto) -> None:
    """Raise Rejected unless all messages of the request may be published; then none are."""
    if not request.messages:
        raise invalid("No messages to publish: a request has 1 to 1,000 of them.")
    if len(request.messages) > MAX_MESSAGES:
        raise invalid(
            f"{len(request.messages)} messages in one request: at most {MAX_MESSAGES:,} are taken."
        )
    if (size := request.ByteSize()) > MAX_REQUEST_BYTES:
        raise invalid(f"The request has {size:,} bytes: at most {MAX_REQUEST_BYTES:,} are taken.")
    for position, message in enumerate(request.messages):
        if problem := _problem(message):
            raise invalid(f"Message {position} can't be published: {problem}.")


def _problem(message: Proto) -> str:
    if not message.data and not message.attributes:
        return "it is empty; a message has data or at least one attribute"
    if len(message.attributes) > MAX_ATTRIBUTES:
        return f"it has {len(message.attributes)} attributes, at most {MAX_ATTRIBUTES} are allowed"
    if _bytes(message.ordering_key) > MAX_ORDERING_KEY_BYTES:
        return f"its ordering key is longer than {MAX_ORDERING_KEY_BYTES:,} bytes"
    problems = (_attribute_problem(key, value) for key, value in message.attributes.items())
    return next(filter(None, problems), "")


def _attribute_problem(key: str, value: str) -> str:
    if not key:
        return "an attribute has an empty key"
    if key.startswith("goog"):
        return f'the attribute key {key!r} starts with "goog", which is reserved'
    if _bytes(key) > MAX_KEY_BYTES:
        return f"the attribute key {key[:20]!r}... is longer than {MAX_KEY_BYTES} bytes"
    if _bytes(value) > MAX_VALUE_BYTES:
        return f"the value of the attribute {key!r} is longer than {MAX_VALUE_BYTES:,} bytes"
    return ""


def _bytes(text: str) -> int:
    return len(text.encode())
