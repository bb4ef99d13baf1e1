"""Leases under every order of events that hypothesis can think of, on a real redis-server.

Several workers, each a process of its own with its own connection, are compared with a model that
has no clock: a lease runs out by being deleted, as Redis does it.
"""

import asyncio
from collections.abc import Awaitable
from typing import TypeVar

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    initialize,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)
from redis.asyncio import Redis

from processor_service.ports.work import Claim, ClaimState, Hold, Lease, StoreUnavailable
from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import DONE_TTL_S, LEASE_TTL_S, task_key
from processor_service.redis.leases import RedisLeases
from tests.support.workbenches.redis import PATIENCE_S

# One task is enough: what happens to it happens as often as possible.
TASKS = ("task-1",)
MESSAGES = ("m1", "m")
WORKERS = range(3)
DONE = "done"

Value = TypeVar("Value")
Held = tuple[int, Lease]
"""A lease and the worker who was given it, perhaps long ago."""


class Cuttable(RedisConnection):
    """A worker's way to Redis; ``cut`` it and nothing passes."""

    cut = False

    async def run(self, command: Awaitable[Value], *keys: str) -> Value:
        if self.cut:
            asyncio.ensure_future(command).cancel()
            raise StoreUnavailable("The way is cut.")
        return await super().run(command, *keys)


