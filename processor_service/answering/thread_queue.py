"""One question at a time in a thread, so that the next one sees the earlier answer."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Final

from processor_service.delivery.slack_writer import TaskRun
from processor_service.ports.work import QueueTicket, ThreadQueue, asked_at
from shared.background import repeating
from shared.errors import RetryableError
from shared.slack.message import MessageRef
from shared.task import Task

# The rest of a task's time is for handing it back, or for telling its user.
_SHARE_OF_WAITING: Final = 0.9
# The place in the line moves when an answer ends.
_TOLD_EVERY_S: Final = 2.0


class TurnNeverCame(RetryableError):
    """The questions before this one in its thread took all of its time."""

    reason = "thread_busy"


@dataclass(frozen=True)
class LongWait:
    """A user who waits longer than ``after_s`` is told: ``tell`` gets the number of tasks before
    it, if that is known, and again when it changes.
    """

    after_s: float
    tell: Callable[[int | None], None]


@asynccontextmanager
async def wait_for_turn(
    task: Task, place: MessageRef | None, queue: ThreadQueue, run: TaskRun, long: LongWait
) -> AsyncIterator[None]:
    """Wait until no other question of the thread is being answered, then keep the others waiting.

    Earlier questions go first. Waiting ends with a cancellation, and raises TurnNeverCame shortly
    before the task's own deadline, and WorkerStops once the process is told to end. A task without
    a thread, and any task while the store is lost, does not wait.
    """
    if place is None:
        yield
        return
    clock = asyncio.get_running_loop().time
    until = clock() + _SHARE_OF_WAITING * (run.patience.until - clock())
    own = ticket(f"{place.channel_id}:{place.thread_ts}", task)
    tell_at = clock() + long.after_s

    async def give_up() -> bool:
        nonlocal tell_at
        if clock() >= tell_at:
            tell_at = clock() + _TOLD_EVERY_S
            long.tell(await queue.ahead(own))
        return clock() > until or run.cancel.requested or run.stopping.requested

    async with kept_turn(own, queue, give_up) as ours:
        if not ours and not run.cancel.requested:
            run.stopping.check()
            raise TurnNeverCame("The questions before this one took all the time.")
        yield


def ticket_of(task: Task) -> QueueTicket | None:
    """The task's place in its thread; None while its question is not shown in one."""
    if task.message_ts is None:
        return None
    return ticket(f"{task.channel_id}:{task.thread_ts or task.message_ts}", task)


def ticket(line: str, task: Task) -> QueueTicket:
    """The task's place in a queue, by the time of its question."""
    return QueueTicket(line, asked_at(task.occurred_at), task.task_id)


@asynccontextmanager
async def kept_turn(
    own: QueueTicket, queue: ThreadQueue, give_up_when: Callable[[], Awaitable[bool]]
) -> AsyncIterator[bool]:
    """Wait for the turn and keep it for the body; waiting also ends once ``give_up_when`` says so.

    Yields whether the turn came.
    """

    async def renew() -> None:
        await queue.take(own)

    try:
        while not (ours := await queue.take(own)) and not await give_up_when():  # noqa: ASYNC110 - only the store knows when
            await asyncio.sleep(queue.look_every_s)
        if not ours:
            yield False
            return
        async with repeating(queue.renew_every_s, renew, f"turn-{own.task_id}"):
            yield True
    finally:
        await queue.leave(own)
