"""The processor's adapters on Slack's protocol: limits that all instances share, and failures."""

from datetime import UTC, datetime

import pytest

from processor_service.ports.conversations import Body
from processor_service.ports.limits import APPEND, EDIT, START
from processor_service.redis.connection import redis_connection
from processor_service.redis.rate_budget import A_MINUTE, RedisRateBudget
from processor_service.redis.rate_holds import RedisRateLimitHolds
from shared.errors import OutcomeUnknown, SlackDenied, SlackRefused, SlackUnavailable
from shared.ledger import Mark
from simulators.faults import Fault
from simulators.processes.tcp_ports import free_port
from tests.support.tasks import a_task
from tests.support.workbenches.processor import ANSWER, TASK_ID, Processor, processors
from tests.support.workbenches.slack import Clock, workbench


async def test_a_rate_limit_that_one_instance_meets_holds_back_the_others_too() -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        limited = Fault("error", status=429, detail={"retry_after": 30})
        here.bench.faults.add("slack", "chat.postMessage", limited)
        for instance in (here, there, here):
            with pytest.raises(SlackUnavailable) as held:
                await instance.thread(asked.ts).post(Body("x"), ANSWER)
            assert held.value.reason == "slack_rate_limited"
            assert 0 < (held.value.retry_after_s or 0) <= 30
        # The one call that met the limit is counted by no method: nothing else reached Slack.
        assert here.bench.slack.api.limits.calls["chat.postMessage"] == 0
        assert await there.thread(asked.ts).find(TASK_ID) == []


async def test_without_redis_an_instance_still_knows_its_own_limits() -> None:
    url = f"redis://127.0.0.1:{free_port()}/0"
    async with workbench() as bench, redis_connection(url) as lost:
        instance = Processor(bench, lost)
        asked = bench.slack.people.post("alice", "#general", "question")
        bench.faults.add(
            "slack", "conversations.replies", Fault("error", status=429, detail={"retry_after": 9})
        )
        for _ in range(2):
            with pytest.raises(SlackUnavailable):
                await instance.thread(asked.ts).find(TASK_ID)
        assert bench.slack.api.limits.calls["conversations.replies"] == 0


async def test_a_limit_on_one_channel_leaves_the_others_alone() -> None:
    async with processors() as (here, _):
        limited = Fault("error", status=429, detail={"retry_after": 30})
        here.bench.faults.add("slack", "chat.postMessage", limited)
        asked = here.bench.slack.people.post("alice", "#general", "question")
        with pytest.raises(SlackUnavailable):
            await here.thread(asked.ts).post(Body("x"), ANSWER)
        elsewhere = here.bench.slack.people.channel("#random").id
        task = a_task(channel_id=elsewhere, occurred_at=datetime.now(UTC))
        await here.conversations.channel(task).post(Body("x"), Mark(TASK_ID, "question"))


@pytest.mark.parametrize(
    ("fault", "error", "reason"),
    [
        (Fault("error", status=500), OutcomeUnknown, "slack_outcome_unknown"),
        (Fault("drop_before"), OutcomeUnknown, "slack_outcome_unknown"),
        (Fault("drop_after"), OutcomeUnknown, "slack_outcome_unknown"),
        (Fault("error", status=200, error="is_archived"), SlackRefused, "slack_not_there"),
        (Fault("error", status=200, error="channel_not_found"), SlackRefused, "slack_not_there"),
        (Fault("error", status=200, error="msg_too_long"), SlackRefused, "slack_unshowable"),
        (Fault("error", status=200, error="invalid_blocks"), SlackRefused, "slack_unshowable"),
        (Fault("error", status=200, error="token_revoked"), SlackDenied, "slack_denied"),
    ],
)
async def test_each_failure_of_slack_has_its_meaning_and_no_call_is_repeated(
    fault: Fault, error: type[Exception], reason: str
) -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        here.bench.faults.add("slack", "chat.postMessage", fault)
        with pytest.raises(error) as raised:
            await here.thread(asked.ts).post(Body("x"), ANSWER)
        assert getattr(raised.value, "reason", None) == reason
        assert here.bench.slack.api.limits.calls["chat.postMessage"] <= 1
        assert len(here.denied) == (1 if error is SlackDenied else 0)


async def test_one_look_tells_of_every_method_that_another_instance_was_told_to_leave() -> None:
    async with processors() as (here, there):
        clock = Clock(1_800_000_000.0)
        told, other = (RedisRateLimitHolds(one.redis, clock=clock) for one in (here, there))
        assert await other.delay_s("chat.update") == 0
        await told.record("chat.update", 30)
        await told.record("chat.postMessage:C1", 5)
        assert await other.delay_s("chat.update") == 0
        clock.now += 1
        assert await other.delay_s("chat.update") == 29
        await here.redis.redis.flushall()
        assert await other.delay_s("chat.postMessage:C1") == 4
        clock.now += 10
        assert await told.delay_s("chat.postMessage:C1") == 0
        assert await told.delay_s("chat.update") == 19


async def test_the_budget_says_how_much_of_the_minute_is_left_whoever_used_it() -> None:
    async with processors() as (here, there):
        clock = Clock(1_800_000_010.0)
        budgets = [RedisRateBudget(one.redis, clock) for one in (here, there)]
        assert budgets[0].room(APPEND) == 1.0
        for _ in range(A_MINUTE[APPEND] // 2):
            await budgets[1].try_acquire(APPEND)
        await budgets[0].try_acquire(APPEND)
        assert budgets[0].room(APPEND) == pytest.approx(0.5, abs=0.02)
        clock.now += 30
        assert budgets[0].room(APPEND) == pytest.approx(0.75, abs=0.02)
        clock.now += 31
        assert budgets[0].room(APPEND) == 1.0


async def test_the_budget_is_one_for_all_instances_and_knows_no_streams_without_redis() -> None:
    async with processors() as (here, there):
        clock = Clock(1_800_000_010.0)
        budgets = [RedisRateBudget(one.redis, clock) for one in (here, there)]
        for method, limit in A_MINUTE.items():
            taken = [await budgets[n % 2].try_acquire(method) for n in range(limit + 2)]
            assert taken == [True] * limit + [False] * 2
        # The turn of the minute makes no room; a minute after them there is.
        clock.now += 55
        assert not await budgets[0].try_acquire(START)
        clock.now += 6
        assert await budgets[0].try_acquire(START)
        # While the minute is full nobody asks Redis.
        full = [await budgets[0].try_acquire(START) for _ in range(A_MINUTE[START])]
        assert full[-1] is False
        await here.redis.redis.flushall()
        assert not await budgets[0].try_acquire(START)
        assert await budgets[1].try_acquire(START)
        clock.now += 61
        assert await budgets[0].try_acquire(START)
    async with redis_connection(f"redis://127.0.0.1:{free_port()}/0") as lost:
        alone = RedisRateBudget(lost, clock)
        assert not await alone.try_acquire(START)
        assert [await alone.try_acquire(EDIT) for _ in range(A_MINUTE[EDIT] + 1)].count(True) == 20