class LeaseStates(RuleBasedStateMachine):
    """``store``: what Redis holds for a task, a guarded lease or DONE. ``here``: what each worker
    works on itself.
    """

    url = ""
    leases = Bundle("leases")

    def __init__(self) -> None:
        super().__init__()
        self.runner = asyncio.Runner()
        self.store: dict[str, Lease | str] = {}
        self.reasons: dict[str, str] = {}
        self.here: list[dict[str, Lease]] = [{} for _ in WORKERS]
        self.given: list[Held] = []
        self.connections: list[Cuttable] = []
        self.workers: list[RedisLeases] = []

    @initialize()
    def start(self) -> None:
        self.runner.run(self._connect())

    async def _connect(self) -> None:
        self.redis = Redis.from_url(self.url, decode_responses=True)
        await self.redis.flushdb()
        for _ in WORKERS:
            own = Redis.from_url(self.url, decode_responses=True)
            self.connections.append(Cuttable(own, PATIENCE_S))
        self.workers = [RedisLeases(connection) for connection in self.connections]

    def teardown(self) -> None:
        async def close() -> None:
            for redis in [self.redis, *(connection.redis for connection in self.connections)]:
                await redis.aclose()

        self.runner.run(close())
        self.runner.close()

    # What workers do

    @rule(
        target=leases,
        worker=st.sampled_from(WORKERS),
        task_id=st.sampled_from(TASKS),
        message_id=st.sampled_from(MESSAGES),
    )
    def claim(self, worker: int, task_id: str, message_id: str) -> object:
        expected = self._expected_claim(worker, task_id, message_id)
        claim = self.runner.run(self.workers[worker].claim(task_id, message_id))
        assert claim.state is expected
        assert (claim.lease is not None) is (expected is ClaimState.OURS)
        return self._note(worker, claim)

    # Who wins a race is chance, which the search for a failing order can't repeat: so each race is
    # undone when it has been judged.

    @rule(task_id=st.sampled_from(TASKS), message_id=st.sampled_from(MESSAGES))
    def claim_all_at_once(self, task_id: str, message_id: str) -> None:
        able = [each for each in WORKERS if task_id not in self.here[each] and self._reaches(each)]
        was_free = task_id not in self.store

        async def race() -> list[Claim]:
            return await asyncio.gather(
                *(self.workers[each].claim(task_id, message_id) for each in able)
            )

        won = [
            (worker, claim.lease)
            for worker, claim in zip(able, self.runner.run(race()), strict=True)
            if claim.lease is not None
        ]
        assert len(won) == (1 if able and was_free else 0)
        for worker, lease in won:
            self.runner.run(self.workers[worker].release(lease))

    @rule(held=leases)
    def renew(self, held: Held) -> None:
        worker, lease = held
        hold = self.runner.run(self.workers[worker].renew(lease))
        if not self._reaches(worker):
            assert hold is Hold.UNKNOWN
        elif lease.owner is None:
            done = self.store.get(lease.task_id) == DONE
            assert hold is (Hold.LOST if done else Hold.UNKNOWN)
        elif self.store.get(lease.task_id, lease) == lease:
            assert hold is Hold.OURS
            self.store[lease.task_id] = lease
        else:
            assert hold is Hold.LOST

    @rule(task_id=st.sampled_from(TASKS))
    def renew_all_at_once(self, task_id: str) -> None:
        asked = [
            (worker, lease)
            for worker, lease in self.given
            if lease.task_id == task_id and lease.owner is not None and self._reaches(worker)
        ]

        async def race() -> list[Hold]:
            return await asyncio.gather(
                *(self.workers[worker].renew(lease) for worker, lease in asked)
            )

        holds = self.runner.run(race())
        ours = [lease for (_, lease), hold in zip(asked, holds, strict=True) if hold is Hold.OURS]
        assert len(ours) <= 1
        assert set(holds) <= {Hold.OURS, Hold.LOST}
        if task_id in self.store:
            assert ours in ([], [self.store[task_id]])
        elif asked:
            assert len(ours) == 1
            self.runner.run(self._delete(task_id))

    @rule(held=leases)
    def finish(self, held: Held) -> None:
        worker, lease = held
        self.runner.run(self.workers[worker].finish(lease))
        self._forget(worker, lease)
        # Who worked unguarded has answered all the same, whoever has the lease by now.
        its_own = lease.owner is None or self.store.get(lease.task_id, lease) == lease
        if self._reaches(worker) and its_own:
            self.store[lease.task_id] = DONE

    @rule(held=leases, reason=st.none() | st.sampled_from(["slack_unavailable", "lease_lost"]))
    def release(self, held: Held, reason: str | None) -> None:
        worker, lease = held
        self.runner.run(self.workers[worker].release(lease, reason))
        self._forget(worker, lease)
        if not self._reaches(worker):
            return
        if reason is not None:
            self.reasons[lease.task_id] = reason
        if self.store.get(lease.task_id) == lease:
            del self.store[lease.task_id]

    @rule(worker=st.sampled_from(WORKERS), task_id=st.sampled_from(TASKS))
    def ask_why_it_was_handed_back(self, worker: int, task_id: str) -> None:
        reason = self.runner.run(self.workers[worker].last_failure(task_id))
        assert reason == (self.reasons.get(task_id) if self._reaches(worker) else None)

    # What happens to them

    @rule(task_id=st.sampled_from(TASKS))
    def a_lease_runs_out(self, task_id: str) -> None:
        if isinstance(self.store.get(task_id), Lease):
            del self.store[task_id]
            self.runner.run(self._delete(task_id))

    async def _delete(self, task_id: str) -> None:
        assert await self.redis.delete(task_key(task_id)) == 1

    @rule()
    def redis_is_flushed(self) -> None:
        self.store.clear()
        self.reasons.clear()
        self.runner.run(self._flush())

    async def _flush(self) -> None:
        await self.redis.flushdb()

    @rule(worker=st.sampled_from(WORKERS))
    def the_way_to_redis_is_cut_or_mended(self, worker: int) -> None:
        self.connections[worker].cut = not self.connections[worker].cut

    @rule(worker=st.sampled_from(WORKERS))
    def a_worker_is_killed_and_started_again(self, worker: int) -> None:
        self.workers[worker] = RedisLeases(self.connections[worker])
        self.here[worker].clear()

    # What must always hold

    @invariant()
    def redis_holds_what_the_model_says_and_forgets_it_in_time(self) -> None:
        if self.workers:
            self.runner.run(self._compare())

    async def _compare(self) -> None:
        for task_id in TASKS:
            found = await self.redis.get(task_key(task_id))
            expected = self.store.get(task_id)
            if isinstance(expected, Lease):
                assert found is not None
                assert expected.owner is not None
                assert str(found).endswith(expected.owner)
            else:
                assert found == expected
            longest_s = DONE_TTL_S if expected == DONE else LEASE_TTL_S
            left_ms = await self.redis.pttl(task_key(task_id))
            assert expected is None or 0 < left_ms <= longest_s * 1000

    # The model

    def _expected_claim(self, worker: int, task_id: str, message_id: str) -> ClaimState:
        known = self.here[worker].get(task_id)
        if known is None and self._reaches(worker):
            stored = self.store.get(task_id)
            if stored == DONE:
                return ClaimState.DONE
            known = stored if isinstance(stored, Lease) else None
        if known is None:
            return ClaimState.OURS
        same = known.message_id == message_id
        return ClaimState.HELD_BY_SAME_MESSAGE if same else ClaimState.HELD_BY_OTHER_MESSAGE

    def _note(self, worker: int, claim: Claim) -> object:
        lease = claim.lease
        if lease is None:
            return multiple()
        assert (lease.owner is not None) is self._reaches(worker)
        if lease.owner is not None:
            self.store[lease.task_id] = lease
        self.here[worker][lease.task_id] = lease
        self.given.append((worker, lease))
        return worker, lease

    def _forget(self, worker: int, lease: Lease) -> None:
        if self.here[worker].get(lease.task_id) == lease:
            del self.here[worker][lease.task_id]

    def _reaches(self, worker: int) -> bool:
        return not self.connections[worker].cut


@pytest.mark.redis_server
def test_workers_never_share_a_task_in_any_order_of_events(redis_server_url: str) -> None:
    class OnThisServer(LeaseStates):
        url = redis_server_url

    run_state_machine_as_test(
        OnThisServer,
        settings=settings(deadline=None, max_examples=60, stateful_step_count=40),
    )
