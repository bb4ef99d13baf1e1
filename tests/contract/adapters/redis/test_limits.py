"""The limits' promise, on every Redis we run with."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from processor_service.ports.limits import Application, LimitExceeded
from processor_service.redis.connection import RedisConnection, redis_connection
from processor_service.redis.keys import (
    COUNTED_TTL_S,
    DAY_TTL_S,
    RATE_WINDOW_S,
    UNDER_WAY_TTL_S,
)
from processor_service.redis.limits import MostAllowed, RedisLimits
from shared.slack.usage import Used, UsedOfLimit
from simulators.processes.tcp_ports import free_port

NOON_IN_JAPAN = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
MIDNIGHT_IN_JAPAN = datetime(2026, 11, 24, 15, 0, tzinfo=UTC)


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = NOON_IN_JAPAN

    def __call__(self) -> datetime:
        return self.now

    def pass_by(self, seconds: float) -> None:
        self.now += timedelta(seconds=seconds)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def limited(connection: RedisConnection, clock: Clock) -> Callable[..., RedisLimits]:
    def limits(
        per_minute: int = 0, user_daily: int = 0, team_daily: int = 0, waiting: int = 0
    ) -> RedisLimits:
        return RedisLimits(
            connection, MostAllowed(per_minute, user_daily, team_daily, waiting), clock
        )

    return limits


MakeLimits = Callable[..., RedisLimits]


async def test_requests_beyond_the_limit_wait_until_the_oldest_is_a_minute_old(
    limited: MakeLimits, clock: Clock
) -> None:
    limits = limited(per_minute=2)
    assert await limits.admit(Application("T1", "U1", "task-1")) is None
    clock.pass_by(20)
    assert await limits.admit(Application("T1", "U1", "task-2")) is None
    clock.pass_by(20)
    freed = NOON_IN_JAPAN + timedelta(seconds=60)
    assert await limits.admit(Application("T1", "U1", "task-3")) == LimitExceeded(
        "user_rate_limited", freed
    )

    await limits.told(Application("T1", "U1", "task-3"))
    for done in ("task-1", "task-2"):
        await limits.leave(Application("T1", "U1", done))
    clock.now = freed
    assert await limits.admit(Application("T1", "U1", "task-3")) is None
    clock.pass_by(1)
    refused = await limits.admit(Application("T1", "U1", "task-4"))
    assert refused == LimitExceeded("user_rate_limited", freed + timedelta(seconds=20), told=True)


async def test_a_lowered_limit_names_the_moment_when_enough_requests_are_old(
    limited: MakeLimits, clock: Clock
) -> None:
    for number in range(5):
        assert await limited(per_minute=5).admit(Application("T1", "U1", f"task-{number}")) is None
        clock.pass_by(1)
    refused = await limited(per_minute=2).admit(Application("T1", "U1", "task-5"))
    assert refused == LimitExceeded("user_rate_limited", NOON_IN_JAPAN + timedelta(seconds=60 + 3))


async def test_an_admitted_task_is_neither_counted_nor_refused_when_it_is_redelivered(
    limited: MakeLimits, clock: Clock
) -> None:
    limits = limited(per_minute=2, user_daily=100)
    for _ in range(4):
        assert await limits.admit(Application("T1", "U1", "task-1")) is None
    assert await limits.admit(Application("T1", "U1", "task-2")) is None
    await limits.spend("T1", "U1", 1000)
    clock.pass_by(3600)
    assert await limits.admit(Application("T1", "U1", "task-1")) is None
    assert await limits.admit(Application("T1", "U1", "task-3")) is not None


async def test_a_refused_request_does_not_count(limited: MakeLimits, clock: Clock) -> None:
    limits = limited(per_minute=1)
    assert await limits.admit(Application("T1", "U1", "task-1")) is None
    for number in range(2, 7):
        clock.pass_by(10)
        assert await limits.admit(Application("T1", "U1", f"task-{number}")) is not None
    await limits.leave(Application("T1", "U1", "task-1"))
    clock.pass_by(10)
    assert await limits.admit(Application("T1", "U1", "task-7")) is None


async def test_simultaneous_requests_share_one_limit(limited: MakeLimits) -> None:
    limits = limited(per_minute=3)
    outcomes = await asyncio.gather(
        *(limits.admit(Application("T1", "U1", f"task-{n}")) for n in range(20))
    )
    assert outcomes.count(None) == 3


async def test_people_and_teams_do_not_share_a_request_limit(limited: MakeLimits) -> None:
    limits = limited(per_minute=1)
    assert await limits.admit(Application("T1", "U1", "task-1")) is None
    assert await limits.admit(Application("T1", "U2", "task-2")) is None
    assert await limits.admit(Application("T2", "U1", "task-3")) is None
    assert await limits.admit(Application("T1", "U1", "task-4")) is not None


async def test_a_persons_used_up_tokens_come_back_at_midnight_in_japan(
    limited: MakeLimits, clock: Clock
) -> None:
    limits = limited(user_daily=1000)
    await limits.spend("T1", "U1", 999)
    assert await limits.admit(Application("T1", "U1", "task-2")) is None
    await limits.spend("T1", "U1", 1)
    refused = await limits.admit(Application("T1", "U1", "task-3"))
    assert refused == LimitExceeded("user_daily_tokens", MIDNIGHT_IN_JAPAN)
    assert await limits.admit(Application("T1", "U2", "task-4")) is None

    clock.now = MIDNIGHT_IN_JAPAN - timedelta(milliseconds=1)
    assert await limits.admit(Application("T1", "U1", "task-3")) == refused
    await limits.told(Application("T1", "U1", "task-3"))
    clock.now = MIDNIGHT_IN_JAPAN
    assert await limits.admit(Application("T1", "U1", "task-3")) is None


async def test_a_teams_used_up_tokens_stop_everybody_in_it(limited: MakeLimits) -> None:
    limits = limited(team_daily=1000)
    await limits.spend("T1", "U1", 600)
    await limits.spend("T1", "U2", 400)
    refused = await limits.admit(Application("T1", "U3", "task-3"))
    assert refused == LimitExceeded("team_daily_tokens", MIDNIGHT_IN_JAPAN)
    assert await limits.admit(Application("T2", "U1", "task-4")) is None


async def test_each_delivery_of_a_question_counts_what_it_took(limited: MakeLimits) -> None:
    limits = limited(user_daily=1000)
    await limits.spend("T1", "U1", 400)
    await limits.spend("T1", "U1", 0)
    assert await limits.admit(Application("T1", "U1", "task-2")) is None
    await limits.spend("T1", "U1", 600)
    assert await limits.admit(Application("T1", "U1", "task-3")) is not None


async def test_who_is_over_both_limits_hears_of_the_day(limited: MakeLimits) -> None:
    limits = limited(per_minute=1, user_daily=10)
    assert await limits.admit(Application("T1", "U1", "task-1")) is None
    await limits.spend("T1", "U1", 10)
    refused = await limits.admit(Application("T1", "U1", "task-2"))
    assert refused is not None
    assert refused.reason == "user_daily_tokens"


async def test_without_limits_everybody_is_admitted_and_what_they_use_counts(
    limited: MakeLimits,
) -> None:
    limits = limited()
    for number in range(50):
        assert await limits.admit(Application("T1", "U1", f"task-{number}")) is None
        await limits.spend("T1", "U1", 10**9)
    used = await limits.of("T1", "U1")
    assert used == Used(
        50, UsedOfLimit(0), UsedOfLimit(50 * 10**9), UsedOfLimit(50 * 10**9), MIDNIGHT_IN_JAPAN
    )


async def test_what_a_person_has_used_is_told_with_its_limits(
    limited: MakeLimits, clock: Clock
) -> None:
    limits = limited(per_minute=3, user_daily=1000, team_daily=5000)
    await limits.admit(Application("T1", "U1", "task-1"))
    clock.pass_by(61)
    for _ in range(2):
        await limits.admit(Application("T1", "U1", "task-2"))
        await limits.spend("T1", "U1", 100)
    await limits.admit(Application("T1", "U2", "task-3"))
    await limits.spend("T1", "U2", 50)

    used = await limits.of("T1", "U1")
    assert used == Used(
        2, UsedOfLimit(1, 3), UsedOfLimit(200, 1000), UsedOfLimit(250, 5000), MIDNIGHT_IN_JAPAN
    )
    clock.now = MIDNIGHT_IN_JAPAN
    used = await limits.of("T1", "U1")
    assert used is not None
    assert (used.questions, used.tokens.used, used.team_tokens.used) == (0, 0, 0)


async def test_a_refused_question_is_not_among_those_of_the_day(limited: MakeLimits) -> None:
    limits = limited(per_minute=1)
    await limits.admit(Application("T1", "U1", "task-1"))
    assert await limits.admit(Application("T1", "U1", "task-2")) is not None
    used = await limits.of("T1", "U1")
    assert used is not None
    assert used.questions == 1


async def test_everything_that_is_counted_is_forgotten_in_time(
    connection: RedisConnection, limited: MakeLimits
) -> None:
    limits = limited(per_minute=1, user_daily=10, team_daily=10)
    await limits.admit(Application("T1", "U1", "task-1"))
    await limits.spend("T1", "U1", 5)
    lifetimes = {
        str(key): await connection.redis.pttl(key) / 1000
        async for key in connection.redis.scan_iter()
    }
    assert len(lifetimes) == 6
    for key, left_s in lifetimes.items():
        promised = COUNTED_TTL_S
        if ":requests:" in key:
            promised = RATE_WINDOW_S
        elif ":under_way:" in key:
            promised = UNDER_WAY_TTL_S
        elif ":tokens:" in key or ":questions:" in key:
            promised = DAY_TTL_S
        assert promised - 30 < left_s <= promised, key


async def test_whether_a_task_was_admitted_is_known_to_a_later_delivery(
    limited: MakeLimits, clock: Clock
) -> None:
    limits = limited(per_minute=1)
    for number in (1, 2):
        await limits.admit(Application("T1", "U1", f"task-{number}"))
    await limits.leave(Application("T1", "U1", "task-1"))
    assert [await limits.was_admitted(f"task-{number}") for number in (1, 2)] == [True, False]


async def test_a_lost_redis_limits_nobody() -> None:
    async with redis_connection(f"redis://127.0.0.1:{free_port()}/0") as lost:
        limits = RedisLimits(lost, MostAllowed(1, 1, 1, 1))
        for number in range(3):
            asking = Application("T1", "U1", f"task-{number}")
            assert await limits.admit(asking) is None
            assert not await limits.was_admitted(asking.task_id)
            assert await limits.owed(asking) is None
            await limits.told(asking)
            await limits.leave(asking)
            await limits.spend("T1", "U1", 10)
        assert await limits.of("T1", "U1") is None
