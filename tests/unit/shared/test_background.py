"""Work beside other work: it has an owner, and ends with it."""

import asyncio
import contextlib
import time

import pytest
from structlog.testing import capture_logs

from shared.background import alongside, happens, repeating


class Count:
    """Counts its calls, and tells of each."""

    def __init__(self, goes_on: int = 1_000) -> None:
        self.calls: list[float] = []
        self._goes_on = goes_on
        self._called = asyncio.Condition()

    async def __call__(self) -> bool:
        self.calls.append(asyncio.get_running_loop().time())
        async with self._called:
            self._called.notify_all()
        return len(self.calls) < self._goes_on

    async def reaches(self, number: int) -> None:
        async with self._called:
            await self._called.wait_for(lambda: len(self.calls) >= number)


async def test_an_action_is_repeated_while_the_body_runs_and_never_after() -> None:
    count = Count()
    async with repeating(0.001, count, "count"):
        await count.reaches(3)
        [task] = [task for task in asyncio.all_tasks() if task.get_name() == "count"]
    assert task.done()


async def test_it_ends_once_the_action_has_nothing_more_to_do() -> None:
    count = Count(goes_on=2)
    async with repeating(0.001, count, "count"):
        [task] = [task for task in asyncio.all_tasks() if task.get_name() == "count"]
        await asyncio.wait([task])
        assert len(count.calls) == 2


async def test_an_action_is_waited_for_and_not_cut_off_in_the_middle() -> None:
    began, may_end, done = asyncio.Event(), asyncio.Event(), False

    async def action() -> None:
        nonlocal done
        began.set()
        await may_end.wait()
        done = True

    async with repeating(0.001, action, "slow"):
        await began.wait()
        asyncio.get_running_loop().call_later(0.01, may_end.set)
    assert done


async def test_a_swallowed_cancellation_repeats_nothing_after_the_end() -> None:
    began, calls = asyncio.Event(), 0

    async def action() -> None:
        nonlocal calls
        calls += 1
        began.set()
        with contextlib.suppress(asyncio.CancelledError):
            await asyncio.sleep(0.01)

    async with repeating(0.001, action, "deaf"):
        await began.wait()
        [task] = [task for task in asyncio.all_tasks() if task.get_name() == "deaf"]
    assert task.done()
    assert calls == 1


async def test_aligned_repetitions_wake_up_together() -> None:
    one, other = Count(), Count()
    every_s = 0.1
    async with repeating(every_s, one, "one", aligned=True):
        # Begun in the middle between two of its moments.
        await one.reaches(1)
        await asyncio.sleep(every_s / 2)
        async with repeating(every_s, other, "other", aligned=True):
            await other.reaches(1)
            await one.reaches(2)
    nearest = min(abs(moment - other.calls[0]) for moment in one.calls)
    assert nearest < every_s / 4


async def test_what_happened_while_this_process_was_busy_has_happened() -> None:
    event = asyncio.Event()
    looking = asyncio.create_task(happens(event, 0.01))
    await asyncio.sleep(0)
    asyncio.get_running_loop().call_soon(event.set)
    time.sleep(0.05)  # noqa: ASYNC251 - as a long computation, or a processor taken away
    assert await looking


async def test_work_alongside_ends_with_the_body_and_hides_no_failure_of_it() -> None:
    ended = asyncio.Event()

    async def for_ever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    async def body() -> None:
        async with alongside(for_ever(), "for ever"):
            await asyncio.sleep(0)
            raise KeyError

    with pytest.raises(KeyError):
        await body()
    assert ended.is_set()


async def test_work_alongside_that_fails_is_logged_at_once_and_hurts_nobody() -> None:
    async def fail() -> None:
        raise ValueError("broken")

    with capture_logs() as lines:
        async with alongside(fail(), "watch"):
            [task] = [task for task in asyncio.all_tasks() if task.get_name() == "watch"]
            await asyncio.wait([task])
            await asyncio.sleep(0)
            told = [(line["action"], line["work"]) for line in lines]
    assert told == [("background_failed", "watch")]
    assert len(lines) == 1


async def test_an_action_that_fails_is_not_repeated_and_is_logged_at_once() -> None:
    calls = 0

    async def fail() -> None:
        nonlocal calls
        calls += 1
        raise ValueError("broken")

    with capture_logs() as lines:
        async with repeating(0.001, fail, "renewal"):
            [task] = [task for task in asyncio.all_tasks() if task.get_name() == "renewal"]
            await asyncio.wait([task])
            await asyncio.sleep(0)
            told = [(line["action"], line["work"]) for line in lines]
    assert told == [("background_failed", "renewal")]
    assert calls == 1
