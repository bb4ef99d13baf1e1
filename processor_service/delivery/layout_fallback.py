"""The same message as plain text, if Slack refuses its layout."""

from processor_service.delivery.slack_writer import SlackWriter
from processor_service.ports.conversations import Body, Posted
from processor_service.rendering.plain_text import as_plain_text, log_layout_refused
from shared.errors import UNSHOWABLE, SlackRefused
from shared.ledger import Mark


async def post_as_slack_takes_it(writer: SlackWriter, body: Body, mark: Mark) -> Posted:
    """Post one message, once; as plain text if Slack refuses its layout."""
    try:
        return await writer.post(body, mark)
    except SlackRefused as refused:
        if refused.reason != UNSHOWABLE or not body.blocks:
            raise
        log_layout_refused(refused)
        return await writer.post(as_plain_text(body), mark)
