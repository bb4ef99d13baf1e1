"""The messages that a shortcut is about, read only if its user may read them."""

from functools import partial
from typing import Literal

from processor_service.delivery.slack_writer import TaskRun
from processor_service.ports.conversations import ThreadMessage, ThreadReader
from processor_service.ports.people import Channels
from shared.errors import PermanentError, SlackRefused
from shared.task import Purpose, Subject, Task


class NotAMember(PermanentError):
    """The user may not read, or no longer, where they used a shortcut."""

    reason = "not_a_member"


class NothingToRead(PermanentError):
    """The message that a shortcut was used on has no words."""

    reason = "nothing_to_read"


async def material(
    task: Task, subject: Subject, threads: ThreadReader, channels: Channels, run: TaskRun
) -> tuple[ThreadMessage, ...]:
    """The shortcut's subject: the thread for a summary, else the message, after those before it.

    We read it with the bot's rights, so each time the user's right is checked as well. Where the
    bot may not read, a single message is taken as the shortcut brought it. Raises NotAMember,
    NothingToRead, and SlackRefused for a thread: ``thread_unreadable``, or a scope is missing.
    """
    role: Literal["app", "person"] = "app" if subject.by_app else "person"
    own = ThreadMessage(role, subject.by, task.text, quoted=task.quoted)
    try:
        if not await run.read(partial(channels.may_read, task.user_id, subject.channel_id)):
            raise NotAMember("The user is no member of the channel.")
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
        raise NothingToRead("The message has no text.")
    return found
