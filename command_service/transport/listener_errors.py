"""The errors of all listeners, as Bolt's answers to Slack.

The app runs with ``process_before_response``: Bolt acks an event after its listener has returned,
so that an ack always means that the queue has the question.
"""

from slack_bolt.error import BoltUnhandledRequestError
from slack_bolt.response import BoltResponse

from command_service.envelope.metrics import NOBODY, count_event
from shared.errors import MechachangError
from shared.slack.message import Payload
from shared.telemetry.log import get_logger

log = get_logger(__name__)


async def on_error(error: Exception, body: Payload) -> BoltResponse | None:
    """Ack events without a listener; leave all others unacked, so that Slack redelivers them."""
    if isinstance(error, BoltUnhandledRequestError):
        count_event(NOBODY, "ignored", "unhandled")
        log.info(
            "An event without a listener was acked.",
            action="event_ignored",
            reason="unhandled",
            type=_kind(body),
        )
        return BoltResponse(status=200)
    if isinstance(error, MechachangError):
        # The use case has logged it already.
        return BoltResponse(status=503)
    count_event(NOBODY, "failed", "internal_error")
    log.error(
        "A listener failed; the event stays unacked.",
        action="listener_failed",
        reason="internal_error",
        type=_kind(body),
        exc_info=error,
    )
    return BoltResponse(status=500)


def _kind(body: Payload) -> str:
    event = body.get("event") or {}
    return str(event.get("type") or body.get("command") or body.get("type") or "unknown")
