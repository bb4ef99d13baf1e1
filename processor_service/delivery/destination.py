"""The place of a task's messages."""

import asyncio
from datetime import UTC, datetime
from functools import partial
from typing import Final

from processor_service.delivery.slack_writer import SlackWriter, TaskRun
from processor_service.ports.conversations import Conversations
from processor_service.rendering.messages import render_question, render_subject
from processor_service.rendering.plain_text import as_slack_takes_it
from processor_service.resilience.fair_timeout import fair_timeout
from shared.errors import SlackRefused
from shared.ledger import Mark
from shared.task import Source, Task
from shared.telemetry.metrics import FIRST_SIGN

# A name that is not known takes one call of users.info, beside the look for the question.
_NAMED_WITHIN_S: Final = 0.3


async def resolve_destination(
    task: Task, conversations: Conversations, run: TaskRun
) -> SlackWriter:
    """The question's thread. A slash command's question is first shown in the channel, once, a
    private one's and a shortcut's in its user's direct messages, and a reaction's there or in the
    thread of its message; where the bot may not speak, it is the response URL.

    Raises as a Conversation does.
    """
    if task.message_ts is not None:
        thread = conversations.thread(task, task.thread_ts or task.message_ts, task.message_ts)
        return SlackWriter(thread, run)
    try:
        there = await _there(task, conversations, run)
        ts, begins = await _show_question(task, there, conversations, run)
    except SlackRefused:
        if task.response_url is None:
            raise
        return SlackWriter(conversations.response(task, task.response_url), run)
    thread = conversations.thread(there, there.shown_below or ts, ts)
    return SlackWriter(thread, run, begins and there.shown_below is None)


async def place_to_refuse(task: Task, conversations: Conversations, run: TaskRun) -> SlackWriter:
    """The place to tell a user that a question is refused; no question is shown for it, so that a
    refusal costs no message besides the notice.

    Raises as a Conversation does.
    """
    if task.message_ts is not None or task.response_url is None:
        return await resolve_destination(task, conversations, run)
    shown = await place_by_now(task, conversations, run)
    return shown or SlackWriter(conversations.response(task, task.response_url), run)


async def place_by_now(
    task: Task, conversations: Conversations, run: TaskRun
) -> SlackWriter | None:
    """The question's place as far as an earlier worker has made it; None: its question is not shown
    anywhere yet, or Slack does not let us look.
    """
    if task.message_ts is not None:
        return await resolve_destination(task, conversations, run)
    try:
        there = await _there(task, conversations, run)
        shown = await _where_shown(there, SlackWriter(conversations.channel(there), run))
    except SlackRefused:
        shown = None
    if shown is None:
        return None
    return SlackWriter(conversations.thread(there, there.shown_below or shown, shown), run)


async def _there(task: Task, conversations: Conversations, run: TaskRun) -> Task:
    """The task as asked in the channel where its question is shown."""
    if task.shown_below is not None or (task.subject is None and not task.private):
        return task
    channel_id = await run.read(partial(conversations.direct_id, task))
    asked_in = task.asked_privately_in
    return task.model_copy(update={"channel_id": channel_id, "asked_in": asked_in})


async def _show_question(
    task: Task, there: Task, conversations: Conversations, run: TaskRun
) -> tuple[str, bool]:
    """The ts of the message that shows the question ``there``; posts it unless it exists. And
    whether this worker, alone, has posted it now: then no answer can be below it.
    """
    channel = SlackWriter(conversations.channel(there), run)
    shown, asker = await asyncio.gather(_where_shown(task, channel), _asker(task, conversations))
    if shown is not None:
        return shown, False
    subject = task.subject
    body = render_subject(task, subject, asker) if subject else render_question(task, asker)
    post = partial(channel.post, mark=Mark(task.task_id, "question"))
    posted = await as_slack_takes_it(post, body)
    alone = task.source is Source.REACTION and task.shown_below is None
    if alone or (subject is None and task.share is None):
        # The command's ack has shown nothing: this is the first sign of it, as of a reaction that
        # is answered in direct messages.
        age_s = (datetime.now(UTC) - task.occurred_at).total_seconds()
        FIRST_SIGN.record(age_s, source=task.source)
    return posted.ts, not run.doubtful


async def _asker(task: Task, conversations: Conversations) -> str | None:
    """The name of the user, where others read the question; None if it would delay the first
    sign.
    """
    if task.shown_below is None and (task.subject is not None or task.private):
        return None
    try:
        async with fair_timeout(_NAMED_WITHIN_S):
            return await conversations.asker(task)
    except TimeoutError:
        return None


async def _where_shown(task: Task, channel: SlackWriter) -> str | None:
    found = await channel.find(task.task_id)
    shown = (one.ts for one in found if one.mark.role == "question")
    return min(shown, key=float, default=None)
