import asyncio

import pytest

from processor_service.resilience.memory_budget import MemoryBudget


async def test_who_comes_first_is_let_in_first_and_nobody_beyond_the_size() -> None:
    memory, order = MemoryBudget(10), list[str]()
    leave = asyncio.Event()

    async def hold(name: str, amount: int) -> None:
        async with memory.reserve(amount):
            order.append(name)
            await leave.wait()

    holders = [
        asyncio.create_task(hold(name, amount)) for name, amount in (("a", 6), ("b", 6), ("c", 1))
    ]
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert order == ["a"]
    leave.set()
    async with asyncio.timeout(5):
        await asyncio.gather(*holders)
    assert order == ["a", "b", "c"]


async def test_more_than_there_is_gets_all_of_it() -> None:
    memory = MemoryBudget(10)
    async with asyncio.timeout(5), memory.reserve(1000):
        waiting = asyncio.create_task(_pass_through(memory))
        await asyncio.sleep(0)
        assert not waiting.done()
    async with asyncio.timeout(5):
        await waiting


async def test_one_who_gives_up_waiting_leaves_the_room_to_others() -> None:
    memory = MemoryBudget(10)
    async with memory.reserve(10):
        impatient = asyncio.create_task(_pass_through(memory))
        await asyncio.sleep(0)
        impatient.cancel()
        with pytest.raises(asyncio.CancelledError):
            await impatient
    async with asyncio.timeout(5):
        await _pass_through(memory)


async def _pass_through(memory: MemoryBudget) -> None:
    async with memory.reserve(10):
        return
