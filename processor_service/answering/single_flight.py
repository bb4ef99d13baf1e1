"""Equal questions: which ones share an answer, and a single flight to Gemini for it."""

import asyncio
import hashlib
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from processor_service.answering.thread_queue import LongWait, kept_turn, ticket
from processor_service.delivery.slack_writer import TaskRun
from processor_service.ports.answers import Answer, Answers
from processor_service.ports.model import Prompt
from processor_service.ports.people import Channels
from processor_service.ports.work import QueueTicket, ThreadQueue
from processor_service.prompt.build import PROMPT_VERSION
from shared.task import Source, Task
from shared.telemetry.metrics import CACHE_LOOKUPS
from shared.telemetry.tracing import span

FLIGHT_WAIT_S: Final = 30.0
"""Stop waiting then: truncated and fallback answers are never cached."""


@dataclass(frozen=True)
class SharedQuestion:
    """A question that takes the answer to an equal one, kept in ``answers`` under ``key``."""

    key: str
    task: Task
    answers: Answers

    async def answer(self) -> Answer | None:
        """The answer, if it is kept by now."""
        return await self.answers.get(self.key)

    @property
    def ticket(self) -> QueueTicket:
        """The task's place among those with an equal question."""
        return ticket(f"question:{self.key}", self.task)


@asynccontextmanager
async def single_flight(
    shared: SharedQuestion | None, queue: ThreadQueue, run: TaskRun, long: LongWait
) -> AsyncIterator[Answer | None]:
    """The answer to an equal question, waiting while another task asks for it; None: ask for it.

    A caller that gets None keeps the others waiting until the end of the body, at most for
    ``FLIGHT_WAIT_S``, and until its user stops it. Raises WorkerStops if the process is told to end
    meanwhile. If it shares no answer, or without a cache or a store, no task waits.
    """
    if shared is None or not shared.answers.lasting:
        CACHE_LOOKUPS.add(result="off")
        yield None
        return
    with span("cache"):
        known = await shared.answer()
    if known is not None:
        CACHE_LOOKUPS.add(result="hit")
        yield known
        return
    clock = asyncio.get_running_loop().time
    until, tell_at = clock() + FLIGHT_WAIT_S, clock() + long.after_s

    async def give_up() -> bool:
        nonlocal known
        known = await shared.answer()
        if clock() > tell_at:
            long.tell(None)
        over = run.cancel.requested or run.stopping.requested
        return known is not None or clock() > until or over

    async with kept_turn(shared.ticket, queue, give_up) as ours:
        if not ours and known is None:
            run.stopping.check()
        # The previous holder of the turn may have kept the answer since we looked.
        known = known or await shared.answer()
        CACHE_LOOKUPS.add(result="miss" if known is None else "hit")
        yield known


# Raise it when keys are made in another way: entries under old keys are not found any more.
_VERSION: Final = "2"


async def audience_of(task: Task, channels: Channels) -> str:
    """The users who share the task's answer: everybody ("") in a public channel, else its user
    alone, so that an answer never reveals a question where its reader cannot read.
    """
    if not _stands_alone(task):
        return task.user_id
    channel = await channels.of(task.channel_id)
    return "" if channel is not None and channel.public else task.user_id


def cache_key(task: Task, prompt: Prompt, model: str, audience: str) -> str | None:
    """The key under which the task's answer may be kept, or None if it depends on more.

    Only a question that stands alone qualifies: no files, no subject, no thread and no answer
    before it. Answers are never shared between teams, nor beyond their ``audience``. The key holds
    everything else that the model is told, such as the day and the operator's text: yesterday's
    answer does not fit today's question. No words are folded: each blank and each form of a
    character may matter.
    """
    if not _stands_alone(task):
        return None
    told = (PROMPT_VERSION, task.mode, prompt.system, str(prompt.options))
    parts = (_VERSION, task.team_id, audience, model, task.locale, *told, prompt.text.strip())
    return hashlib.sha256("\0".join(parts).encode()).hexdigest()


def _stands_alone(task: Task) -> bool:
    continues_thread = task.thread_ts is not None and task.thread_ts != task.message_ts
    if task.private or task.quoted or task.files:
        return False
    if task.subject is not None or task.earlier is not None:
        return False
    return not continues_thread or task.source is Source.SLASH_COMMAND


def saved_answer_key(task: Task) -> str:
    """The key of the model's answer to this task, until it is posted in Slack."""
    return f"task:{task.task_id}"


def may_read_cache(task: Task) -> bool:
    """False for a button that asks again: its user wants a new answer, not the same one."""
    return task.source not in {Source.BUTTON, Source.RETRY}
