"""Whose turn it is in a thread, on every Redis we run with."""

from dataclasses import dataclass, field
from itertools import count

from processor_service.ports.work import QueueTicket
from processor_service.redis.connection import RedisConnection, redis_connection
from processor_service.redis.turns import RedisThreadQueue
from simulators.processes.tcp_ports import free_port

_threads = count()


@dataclass
class Line:
    """A thread of its own with three questions, asked one after the other."""

    connection: RedisConnection
    now: float = 1_800_000_000.0
    thread: str = field(default_factory=lambda: f"C1:{next(_threads)}")

    def __post_init__(self) -> None:
        self.turns = RedisThreadQueue(self.connection, clock=lambda: self.now)
        self.first, self.second, self.third = (
            QueueTicket(self.thread, f"180000000{number}.000000", letter * 32)
            for number, letter in enumerate("cba")
        )


async def test_one_at_a_time_and_then_in_the_order_they_were_asked(
    connection: RedisConnection,
) -> None:
    line = Line(connection)
    assert await line.turns.take(line.first)
    assert not await line.turns.take(line.third)
    assert not await line.turns.take(line.second)
    assert await line.turns.take(line.first)
    await line.turns.leave(line.first)
    assert not await line.turns.take(line.third)
    assert await line.turns.take(line.second)
    await line.turns.leave(line.second)
    assert await line.turns.take(line.third)


async def test_who_leaves_the_line_or_is_not_seen_again_holds_up_nobody(
    connection: RedisConnection,
) -> None:
    line = Line(connection)
    await line.turns.take(line.first)
    assert not await line.turns.take(line.second)
    await line.turns.leave(line.second)
    await line.turns.leave(line.first)
    assert await line.turns.take(line.third)

    other = Line(connection)
    await other.turns.take(other.first)
    assert not await other.turns.take(other.second)
    await other.turns.leave(other.first)
    other.now += 16
    assert await other.turns.take(other.third)


async def test_leaving_ends_nobody_elses_turn(connection: RedisConnection) -> None:
    line = Line(connection)
    await line.turns.take(line.first)
    await line.turns.leave(line.second)
    assert not await line.turns.take(line.second)


async def test_a_killed_workers_turn_runs_out(connection: RedisConnection) -> None:
    line = Line(connection)
    await line.turns.take(line.first)
    key = f"mechachang:turn:{line.thread}"
    assert 0 < await connection.redis.pttl(key) <= 15_000
    await connection.redis.delete(key)
    assert await line.turns.take(line.second)


async def test_without_redis_nobody_waits() -> None:
    async with redis_connection(f"redis://127.0.0.1:{free_port()}/0") as lost:
        line = Line(lost)
        assert await line.turns.take(line.first)
        assert await line.turns.take(line.second)
        await line.turns.leave(line.first)
