"""The leases' and the cache's promise, on the fake and on every Redis we run with."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from processor_service.answering.single_flight import saved_answer_key
from processor_service.ports.answers import Answer
from processor_service.ports.citations import Citations, WebPage
from processor_service.ports.work import UNDECIDED, Claim, ClaimState, Hold, Lease, Leases
from processor_service.redis.answer_cache import RedisAnswers, sealing
from processor_service.redis.connection import RedisConnection, redis_connection
from processor_service.redis.keys import answer_key, begun_key, task_key
from processor_service.redis.leases import RedisLeases
from shared.signing import OF_THE_TOKEN, SHORTEST_KEY, Signing
from shared.task import Mode
from simulators.processes.tcp_ports import free_port
from tests.support.fakes.processor.work import FakeLeases
from tests.support.signed import SIGNING
from tests.support.tasks import a_task
from tests.support.workbenches.redis import PATIENCE_S

SHORT_TTL_S = 0.4
KEY = saved_answer_key(a_task())
ROTATED = Signing("xoxb-local", f"{'n' * SHORTEST_KEY},{OF_THE_TOKEN}")
"""Knows our signatures, and seals with a new key."""


@pytest.fixture(
    params=[
        "fake",
        "fake_server_url",
        pytest.param("redis_server_url", marks=pytest.mark.redis_server),
    ]
)
async def processes(request: pytest.FixtureRequest) -> AsyncIterator[list[Leases]]:
    """The leases as three processes see them."""
    if request.param == "fake":
        yield [FakeLeases()] * 3
        return
    async with redis_connection(request.getfixturevalue(request.param), PATIENCE_S) as opened:
        assert await opened.alive()
        await opened.redis.flushdb()
        yield [RedisLeases(opened) for _ in range(3)]


def lease_of(claim: Claim) -> Lease:
    assert claim.lease is not None
    return claim.lease


async def test_one_of_many_simultaneous_claims_wins(processes: list[Leases]) -> None:
    claims = await asyncio.gather(*(processes[n % 3].claim("task-1", f"m{n}") for n in range(21)))
    assert [claim.state for claim in claims].count(ClaimState.OURS) == 1


@pytest.mark.parametrize("process", [0, 1], ids=["in the same process", "in another"])
async def test_a_held_task_tells_the_holders_message_from_another(
    processes: list[Leases], process: int
) -> None:
    await processes[0].claim("task-1", "m1")
    leases = processes[process]
    assert (await leases.claim("task-1", "m1")).state is ClaimState.HELD_BY_SAME_MESSAGE
    assert (await leases.claim("task-1", "m2")).state is ClaimState.HELD_BY_OTHER_MESSAGE
    assert (await leases.claim("task-1", "m")).state is ClaimState.HELD_BY_OTHER_MESSAGE


@pytest.mark.parametrize("process", [0, 1], ids=["in the same process", "in another"])
async def test_nobody_counts_on_a_delivery_that_may_end_without_an_answer_but_another_such_one(
    processes: list[Leases], process: int
) -> None:
    await processes[0].claim("task-1", f"{UNDECIDED}m1")
    leases = processes[process]
    assert (await leases.claim("task-1", "m2")).state is ClaimState.HELD_BY_SAME_MESSAGE
    assert (await leases.claim("task-1", f"{UNDECIDED}m1")).state is ClaimState.HELD_BY_SAME_MESSAGE
    other = await leases.claim("task-1", f"{UNDECIDED}m2")
    assert other.state is ClaimState.HELD_BY_OTHER_MESSAGE


async def test_two_messages_of_a_task_do_not_both_count_on_the_other(
    processes: list[Leases],
) -> None:
    # The worker that held m1 is dead. Both messages come again, to one process, at once: one that
    # is acknowledged because of the other must not be told of by the other in turn.
    await processes[0].claim("task-1", "m1")
    both = await asyncio.gather(
        processes[1].claim("task-1", "m2"), processes[1].claim("task-1", "m1")
    )
    assert [claim.state for claim in both] == [
        ClaimState.HELD_BY_OTHER_MESSAGE,
        ClaimState.HELD_BY_SAME_MESSAGE,
    ]


async def test_a_finished_task_stays_done(processes: list[Leases]) -> None:
    here, there, _ = processes
    await here.finish(lease_of(await here.claim("task-1", "m1")))
    assert (await here.claim("task-1", "m1")).state is ClaimState.DONE
    assert (await there.claim("task-1", "m1")).state is ClaimState.DONE
    assert (await there.claim("task-2", "m1")).state is ClaimState.OURS


async def test_a_released_task_is_free_and_releasing_twice_harms_nobody(
    processes: list[Leases],
) -> None:
    here, there, third = processes
    first = lease_of(await here.claim("task-1", "m1"))
    await here.release(first)
    second = lease_of(await there.claim("task-1", "m2"))
    await here.release(first)
    assert await there.renew(second) is Hold.OURS
    assert await here.renew(first) is Hold.LOST
    assert (await third.claim("task-1", "m3")).state is ClaimState.HELD_BY_OTHER_MESSAGE


async def test_why_a_task_was_handed_back_is_remembered(processes: list[Leases]) -> None:
    here, there, _ = processes
    await here.release(lease_of(await here.claim("task-1", "m1")), "model_silent")
    assert await there.last_failure("task-1") == "model_silent"
    await there.release(lease_of(await there.claim("task-1", "m1")))
    assert await here.last_failure("task-1") == "model_silent"
    assert await here.last_failure("task-2") is None


async def test_the_workers_that_died_with_a_task_are_counted_until_one_comes_to_its_end(
    connection: RedisConnection,
) -> None:
    def worker() -> RedisLeases:
        return RedisLeases(connection)

    async def die(expected: int) -> None:
        assert (await worker().claim("task-1", "m1")).deaths == expected
        await connection.redis.delete(task_key("task-1"))

    await die(0)
    await die(1)
    living = worker()
    claim = await living.claim("task-1", "m1")
    assert claim.deaths == 2
    await living.release(lease_of(claim), "slack_unavailable")
    await die(0)
    await connection.redis.set(begun_key("task-1"), "spoilt")
    assert (await worker().claim("task-1", "m1")).deaths == 0


async def test_word_of_doubt_reaches_whoever_works_on_the_task(processes: list[Leases]) -> None:
    here, there, _ = processes
    assert not await there.has_possible_duplicate("task-1")
    await here.flag_possible_duplicate("task-1")
    assert await there.has_possible_duplicate("task-1")
    assert not await there.has_possible_duplicate("task-2")


async def test_who_works_without_a_lease_stops_once_the_task_is_done(
    connection: RedisConnection,
) -> None:
    here, there = (RedisLeases(connection) for _ in range(2))
    unguarded = Lease("task-1", "m1", None)
    assert await here.renew(unguarded) is Hold.UNKNOWN
    lease = lease_of(await there.claim("task-1", "m2"))
    assert await here.renew(unguarded) is Hold.UNKNOWN
    await there.finish(lease)
    assert await here.renew(unguarded) is Hold.LOST


async def eventually_claimed(leases: Leases, task_id: str, message_id: str) -> Lease:
    async with asyncio.timeout(60):
        while True:
            claim = await leases.claim(task_id, message_id)
            if claim.lease is not None:
                return claim.lease
            await asyncio.sleep(0.02)


async def test_a_killed_workers_lease_runs_out_and_its_late_renewal_fails(
    connection: RedisConnection,
) -> None:
    dying, leases = (RedisLeases(connection, SHORT_TTL_S, 0.1) for _ in range(2))
    dead = lease_of(await dying.claim("task-1", "m1"))
    successor = await eventually_claimed(leases, "task-1", "m1")
    assert await dying.renew(dead) is Hold.LOST
    assert await leases.renew(successor) is Hold.OURS


async def test_a_loser_cannot_mark_the_task_done(connection: RedisConnection) -> None:
    dying, leases = (RedisLeases(connection, SHORT_TTL_S, 0.1) for _ in range(2))
    dead = lease_of(await dying.claim("task-1", "m1"))
    successor = await eventually_claimed(leases, "task-1", "m1")
    await dying.finish(dead)
    assert await leases.renew(successor) is Hold.OURS


async def test_a_lost_redis_means_unguarded_work_and_no_cache(tmp_path: Path) -> None:
    async with redis_connection(f"redis://127.0.0.1:{free_port()}/0") as lost:
        leases = RedisLeases(lost)
        lease = lease_of(await leases.claim("task-1", "m1"))
        assert lease.owner is None
        assert await leases.renew(lease) is Hold.UNKNOWN
        assert (await leases.claim("task-1", "m1")).state is ClaimState.HELD_BY_SAME_MESSAGE
        assert (await leases.claim("task-1", "m2")).state is ClaimState.HELD_BY_OTHER_MESSAGE
        await leases.flag_possible_duplicate("task-1")
        assert await leases.has_possible_duplicate("task-1")
        await leases.release(lease, "model_silent")
        assert await leases.last_failure("task-1") is None
        await leases.finish(lease_of(await leases.claim("task-1", "m2")))
        assert (await leases.claim("task-1", "m2")).state is ClaimState.OURS
        answers = RedisAnswers(lost, 60, SIGNING)
        await answers.put("key", Answer("text", "model"))
        assert await answers.get("key") is None
        assert not await lost.alive()


async def test_a_kept_answer_comes_back_as_it_was(connection: RedisConnection) -> None:
    answers = RedisAnswers(connection, 60, SIGNING)
    found = Citations((WebPage("https://a.example/", "題"),), ("語",), missing=True)
    answer = Answer("回答 ```code```", "model", False, 3, 7, Mode.CODE, found)
    await answers.put("key", answer)
    kept = await answers.get("key")
    assert kept == answer
    assert isinstance(kept.mode, Mode)
    assert await answers.get("other") is None


async def test_an_answer_kept_by_an_earlier_version_is_read(connection: RedisConnection) -> None:
    old = {"text": "x", "model": "m", "truncated": False, "prompt_tokens": 3, "output_tokens": 7}
    text = sealing(SIGNING).encrypt(json.dumps({**old, "mode": "chat"}).encode()).decode()
    signature = SIGNING.sign("answer", "key", text)
    await connection.redis.set(answer_key("key"), signature + text)
    assert await RedisAnswers(connection, 60, SIGNING).get("key") == Answer("x", "m", False, 3, 7)


async def test_a_cache_without_lifetime_keeps_nothing(connection: RedisConnection) -> None:
    answers = RedisAnswers(connection, 0, SIGNING)
    await answers.put("key", Answer("text", "model"))
    assert await answers.get("key") is None


async def test_whoever_reads_redis_reads_no_answer(connection: RedisConnection) -> None:
    answers, answer = (
        RedisAnswers(connection, 60, SIGNING),
        Answer("only for her eyes", "model"),
    )
    await answers.put(KEY, answer)
    [key] = await connection.redis.keys("*")
    kept = str(await connection.redis.get(key))
    assert "eyes" not in kept
    assert "model" not in kept
    assert await answers.get(KEY) == answer
    assert await RedisAnswers(connection, 60, ROTATED).get(KEY) is None


@pytest.mark.parametrize("forged", ['{"text": "forged", "model": "m"}', "gAAAAAB", "", "é"])
async def test_whoever_writes_to_redis_makes_no_answer(
    connection: RedisConnection, forged: str
) -> None:
    await connection.redis.set(answer_key(KEY), forged)
    assert await RedisAnswers(connection, 60, SIGNING).get(KEY) is None


async def test_a_delivered_draft_is_forgotten(connection: RedisConnection) -> None:
    answers = RedisAnswers(connection, 60, SIGNING)
    await answers.put(KEY, Answer("text", "model"))
    await answers.forget(KEY)
    assert await connection.redis.keys("*") == []
