"""One question at a time in a thread: the next one is answered with the earlier answer in view."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from processor_service.ports.conversations import Place
from processor_service.ports.work import Ticket, Turns
from processor_service.stopping import Stop
from shared.task import Task


@asynccontextmanager
async def in_turn(task: Task, place: Place | None, turns: Turns, stop: Stop) -> AsyncIterator[None]:
    """Wait until no other question of the thread is being answered, then keep the others waiting.

    Earlier questions go first. Waiting ends with the task's own deadline, and when it is stopped.
    What has no thread, and everything while the store is lost, waits for nobody.
    """
    if place is None:
        yield
        return
    own = ticket(f"{place.channel_id}:{place.thread_ts}", task)
    async with kept_turn(own, turns, stop.is_asked):
        yield


def ticket(line: str, task: Task) -> Ticket:
    """The task's place in a line, by the time of its question."""
    return Ticket(line, f"{task.occurred_at.timestamp():017.6f}", task.task_id)


async def _never() -> bool:
    return False


@asynccontextmanager
async def kept_turn(
    own: Ticket, turns: Turns, in_vain: Callable[[], Awaitable[bool]] = _never
) -> AsyncIterator[None]:
    """Wait for the turn and keep it for the body; waiting also ends once it is ``in_vain``."""
    ended = asyncio.Event()

    async def renew() -> None:
        # The flag is looked at as well: Python 3.11's wait_for, which a client may wait with,
        # can swallow a cancellation (github.com/python/cpython/issues/86296).
        while not ended.is_set():
            await asyncio.sleep(turns.renew_every_s)
            await turns.take(own)

    renewal: asyncio.Task[None] | None = None
    try:
        while not (ours := await turns.take(own)) and not await in_vain():  # noqa: ASYNC110 - only the store knows when
            await asyncio.sleep(turns.look_every_s)
        if ours:
            renewal = asyncio.create_task(renew(), name=f"turn-{own.task_id}")
        yield
    finally:
        ended.set()
        if renewal is not None:
            renewal.cancel()
            await asyncio.wait([renewal])
        await turns.leave(own)
