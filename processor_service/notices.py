"""The use case for a task that will get no answer: its asker is told so, once."""

from collections.abc import Awaitable, Callable
from functools import partial

from processor_service.delivery import Standing, remove, standing
from processor_service.failures import Failure
from processor_service.places import NOT_ALLOWED, conversation_of
from processor_service.ports.conversations import Body, Conversation, Conversations, Place
from processor_service.rendering import render_notice, render_stopped
from processor_service.steps import Steps
from shared.errors import SlackRefused, Stopped
from shared.ledger import Mark
from shared.log import get_logger
from shared.task import Task

log = get_logger(__name__)

FindPlace = Callable[[Task, Conversations, Steps], Awaitable[Conversation]]


async def post_notice(
    task: Task,
    failure: Failure,
    conversations: Conversations,
    steps: Steps,
    place: FindPlace = conversation_of,
) -> bool:
    """Tell the asker that the question stays unanswered, unless it has its answer; whether so.

    Where we may not speak any more, they are told in a direct message. Where Slack does not let us
    speak at all, that is logged and accepted. Raises RetryableErrors.
    """
    try:
        told = await _post_where_asked(task, failure, conversations, steps, place)
    except SlackRefused as error:
        log.error(
            "Slack does not let us tell the asker.",
            action="notice_refused",
            reason=error.reason,
            slack_error=error.slack_error,
        )
        return True
    log.info("The asker was told.", action="notice_posted", reason=failure.reason)
    return told


async def _post_where_asked(
    task: Task, failure: Failure, conversations: Conversations, steps: Steps, place: FindPlace
) -> bool:
    try:
        conversation = await place(task, conversations, steps)
        return await _post_unless_settled(task, failure, conversation, steps)
    except SlackRefused as refused:
        if refused.reason not in NOT_ALLOWED:
            raise
        direct = await steps.read(partial(conversations.direct, task))
        return await _post_unless_settled(task, failure, direct, steps)


async def _post_unless_settled(
    task: Task, failure: Failure, conversation: Conversation, steps: Steps
) -> bool:
    found = await standing(task.task_id, conversation, steps)
    if is_settled(found, again=False):
        return found.winner is None
    notice = _notice(task, failure, conversation.place)
    await steps.post_once(conversation, notice, Mark(task.task_id, "notice"))
    # Words of an answer that will not come to its end.
    await remove([*found.answers, *found.files], conversation, steps)
    if await steps.may_have_rival():
        beside = await standing(task.task_id, conversation, steps)
        if beside.winner is not None:
            await remove(beside.notices, conversation, steps)
            return False
    return True


def _notice(task: Task, failure: Failure, place: Place | None) -> Body:
    if failure.reason == Stopped.reason:
        return render_stopped(task, place)
    return render_notice(failure, task, place)


def is_settled(found: Standing, *, again: bool) -> bool:
    """Whether the task is decided: its answer stands there whole, or a failure notice does.

    A task taken out of the dead letters ``again`` is to be answered in spite of its notice.
    """
    return found.winner is not None or (bool(found.notices) and not again)
