"""Which questions share an answer."""

import hashlib
from typing import Final

from processor_service.ports.model import Prompt
from processor_service.ports.people import Channels
from processor_service.prompt.build import PROMPT_VERSION
from shared.task import Source, Task

# Another way to make keys is another version: what was kept by the old ones is not found any more.
_VERSION: Final = "2"


async def audience_of(task: Task, channels: Channels) -> str:
    """Who shares the task's answer: everybody ("") in a public channel, else its asker alone, so
    that nobody learns what was asked where they cannot read.
    """
    if not _stands_alone(task):
        return task.user_id
    channel = await channels.of(task.channel_id)
    return "" if channel is not None and channel.public else task.user_id


def cache_key(task: Task, prompt: Prompt, model: str, audience: str) -> str | None:
    """The key under which the task's answer may be kept, or None if it depends on more.

    Only a question that stands alone qualifies: no files, no message it is about, and no thread it
    continues. Answers are never shared between teams, nor beyond their ``audience``. Everything
    else that the model is told counts, the day and what an operator has added among it: an answer
    of yesterday is none to a question of today. Of the words nothing is folded: each blank and
    each form of a character may be what is asked about.
    """
    if not _stands_alone(task):
        return None
    told = (PROMPT_VERSION, task.mode, prompt.system, str(prompt.options))
    parts = (_VERSION, task.team_id, audience, model, task.locale, *told, prompt.text.strip())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _stands_alone(task: Task) -> bool:
    continues_thread = task.thread_ts is not None and task.thread_ts != task.message_ts
    if task.private or task.files or task.subject is not None:
        return False
    return not continues_thread or task.source is Source.SLASH_COMMAND


def saved_answer_key(task: Task) -> str:
    """The key of what the model said to this task, until it stands in Slack."""
    return f"task:{task.task_id}"


def may_read_cache(task: Task) -> bool:
    """Whoever presses a button to ask again wants a new answer, not the one they have seen."""
    return task.source not in {Source.BUTTON, Source.RETRY}
