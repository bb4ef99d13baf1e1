"""What somebody else has written into Redis is not trusted, on every Redis we run with.

What cannot be read is not there, and gone afterwards; one spoiled key is not a lost Redis.
"""

from datetime import UTC, datetime

import pytest

from processor_service.ports.answers import Answer
from processor_service.ports.limits import READ, Application
from processor_service.ports.people import VoteChange
from processor_service.ports.work import ClaimState, QueueTicket
from processor_service.redis.answer_cache import RedisAnswers, sealing
from processor_service.redis.cancels import RedisCancellations
from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import (
    HOLDS_KEY,
    HOLDS_TTL_S,
    answer_key,
    budget_key,
    doubt_key,
    failure_key,
    locale_key,
    questions_key,
    requests_key,
    responses_key,
    stop_key,
    stream_key,
    task_key,
    team_tokens_key,
    token_day,
    told_key,
    turn_key,
    under_way_key,
    user_tokens_key,
    utc_offset_key,
    vote_key,
    waiting_key,
)
from processor_service.redis.leases import RedisLeases
from processor_service.redis.limits import MostAllowed, RedisLimits
from processor_service.redis.posts import RedisResponses, RedisStreamOwners
from processor_service.redis.rate_budget import RedisRateBudget
from processor_service.redis.rate_holds import RedisRateLimitHolds
from processor_service.redis.turns import RedisThreadQueue
from processor_service.redis.votes import RedisVotes
from shared.ledger import Mark
from shared.signing import Signing
from shared.task import Vote
from tests.support.signed import SIGNING

NOON = datetime(2026, 11, 24, 3, 0, tzinfo=UTC)
TASK = "a" * 32
WRONG_TYPES = ("string", "list", "hash", "zset", "set")
GARBAGE = ("", "x", "-1", "1e400", "nan", "lease", "null", '{"text":1}', "\udcff\udcfe", "9" * 400)


async def spoil(connection: RedisConnection, key: str, kind: str) -> None:
    redis = connection.redis
    await redis.delete(key)
    match kind:
        case "list":
            await redis.rpush(key, "x")
        case "hash":
            await redis.hset(key, "x", "y")
        case "zset":
            await redis.zadd(key, {"x": 1e300})
        case "set":
            await redis.sadd(key, "x")
        case _:
            text = kind.removeprefix("text:").encode(errors="surrogateescape")
            await redis.set(key, text if kind.startswith("text:") else "x")


SPOILED = [*WRONG_TYPES, *(f"text:{text}" for text in GARBAGE)]


@pytest.mark.parametrize("kind", SPOILED)
async def test_a_spoiled_lease_keeps_nobody_from_a_question(
    connection: RedisConnection, kind: str
) -> None:
    await spoil(connection, task_key(TASK), kind)
    claim = await RedisLeases(connection).claim(TASK, "m1")
    assert claim.state is ClaimState.OURS
    assert claim.lease is not None
    assert claim.lease.owner is not None, "guarded by Redis, which is well"


@pytest.mark.parametrize("kind", SPOILED)
async def test_a_spoiled_count_switches_no_limit_off(
    connection: RedisConnection, kind: str
) -> None:
    day = token_day(NOON)
    keys = [
        questions_key(day, "T1", "U1"),
        user_tokens_key(day, "T1", "U1"),
        team_tokens_key(day, "T1"),
        requests_key("T1", "U1"),
        under_way_key("T1", "U1"),
        told_key("T1", "U1"),
    ]
    for number, key in enumerate(keys):
        await connection.redis.flushall()
        await spoil(connection, key, kind)
        limits = RedisLimits(connection, MostAllowed(1, 100, 1000), clock=lambda: NOON)
        asking = [Application("T1", "U1", f"{number}-{n:032d}") for n in range(2)]
        await limits.admit(asking[0])
        await limits.leave(asking[0])
        assert await limits.admit(asking[1]) is not None, key
        await limits.of("T1", "U1")
        await limits.told(asking[1])
        await limits.owed(asking[1])
        await spoil(connection, key, kind)
        await limits.spend("T1", "U1", 5)
        await spoil(connection, key, kind)
        await limits.of("T1", "U1")
        await limits.owed(asking[1])
        await limits.told(asking[1])


