"""Equal questions at the same time: one goes to Gemini, the others wait for its answer."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final

from processor_service.answering.thread_queue import kept_turn, ticket
from processor_service.ports.answers import Answer, Answers
from processor_service.ports.work import ThreadQueue
from processor_service.resilience.cancellation import CancelToken
from shared.task import Task
from shared.telemetry.metrics import CACHE_LOOKUPS
from shared.telemetry.tracing import span

FLIGHT_WAIT_S: Final = 30.0
"""An answer that is not there by then may never be kept: cut, or by the fallback model."""


@asynccontextmanager
async def single_flight(
    key: str | None, task: Task, answers: Answers, turns: ThreadQueue, stop: CancelToken
) -> AsyncIterator[Answer | None]:
    """The answer kept under ``key``, waited for while somebody asks for it; None: ask for it.

    Whoever gets None keeps the others waiting until the end of the body, but nobody waits longer
    than ``FLIGHT_WAIT_S``, nor once ``stop`` is asked. Where nothing is kept (no key, cache off,
    store lost) nobody waits.
    """
    if key is None or not answers.lasting:
        CACHE_LOOKUPS.add(result="off")
        yield None
        return
    with span("cache"):
        known = await answers.get(key)
    if known is not None:
        CACHE_LOOKUPS.add(result="hit")
        yield known
        return
    clock = asyncio.get_running_loop().time
    until = clock() + FLIGHT_WAIT_S

    async def in_vain() -> bool:
        nonlocal known
        known = await answers.get(key)
        return known is not None or clock() > until or stop.asked

    async with kept_turn(ticket(f"question:{key}", task), turns, in_vain):
        # Whoever had the turn before may have kept the answer since we looked.
        known = known or await answers.get(key)
        CACHE_LOOKUPS.add(result="miss" if known is None else "hit")
        yield known
