"""The notice for a task without an answer: its user is told, once."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from dataclasses import replace
from functools import partial

from processor_service.delivery.destination import resolve_destination
from processor_service.delivery.reconcile import ExistingMessages, find_existing
from processor_service.delivery.slack_writer import SlackWriter, TaskRun
from processor_service.ports.conversations import Body, Conversations
from processor_service.rendering.messages import render_notice, render_stopped
from processor_service.rendering.plain_text import as_slack_takes_it
from processor_service.texts.failures import Failure
from shared.errors import QUESTION_GONE, Cancelled, SlackRefused
from shared.ledger import Mark
from shared.slack.message import MessageRef
from shared.task import Task
from shared.telemetry.log import get_logger

log = get_logger(__name__)

FindPlace = Callable[[Task, Conversations, TaskRun], Awaitable[SlackWriter]]


async def post_notice(
    task: Task,
    failure: Failure,
    conversations: Conversations,
    run: TaskRun,
    place: FindPlace = resolve_destination,
) -> bool:
    """Tell the user that the question stays unanswered, unless it has its answer; whether it stays
    so.

    If Slack refuses that place, the notice goes to their direct messages. If Slack refuses every
    place, that is logged and accepted. Raises RetryableErrors.
    """
    try:
        told = await _post_where_asked(task, failure, conversations, run, place)
    except SlackRefused as error:
        log.error(
            "Slack does not let us tell the user.",
            action="notice_refused",
            reason=error.reason,
            slack_error=error.slack_error,
        )
        return True
    log.info("The user was told.", action="notice_posted", reason=failure.reason)
    return told


async def _post_where_asked(
    task: Task, failure: Failure, conversations: Conversations, run: TaskRun, place: FindPlace
) -> bool:
    asked_in: SlackWriter | None = None
    try:
        asked_in = await place(task, conversations, run)
        return await _post_unless_settled(task, failure, asked_in)
    except SlackRefused as refused:
        # A user who deleted the question does not wait for its answer.
        if refused.reason == QUESTION_GONE:
            raise
        direct = SlackWriter(await run.read(partial(conversations.direct, task)), run)
        told = await _post_unless_settled(task, failure, direct)
        if asked_in is not None:
            await _take_words_away(task, asked_in)
        return told


async def _take_words_away(task: Task, writer: SlackWriter) -> None:
    """Remove the words of an answer whose user cannot be told there, if Slack lets us."""
    with suppress(SlackRefused):
        found = await find_existing(task.task_id, writer)
        await writer.remove_all(found.delays)
        if found.winner is None:
            await writer.remove_all([*found.answers, *found.files])


async def _post_unless_settled(task: Task, failure: Failure, writer: SlackWriter) -> bool:
    found = await find_existing(task.task_id, writer)
    await writer.remove_all(found.delays)
    if is_settled(found, again=False):
        return found.winner is None
    # Words of an answer that will not be finished.
    words = [*found.answers, *found.files]
    notice = _notice(task, replace(failure, shown=bool(words)), writer.conversation.place)
    await as_slack_takes_it(partial(writer.post, mark=Mark(task.task_id, "notice")), notice)
    await writer.remove_all(words)
    if await writer.run.may_have_concurrent_worker():
        beside = await find_existing(task.task_id, writer)
        if beside.winner is not None:
            await writer.remove_all(beside.notices)
            return False
    return True


def _notice(task: Task, failure: Failure, place: MessageRef | None) -> Body:
    if failure.reason == Cancelled.reason:
        return render_stopped(task, place)
    return render_notice(failure, task, place)


def is_settled(found: ExistingMessages, *, again: bool) -> bool:
    """Whether the task is decided: its answer is whole, or a failure notice is posted.

    A task taken out of the dead letters ``again`` is to be answered in spite of its notice.
    """
    return found.winner is not None or (bool(found.notices) and not again)
