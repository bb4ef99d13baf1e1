"""The place of a task's messages."""

from functools import partial

from processor_service.delivery.layout_fallback import post_as_slack_takes_it
from processor_service.delivery.slack_writer import SlackWriter, TaskRun
from processor_service.ports.conversations import Body, Conversations
from processor_service.rendering.messages import render_question, render_subject
from shared.errors import SlackRefused
from shared.ledger import Mark
from shared.task import Task


async def resolve_destination(
    task: Task, conversations: Conversations, run: TaskRun
) -> SlackWriter:
    """The question's thread. A slash command's question is first shown in the channel, once, and a
    shortcut's in its user's direct messages; where the bot may not speak, and for private
    questions, it is the response URL.

    Raises as a Conversation does.
    """
    if task.private and task.response_url and task.subject is None:
        return SlackWriter(conversations.response(task, task.response_url), run)
    if task.message_ts is not None:
        thread = conversations.thread(task, task.thread_ts or task.message_ts, task.message_ts)
        return SlackWriter(thread, run)
    try:
        there, body = await _to_show(task, conversations, run)
        channel = SlackWriter(conversations.channel(there), run)
        ts = await _show_question(there, channel, body)
    except SlackRefused:
        if task.response_url is None:
            raise
        return SlackWriter(conversations.response(task, task.response_url), run)
    return SlackWriter(conversations.thread(there, ts, ts), run)


async def place_to_refuse(task: Task, conversations: Conversations, run: TaskRun) -> SlackWriter:
    """The place to tell a user that a question is refused; no question is shown for it, so that a
    refusal costs no message besides the notice.

    Raises as a Conversation does.
    """
    for_nobody_else = task.private and task.subject is None
    if for_nobody_else or task.message_ts is not None or task.response_url is None:
        return await resolve_destination(task, conversations, run)
    try:
        there, _ = await _to_show(task, conversations, run)
        shown = await _where_shown(there, SlackWriter(conversations.channel(there), run))
    except SlackRefused:
        shown = None
    if shown is None:
        return SlackWriter(conversations.response(task, task.response_url), run)
    return SlackWriter(conversations.thread(there, shown, shown), run)


async def _to_show(task: Task, conversations: Conversations, run: TaskRun) -> tuple[Task, Body]:
    """The task as asked in the channel where its question is shown, and that message."""
    if task.subject is None:
        return task, render_question(task)
    channel_id = await run.read(partial(conversations.direct_id, task))
    return task.model_copy(update={"channel_id": channel_id}), render_subject(task, task.subject)


async def _show_question(task: Task, channel: SlackWriter, body: Body) -> str:
    """The ts of the message that shows the question; posts it unless it exists."""
    shown = await _where_shown(task, channel)
    if shown is not None:
        return shown
    return (await post_as_slack_takes_it(channel, body, Mark(task.task_id, "question"))).ts


async def _where_shown(task: Task, channel: SlackWriter) -> str | None:
    found = await channel.find(task.task_id)
    shown = (one.ts for one in found if one.mark.role == "question")
    return min(shown, key=float, default=None)
