"""A short timeout, on a machine that lets this process wait: what had come by then has come."""

import asyncio
import time

import pytest

from processor_service.resilience.fair_timeout import fair_timeout

SHORT_S = 0.01


async def replied(reply: "asyncio.Future[str]") -> str:
    async with fair_timeout(SHORT_S):
        return await reply


def stay_busy_for(seconds: float) -> None:
    """As with a long computation, or a processor that is taken away."""
    time.sleep(seconds)


async def test_a_reply_that_came_while_this_process_was_busy_has_come_in_time() -> None:
    reply = asyncio.get_running_loop().create_future()
    waiting = asyncio.create_task(replied(reply))
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(reply.set_result, "reply")
    stay_busy_for(5 * SHORT_S)
    assert await waiting == "reply"


@pytest.mark.parametrize("busy_s", [0.0, 5 * SHORT_S])
async def test_a_silent_one_is_given_up_on_a_busy_machine_too(busy_s: float) -> None:
    waiting = asyncio.create_task(replied(asyncio.get_running_loop().create_future()))
    await asyncio.sleep(0)
    stay_busy_for(busy_s)
    with pytest.raises(TimeoutError):
        await waiting


async def test_a_timeout_that_is_left_in_time_cancels_nothing_later() -> None:
    async with fair_timeout(SHORT_S):
        pass
    stay_busy_for(2 * SHORT_S)
    await asyncio.sleep(2 * SHORT_S)


async def test_a_cancellation_from_outside_is_no_timeout() -> None:
    waiting = asyncio.create_task(replied(asyncio.get_running_loop().create_future()))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
