"""What people chose on their Home, on every Redis we run with."""

from datetime import UTC, datetime, timedelta
from itertools import count

import pytest

from processor_service.redis.connection import RedisConnection, redis_connection
from processor_service.redis.keys import preferences_key
from processor_service.redis.preferences import RedisPreferences
from shared.task import Mode, Preferences
from simulators.processes.tcp_ports import free_port

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
CHOSEN = Preferences(language="en", mode=Mode.CODE, chosen_at=NOON)
_numbers = count()


def somebody() -> str:
    return f"U0CHOOSES{next(_numbers)}"


async def test_a_choice_is_kept_without_an_end(connection: RedisConnection) -> None:
    who, here, there = somebody(), RedisPreferences(connection), RedisPreferences(connection)
    assert await there.of(who) == Preferences()
    assert await here.newest(who, CHOSEN) == CHOSEN
    assert await there.of(who) == CHOSEN
    # Redis evicts only what expires (maxmemory-policy volatile-lru).
    assert await connection.redis.ttl(preferences_key(who)) == -1


async def test_the_newest_choice_counts_in_whatever_order_they_come(
    connection: RedisConnection,
) -> None:
    who, preferences = somebody(), RedisPreferences(connection)
    later = Preferences(chosen_at=NOON + timedelta(microseconds=1))
    assert await preferences.newest(who, later) == later
    assert await preferences.newest(who, CHOSEN) == later
    assert await preferences.newest(who, Preferences()) == later
    assert await preferences.of(who) == later


@pytest.mark.parametrize("spoiled", ["", "en", "12", '12 {"mode":"telepathy"}', "x {}"])
async def test_what_we_did_not_write_is_no_choice_and_the_next_one_replaces_it(
    connection: RedisConnection, spoiled: str
) -> None:
    who, preferences = somebody(), RedisPreferences(connection)
    await connection.redis.set(preferences_key(who), spoiled)
    assert await preferences.of(who) == Preferences()
    assert await preferences.newest(who, CHOSEN) == CHOSEN
    assert await preferences.of(who) == CHOSEN


async def test_without_redis_there_are_no_choices_but_the_offered_one() -> None:
    async with redis_connection(f"redis://127.0.0.1:{free_port()}/0") as lost:
        preferences = RedisPreferences(lost)
        assert await preferences.of("U1") == Preferences()
        assert await preferences.newest("U1", CHOSEN) == CHOSEN
