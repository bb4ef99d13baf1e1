"""Messages without any layout, for whoever Slack refuses ours."""

from processor_service.ports.conversations import Body, Conversation, Posted
from processor_service.slack_blocks import text_of_blocks
from processor_service.steps import Steps
from shared.errors import UNSHOWABLE, SlackRefused
from shared.ledger import Mark
from shared.log import get_logger

log = get_logger(__name__)


def plainly(body: Body) -> Body:
    """The words of a message as text alone."""
    from processor_service.rendering import escape  # noqa: PLC0415 - see ``loading``

    words = text_of_blocks({"blocks": body.blocks})
    return Body(escape(words) if words else body.text)


async def post_as_slack_takes_it(
    conversation: Conversation, body: Body, mark: Mark, steps: Steps
) -> Posted:
    """Post one message, once; as text alone where Slack refuses its layout."""
    try:
        return await steps.post_once(conversation, body, mark)
    except SlackRefused as refused:
        if refused.reason != UNSHOWABLE or not body.blocks:
            raise
        log_layout_refused(refused)
        return await steps.post_once(conversation, plainly(body), mark)


def log_layout_refused(refused: SlackRefused) -> None:
    """Slack has refused a layout of ours."""
    log.warning(
        "Slack does not show our layout; it is plain text instead.",
        action="layout_refused",
        slack_error=refused.slack_error,
    )
