"""A message's words without layout."""

from processor_service.ports.conversations import Body
from shared.errors import SlackRefused
from shared.slack.reading.block_text import text_of_blocks
from shared.telemetry.log import get_logger

log = get_logger(__name__)


def as_plain_text(body: Body) -> Body:
    """The words of a message as text alone."""
    from processor_service.rendering.messages import escape  # noqa: PLC0415 - see ``cold_start``

    words = text_of_blocks({"blocks": body.blocks})
    return Body(escape(words) if words else body.text)


def log_layout_refused(refused: SlackRefused) -> None:
    """Log that Slack refused our layout."""
    log.warning(
        "Slack does not show our layout; it is plain text instead.",
        action="layout_refused",
        slack_error=refused.slack_error,
    )
