"""A message as plain text, if Slack refuses its layout."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from processor_service.ports.conversations import Body
from shared.errors import UNSHOWABLE, SlackRefused
from shared.slack.reading.block_text import text_of_blocks
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_ResultT = TypeVar("_ResultT")


async def as_slack_takes_it(post: Callable[[Body], Awaitable[_ResultT]], body: Body) -> _ResultT:
    """The result of ``post`` for one message, which is plain text if Slack refuses its layout."""
    try:
        return await post(body)
    except SlackRefused as refused:
        if refused.reason != UNSHOWABLE or not body.blocks:
            raise
        log_layout_refused(refused)
        return await post(_as_plain_text(body))


def _as_plain_text(body: Body) -> Body:
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
