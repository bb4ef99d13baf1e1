"""The messages that a shortcut, a catch-up or a question beside the agent view is about, read only
if its user may read them.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Literal, TypeVar

from processor_service.delivery.slack_writer import TaskRun
from processor_service.ports.conversations import ChannelTalk, ThreadMessage, ThreadReader
from processor_service.ports.people import Channels
from processor_service.prompt.quotes import newest_within
from processor_service.prompt.shortcut_request import CATCH_UP_TOKENS
from shared.errors import PermanentError, SlackRefused
from shared.task import Purpose, Subject, Task

SaidT = TypeVar("SaidT")


async def caught_up(
    task: Task, subject: Subject, threads: ThreadReader, channels: Channels, run: TaskRun
) -> ChannelTalk:
    """The newest messages of a channel that the user and the bot are both in now, as far as they
    fit into a prompt.

    Raises PermanentError (``catch_up_not_there``, ``nothing_said``), and SlackRefused where a
    member lacks only a scope of ours.
    """
    talk = await _for_both(task, subject, channels, run, threads.said_since)
    if not talk.said:
        raise PermanentError("Nobody has written there.", reason="nothing_said")
    kept = tuple(newest_within(talk.said, CATCH_UP_TOKENS))
    return ChannelTalk(kept, talk.whole and len(kept) == len(talk.said))


async def open_beside(
    task: Task, subject: Subject, threads: ThreadReader, channels: Channels, run: TaskRun
) -> tuple[ThreadMessage, ...]:
    """The message, or thread, that is open beside the agent view, if both may read it.

    Raises PermanentError (``nothing_to_read``), and as ``caught_up``.
    """
    said = await _for_both(task, subject, channels, run, threads.said_about)
    if not said:
        raise PermanentError("The message has no text.", reason="nothing_to_read")
    return said


async def _for_both(
    task: Task,
    subject: Subject,
    channels: Channels,
    run: TaskRun,
    read: Callable[[Subject], Awaitable[SaidT]],
) -> SaidT:
    """The result of ``read`` in a channel that the user and the bot are in; Slack is asked each
    time.
    """
    member = False
    # Whoever is not in it, and whether there is such a channel or message: the user is not told
    # which, for naming a channel must teach nothing about it.
    unread = PermanentError("The channel is not for both of us.", reason="catch_up_not_there")
    try:
        member = await run.read(partial(channels.is_member, task.user_id, subject.channel_id))
        if member:
            return await run.read(partial(read, subject))
    except SlackRefused as refused:
        if member and refused.reason == "slack_scope_missing":
            raise
        raise unread from refused
    raise unread


async def material(
    task: Task, subject: Subject, threads: ThreadReader, channels: Channels, run: TaskRun
) -> tuple[ThreadMessage, ...]:
    """The shortcut's subject: the thread for a summary, else the message, after those before it.

    We read it with the bot's rights, so each time the user's right is checked as well. Where the
    bot may not read, a single message is taken as the shortcut brought it. Raises PermanentError
    (``not_a_member``, ``nothing_to_read``), and SlackRefused for a thread: ``thread_unreadable``,
    or a scope is missing.
    """
    role: Literal["app", "person"] = "app" if subject.by_app else "person"
    own = ThreadMessage(role, subject.by, task.text, quoted=task.quoted)
    try:
        if not await run.read(partial(channels.may_read, task.user_id, subject.channel_id)):
            raise PermanentError("The user is no member of the channel.", reason="not_a_member")
        said = await run.read(partial(threads.said_about, subject))
    except SlackRefused as refused:
        if subject.purpose is Purpose.SUMMARISE:
            if refused.reason == "slack_scope_missing":
                raise
            raise SlackRefused(
                "The thread cannot be read.",
                slack_error=refused.slack_error,
                reason="thread_unreadable",
            ) from refused
        said = ()
    found = said or ((own,) if any(own.words) else ())
    if not found:
        raise PermanentError("The message has no text.", reason="nothing_to_read")
    return found
