"""Which questions share an answer."""

import hashlib
import unicodedata

from processor_service.ports.model import Prompt
from processor_service.prompts import PROMPT_VERSION
from shared.task import Source, Task


def cache_key(task: Task, prompt: Prompt, model: str) -> str | None:
    """The key under which the task's answer may be kept, or None if it depends on more.

    Only a question that stands alone qualifies: no files, no message it is about, and no thread it
    continues. Answers are never shared between teams. Everything else that the model is told
    counts, the day and what an operator has added among it: an answer of yesterday is none to a
    question of today.
    """
    continues_thread = task.thread_ts is not None and task.thread_ts != task.message_ts
    stands_alone = not task.files and task.subject is None
    if (
        task.private
        or not stands_alone
        or (continues_thread and task.source is not Source.SLASH_COMMAND)
    ):
        return None
    text = " ".join(unicodedata.normalize("NFKC", task.text).split())
    told = (PROMPT_VERSION, task.mode, prompt.system, str(prompt.manner))
    parts = (task.team_id, model, task.locale, *told, text)
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def draft_key(task: Task) -> str:
    """The key of what the model said to this task, until it stands in Slack."""
    return f"task:{task.task_id}"


def may_read_cache(task: Task) -> bool:
    """Whoever presses a button to ask again wants a new answer, not the one they have seen."""
    return task.source not in {Source.BUTTON, Source.RETRY}