@pytest.mark.parametrize("kind", SPOILED)
async def test_a_spoiled_answer_is_shown_to_nobody_and_deleted(
    connection: RedisConnection, kind: str
) -> None:
    answers = RedisAnswers(connection, 60, SIGNING)
    await spoil(connection, answer_key("key"), kind)
    assert await answers.get("key") is None
    assert not await connection.redis.exists(answer_key("key")) or kind == "text:"
    await answers.put("key", Answer("ours", "m"))
    assert await answers.get("key") == Answer("ours", "m")


async def test_an_answer_that_somebody_put_or_moved_into_redis_is_shown_to_nobody(
    connection: RedisConnection,
) -> None:
    ours = RedisAnswers(connection, 60, SIGNING)
    sealed = sealing(SIGNING).encrypt(b'{"text": "forged", "model": "m"}').decode()
    signature = Signing("xoxb-else").sign("answer", "key", sealed)
    await connection.redis.set(answer_key("key"), signature + sealed)
    assert await ours.get("key") is None
    await ours.put("salaries", Answer("secret", "m"))
    kept = await connection.redis.get(answer_key("salaries"))
    await connection.redis.set(answer_key("key"), kept or "")
    assert await ours.get("key") is None
    await ours.put("task:one", Answer("for one person", "m"))
    draft = await connection.redis.get(answer_key("task:one"))
    await connection.redis.set(answer_key("task:other"), draft or "")
    assert await ours.get("task:other") is None, "nor one that is sealed"
    changed = str(kept)[::-1]
    await connection.redis.set(answer_key("salaries"), changed)
    assert await ours.get("salaries") is None
    assert not await connection.redis.exists(answer_key("salaries"))


@pytest.mark.parametrize("kind", SPOILED)
async def test_nothing_spoiled_breaks_who_reads_it(connection: RedisConnection, kind: str) -> None:
    ticket = QueueTicket("C1:1.1", "0001", TASK)
    stream, vote, budget = stream_key("C1", "1.1"), vote_key(TASK, "U1"), budget_key(READ)
    for key in (
        *(turn_key(ticket.thread), waiting_key(ticket.thread), failure_key(TASK)),
        *(doubt_key(TASK), responses_key(TASK), stop_key(TASK), stream, vote, budget),
        *(HOLDS_KEY, locale_key("U1"), utc_offset_key("U1")),
    ):
        await spoil(connection, key, kind)
    leases, votes = RedisLeases(connection), RedisVotes(connection)
    assert await RedisThreadQueue(connection).holder(ticket.thread) != ticket
    assert await RedisThreadQueue(connection).take(ticket)
    reason = await leases.last_failure(TASK)
    assert reason is None or reason.isidentifier(), "it is shown to people"
    await leases.has_possible_duplicate(TASK)
    assert await RedisResponses(connection).of(TASK) == []
    await RedisResponses(connection).add(Mark(TASK, "answer"))
    await RedisCancellations(connection).is_requested(TASK)
    await RedisStreamOwners(connection).owner("C1", "1.1")
    assert await votes.cast(TASK, "U1", Vote.UP, NOON) in VoteChange
    assert await RedisRateBudget(connection).try_acquire(READ) in {True, False}
    assert await RedisRateLimitHolds(connection).delay_s("x") <= HOLDS_TTL_S
    assert await connection.redis.ping()
    assert await leases.claim(TASK, "m1"), "Redis is not taken for lost"


async def test_a_failure_kept_in_redis_pings_nobody(connection: RedisConnection) -> None:
    await connection.redis.set(failure_key(TASK), "x` <!channel> `")
    assert await RedisLeases(connection).last_failure(TASK) is None
