"""The same message as text alone where Slack refuses its layout."""

from processor_service.delivery.slack_writer import Steps
from processor_service.ports.conversations import Body, Conversation, Posted
from processor_service.rendering.plain_text import log_layout_refused, plainly
from shared.errors import UNSHOWABLE, SlackRefused
from shared.ledger import Mark


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
