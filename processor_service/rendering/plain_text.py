"""A message as plain text, if Slack refuses its layout."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from processor_service.ports.conversations import Body
from shared.errors import UNSHOWABLE, SlackRefused
from shared.slack.message_text import escape
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
        words = text_of_blocks({"blocks": body.blocks})
        return await post(Body(escape(words) if words else body.text))


def log_layout_refused(refused: SlackRefused) -> None:
    """Log that Slack refused our layout."""
    log.warning(
        "Slack does not show our layout; it is plain text instead.",
        action="layout_refused",
        slack_error=refused.slack_error,
    )
