"""What keeps one person's flood from everybody else, on every Redis we run with."""

import asyncio
from datetime import UTC, datetime, timedelta

from processor_service.ports.limits import NOTICE_COVERS_S, Application, LimitExceeded
from processor_service.ports.work import QueueTicket
from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import LEASE_TTL_S, OWED_TTL_S, UNDER_WAY_TTL_S
from processor_service.redis.limits import MostAllowed, RedisLimits
from processor_service.redis.turns import RedisThreadQueue

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


def flooded(connection: RedisConnection, clock: Clock, per_minute: int = 2) -> RedisLimits:
    return RedisLimits(connection, MostAllowed(per_minute, 0, 0, 3), clock)


def by(user_id: str, task_id: str, thread: str = "") -> Application:
    number = int(task_id.rpartition("-")[2])
    ticket = QueueTicket(thread, f"{number:017.6f}", task_id) if thread else None
    return Application("T1", user_id, task_id, ticket)


async def test_of_a_hundred_refused_questions_one_owes_its_person_a_notice(
    connection: RedisConnection,
) -> None:
    limits = flooded(connection, Clock())
    found = await asyncio.gather(*(limits.admit(by("U1", f"task-{n}")) for n in range(102)))
    assert found.count(None) == 2
    refused = [one for one in found if one is not None]
    assert [one.told for one in refused].count(False) == 1
    assert {one.reason for one in refused} == {"user_rate_limited"}


async def test_a_notice_stands_for_a_minute_of_refusals_and_then_another_is_owed(
    connection: RedisConnection,
) -> None:
    clock = Clock()
    limits = flooded(connection, clock, per_minute=1)
    await limits.admit(by("U1", "task-1"))
    owing = await limits.admit(by("U1", "task-2"))
    assert owing is not None
    assert not owing.told
    await limits.told(by("U1", "task-2"))
    clock.pass_by(NOTICE_COVERS_S - 1)
    covered = await limits.admit(by("U1", "task-3"))
    assert covered is not None
    assert covered.told
    clock.pass_by(UNDER_WAY_TTL_S)
    assert await limits.admit(by("U1", "task-4")) is None
    owing = await limits.admit(by("U1", "task-5"))
    assert owing is not None
    assert not owing.told


async def test_a_task_that_owes_the_notice_others_rely_on_is_not_admitted_when_it_comes_again(
    connection: RedisConnection,
) -> None:
    clock = Clock()
    limits = flooded(connection, clock, per_minute=1)
    await limits.admit(by("U1", "task-1"))
    owing = await limits.admit(by("U1", "task-2"))
    covered = await limits.admit(by("U1", "task-3"))
    await limits.leave(by("U1", "task-1"))
    clock.pass_by(120)
    assert await limits.owed(by("U1", "task-2")) == owing
    assert await limits.admit(by("U1", "task-2")) == owing
    assert covered is not None
    assert covered.told

    await limits.told(by("U1", "task-2"))
    assert await limits.owed(by("U1", "task-2")) is None
    assert await limits.admit(by("U1", "task-2")) is None


async def test_refusals_do_not_renew_themselves(connection: RedisConnection) -> None:
    clock = Clock()
    limits = flooded(connection, clock, per_minute=1)
    await limits.admit(by("U1", "task-0"))
    await limits.leave(by("U1", "task-0"))
    for number in range(1, 60):
        clock.pass_by(1)
        assert await limits.admit(by("U1", f"task-{number}")) is not None
    clock.pass_by(1)
    assert await limits.admit(by("U1", "task-60")) is None


async def test_another_person_is_not_touched_by_a_flood(connection: RedisConnection) -> None:
    limits = flooded(connection, Clock())
    for number in range(50):
        await limits.admit(by("U1", f"task-{number}"))
    assert await limits.admit(by("U2", "task-100")) is None


async def test_no_more_of_a_person_is_under_way_than_they_may_ask_in_a_minute(
    connection: RedisConnection,
) -> None:
    clock = Clock()
    limits = flooded(connection, clock)
    for number in range(2):
        assert await limits.admit(by("U1", f"task-{number}")) is None
    clock.pass_by(61)
    assert await limits.admit(by("U1", "task-2")) == LimitExceeded("user_busy")
    assert await limits.admit(by("U1", "task-1")) is None
    await limits.told(by("U1", "task-2"))
    await limits.leave(by("U1", "task-0"))
    assert await limits.admit(by("U1", "task-3")) is None


async def test_of_two_hundred_questions_in_one_thread_a_few_wait_and_each_of_the_others_is_told(
    connection: RedisConnection,
) -> None:
    limits = RedisLimits(connection, MostAllowed(waiting_in_thread=3), Clock())
    asking = [by(f"U{n % 20}", f"task-{n}", "C1:1.0") for n in range(200)]
    found = [await limits.admit(one) for one in asking]
    assert found.count(None) == 3
    refused = [one for one in found if one is not None]
    assert {one.reason for one in refused} == {"thread_busy"}
    assert [one.told for one in refused].count(False) == 20
    assert await limits.admit(by("U1", "task-300", "C1:2.0")) is None


async def test_who_was_let_into_a_thread_keeps_its_place_and_makes_room_when_it_leaves(
    connection: RedisConnection,
) -> None:
    clock = Clock()
    limits = RedisLimits(connection, MostAllowed(waiting_in_thread=1), clock)
    turns = RedisThreadQueue(connection, clock=lambda: clock().timestamp())
    first, second, third = (by("U1", f"task-{n}", "C1:1.0") for n in range(3))
    assert await limits.admit(first) is None
    assert first.ticket is not None
    assert await turns.take(first.ticket)
    assert await limits.admit(second) is None
    assert await limits.admit(third) == LimitExceeded("thread_busy")
    assert await limits.admit(second) is None
    await limits.leave(second)
    await limits.told(third)
    assert await limits.admit(third) is None


async def test_what_a_flood_leaves_behind_is_forgotten(connection: RedisConnection) -> None:
    limits = flooded(connection, Clock())
    for number in range(20):
        await limits.admit(by("U1", f"task-{number}", "C1:1.0"))
    lifetimes = {
        str(key): await connection.redis.pttl(key) / 1000
        async for key in connection.redis.scan_iter()
    }
    left = {key.split(":")[2 if "limit" in key else 1]: s for key, s in lifetimes.items()}
    for key, promised in (
        ("told", OWED_TTL_S),
        ("under_way", UNDER_WAY_TTL_S),
        ("waiting", LEASE_TTL_S),
    ):
        assert promised - 30 < left[key] <= promised, key
