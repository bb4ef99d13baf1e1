"""The use case for a task that will get no answer: its asker is told so, once."""

from processor_service.delivery import Delivery, is_settled, post_once
from processor_service.ports import Conversations
from processor_service.rendering import render_notice
from shared.errors import SlackRefused
from shared.ledger import Mark
from shared.log import get_logger
from shared.task import Task

log = get_logger(__name__)


async def post_notice(
    task: Task, reason: str, conversations: Conversations, delivery: Delivery
) -> None:
    """Tell the asker that the question stays unanswered and why, unless the task is settled.

    Raises RetryableErrors. Where Slack does not let us speak at all, that is logged and accepted.
    """
    try:
        conversation = await conversations.open(task)
        if is_settled(await conversation.find(task.task_id)):
            return
        mark = Mark(task.task_id, "notice")
        await post_once(conversation, render_notice(reason, task), mark, delivery)
    except SlackRefused as error:
        log.error(
            "Slack does not let us tell the asker.",
            action="notice_refused",
            reason=error.reason,
            slack_error=error.slack_error,
        )
        return
    log.info("The asker was told.", action="notice_posted", reason=reason)
