"""Stops and votes, on every Redis we run with."""

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from processor_service.ports.people import VoteChange
from processor_service.ports.work import QueueTicket
from processor_service.redis.cancels import RedisCancellations
from processor_service.redis.connection import RedisConnection, redis_connection
from processor_service.redis.keys import STOP_TTL_S, VOTE_TTL_S, stop_key, vote_key
from processor_service.redis.turns import RedisThreadQueue
from processor_service.redis.votes import RedisVotes
from shared.task import Vote
from simulators.processes.tcp_ports import free_port

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
_numbers = count()


def a_task_id() -> str:
    return f"{next(_numbers):032x}"


class Clock:
    now = 1000.0

    def __call__(self) -> float:
        return self.now


async def test_a_stop_is_seen_in_every_process_for_a_day(connection: RedisConnection) -> None:
    clock = Clock()
    task_id, here, there = (
        a_task_id(),
        RedisCancellations(connection),
        RedisCancellations(connection, clock),
    )
    assert not await there.is_requested(task_id)
    clock.now += there.look_every_s
    await here.request(task_id)
    await here.request(task_id)
    assert await here.is_requested(task_id)
    assert await there.is_requested(task_id)
    assert not await there.is_requested(a_task_id())
    assert STOP_TTL_S - 60 < await connection.redis.ttl(stop_key(task_id)) <= STOP_TTL_S


async def test_one_look_at_redis_is_for_every_task_that_is_worked_on(
    connection: RedisConnection,
) -> None:
    clock, looks = Clock(), list[int]()
    here, there = RedisCancellations(connection), RedisCancellations(connection, clock)
    tasks = [a_task_id() for _ in range(20)]
    mget = connection.redis.mget

    async def counted(keys: list[str]) -> list[Any]:
        looks.append(len(keys))
        return list(await mget(keys))

    connection.redis.mget = counted  # type: ignore[assignment,method-assign] # it counts what is asked
    for task_id in tasks:
        assert not await there.is_requested(task_id)
    await here.request(tasks[7])
    looks.clear()
    for _ in range(2):
        clock.now += there.look_every_s
        stopped = [task_id for task_id in tasks if await there.is_requested(task_id)]
    assert stopped == [tasks[7]]
    assert looks == [20, 20]
    await here.request(tasks[19])
    clock.now += there.look_every_s
    assert (await asyncio.gather(*map(there.is_requested, tasks)))[19]
    assert looks == [20, 20, 20]
    clock.now += 10
    await there.is_requested(tasks[0])
    assert looks[-1] == 1


async def test_a_stop_is_seen_by_a_task_that_waited_long_for_the_look_of_another(
    connection: RedisConnection,
) -> None:
    clock, looks = Clock(), list[int]()
    here, there = RedisCancellations(connection), RedisCancellations(connection, clock)
    first, second = a_task_id(), a_task_id()
    await here.request(second)
    mget = connection.redis.mget

    async def slow(keys: list[str]) -> list[Any]:
        looks.append(len(keys))
        found = list(await mget(keys))
        # A busy process comes back to the reply late.
        clock.now += 2
        return found

    connection.redis.mget = slow  # type: ignore[assignment,method-assign] # a busy process
    stopped = await asyncio.gather(there.is_requested(first), there.is_requested(second))
    assert tuple(stopped) == (False, True)
    assert looks == [1, 1]


async def test_with_redis_lost_a_stop_is_seen_in_its_own_process() -> None:
    async with redis_connection(f"redis://127.0.0.1:{free_port()}/0") as lost:
        here, there = RedisCancellations(lost), RedisCancellations(lost)
        task_id = a_task_id()
        await here.request(task_id)
        assert await here.is_requested(task_id)
        assert not await there.is_requested(task_id)


async def test_the_holder_of_a_turn_is_known_by_its_task(connection: RedisConnection) -> None:
    turns, task_id = RedisThreadQueue(connection), a_task_id()
    line = f"C1:{task_id}"
    assert await turns.holder(line) is None
    ticket = QueueTicket(line, "1800000000.000000", task_id)
    assert await turns.take(ticket)
    assert await turns.holder(line) == ticket


async def test_a_waiting_task_knows_how_many_are_before_it(connection: RedisConnection) -> None:
    turns, line = RedisThreadQueue(connection), f"C1:{a_task_id()}"
    first, second, third = (
        QueueTicket(line, f"180000000{number}.000000", a_task_id()) for number in range(3)
    )
    assert await turns.ahead(third) == 0
    assert await turns.take(first)
    for waiting in (third, second):
        assert not await turns.take(waiting)
    assert [await turns.ahead(one) for one in (first, second, third)] == [0, 1, 2]
    await turns.leave(first)
    assert [await turns.ahead(one) for one in (second, third)] == [0, 1]
    async with redis_connection(f"redis://127.0.0.1:{free_port()}/0") as lost:
        assert await RedisThreadQueue(lost).ahead(third) is None


async def test_the_last_vote_of_a_person_counts_and_is_kept_for_a_month(
    connection: RedisConnection,
) -> None:
    votes, task_id = RedisVotes(connection), a_task_id()

    async def cast(vote: Vote, at_s: float, user: str = "U1") -> VoteChange:
        return await votes.cast(task_id, user, vote, NOON + timedelta(seconds=at_s))

    assert await cast(Vote.UP, 0) is VoteChange.NEW
    assert await cast(Vote.UP, 0) is VoteChange.KNOWN
    assert await cast(Vote.UP, 1) is VoteChange.KNOWN
    assert await cast(Vote.DOWN, 2.000001) is VoteChange.CHANGED
    assert await cast(Vote.UP, 2) is VoteChange.KNOWN
    assert await cast(Vote.UP, 2.000002) is VoteChange.CHANGED
    assert await cast(Vote.DOWN, 0, "U2") is VoteChange.NEW
    assert VOTE_TTL_S - 60 < await connection.redis.ttl(vote_key(task_id, "U1")) <= VOTE_TTL_S


async def test_with_redis_lost_every_vote_is_new() -> None:
    async with redis_connection(f"redis://127.0.0.1:{free_port()}/0") as lost:
        votes = RedisVotes(lost)
        for vote in Vote:
            assert await votes.cast("a" * 32, "U1", vote, NOON) is VoteChange.NEW
