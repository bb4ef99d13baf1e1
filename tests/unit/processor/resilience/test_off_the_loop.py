"""Long work does not hold up the event loop."""

import asyncio
import threading

import pytest

from processor_service.ports.answers import Answer
from processor_service.rendering.messages import render_answer
from processor_service.resilience.off_loop import off_the_loop


async def test_while_a_long_answer_is_rendered_the_loop_goes_on() -> None:
    turns = 0

    async def count() -> None:
        nonlocal turns
        while True:
            turns += 1
            await asyncio.sleep(0)

    text = "語は**太字**です。\n\n" * 3_000
    counting = asyncio.create_task(count())
    bodies = await off_the_loop(len(text), lambda: render_answer(Answer(text, "m"), "ja", 99))
    counting.cancel()
    assert len(bodies) > 1
    assert turns > 10


async def test_a_short_one_is_not_worth_a_thread() -> None:
    assert await off_the_loop(10, threading.current_thread) is threading.main_thread()


async def test_who_is_cancelled_waits_until_the_thread_is_done() -> None:
    begun, end, ended = threading.Event(), threading.Event(), threading.Event()

    def work() -> None:
        begun.set()
        end.wait(10)
        ended.set()

    working = asyncio.create_task(off_the_loop(1_000_000, work))
    await asyncio.to_thread(begun.wait, 10)
    working.cancel()
    await asyncio.sleep(0)
    assert not working.done()
    end.set()
    with pytest.raises(asyncio.CancelledError):
        await working
    assert ended.is_set()
