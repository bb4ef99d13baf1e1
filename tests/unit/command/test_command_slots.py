"""How many envelopes run at once, and what runs beside them."""

import asyncio

import pytest
from structlog.testing import capture_logs

from command_service.transport.concurrency import ConcurrencyLimit, Overloaded
from shared.background import Background


class Holder:
    """Holds a slot until it is released."""

    def __init__(self, slots: ConcurrencyLimit) -> None:
        self.holds = asyncio.Event()
        self.release = asyncio.Event()
        self.task = asyncio.create_task(self._hold(slots))

    async def _hold(self, slots: ConcurrencyLimit) -> None:
        async with slots.slot():
            self.holds.set()
            await self.release.wait()

    async def end(self) -> None:
        self.release.set()
        await self.task


async def holder_of(slots: ConcurrencyLimit) -> Holder:
    holder = Holder(slots)
    await asyncio.wait_for(holder.holds.wait(), 2.0)
    return holder


async def test_no_more_than_the_limit_run_at_once_and_the_others_follow() -> None:
    slots = ConcurrencyLimit(limit=2, wait_s=2.0)
    first, second = await holder_of(slots), await holder_of(slots)
    third = Holder(slots)
    await asyncio.sleep(0)
    assert not third.holds.is_set()

    await first.end()
    await asyncio.wait_for(third.holds.wait(), 2.0)
    await asyncio.gather(second.end(), third.end())
    assert slots.running == 0


async def test_who_waits_too_long_is_turned_away_and_the_slot_is_not_lost() -> None:
    slots = ConcurrencyLimit(limit=1, wait_s=0.02)
    holder = await holder_of(slots)

    with pytest.raises(Overloaded):
        async with slots.slot():
            pass
    await holder.end()
    async with slots.slot():
        assert slots.running == 1


async def test_a_drain_waits_for_who_holds_a_slot_and_turns_everybody_else_away() -> None:
    slots = ConcurrencyLimit(limit=1, wait_s=2.0)
    holder, waiting = await holder_of(slots), Holder(slots)
    drain = asyncio.create_task(slots.drain(within_s=2.0))
    await asyncio.sleep(0)

    with pytest.raises(Overloaded):
        async with slots.slot():
            pass
    assert not drain.done()
    await holder.end()
    await drain
    with pytest.raises(Overloaded):
        await waiting.task


async def test_a_drain_ends_in_time_and_says_what_was_left() -> None:
    slots = ConcurrencyLimit(limit=1)
    holder = await holder_of(slots)

    with capture_logs() as lines:
        await slots.drain(within_s=0.02)
    assert [(line["action"], line["running"]) for line in lines] == [("drain_late", 1)]
    await holder.end()


async def test_background_work_that_fails_is_logged_and_hurts_nobody() -> None:
    background = Background()

    async def fail() -> None:
        raise ValueError("broken")

    with capture_logs() as lines:
        background.start(fail(), "failing")
        await background.close(within_s=1.0)
    assert [(line["action"], line["work"]) for line in lines] == [("background_failed", "failing")]


async def test_background_work_beyond_the_bound_or_after_the_close_is_dropped() -> None:
    background = Background(limit=1)
    done: list[str] = []

    async def work(name: str) -> None:
        await asyncio.sleep(0)
        done.append(name)

    with capture_logs() as lines:
        for name in ("first", "second"):
            background.start(work(name), name)
        await background.close(within_s=1.0)
        background.start(work("third"), "third")
    assert done == ["first"]
    assert [line["work"] for line in lines] == ["second", "third"]


async def test_closing_cancels_background_work_that_takes_too_long() -> None:
    background = Background()
    ended = asyncio.Event()

    async def forever() -> None:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()

    background.start(forever(), "forever")
    await asyncio.sleep(0)
    await background.close(within_s=0.02)
    assert ended.is_set()
