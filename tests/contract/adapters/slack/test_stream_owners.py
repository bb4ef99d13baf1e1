"""Whose a stream in a thread is, and who goes on with that of a dead worker."""

import asyncio
import time
from dataclasses import replace

import pytest
from fakeredis import FakeAsyncRedis, FakeServer

from processor_service.ports.conversations import Body, TaskCard
from processor_service.redis.connection import RedisConnection
from processor_service.redis.keys import stream_key
from processor_service.redis.posts import RedisStreamOwners
from processor_service.slack.reading.unconfirmed_starts import UnconfirmedStarts
from shared.errors import OutcomeUnknown, SlackRefused
from shared.ledger import growing_mark
from simulators.faults import Fault
from tests.support.tasks import a_task
from tests.support.workbenches.processor import ANSWER, TASK_ID, Processor, processors
from tests.support.workbenches.redis import PATIENCE_S
from tests.support.workbenches.slack import FAST, Clock


async def test_a_successor_replaces_what_a_dead_worker_was_streaming() -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        await here.streamed(asked.ts).start_stream(TASK_ID, "half an")
        successor = there.streamed(asked.ts)
        [live] = await successor.find(TASK_ID)
        await successor.update(
            live, Body("whole", ({"type": "markdown", "text": "whole"},)), ANSWER
        )
        [found] = await successor.find(TASK_ID)
        assert (found.ts, found.mark) == (live.ts, ANSWER)
        assert here.bench.slack.messages("#general", thread_ts=asked.ts)[-1]["text"] == "whole"
        assert not here.bench.slack.workspace.live_streams()


async def test_a_stream_that_nobody_answers_for_is_taken_over_once_it_is_old() -> None:
    clock = Clock(time.time() - 60)
    async with processors(replace(FAST, clock=clock)) as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        live = await here.streamed(asked.ts).start_stream(TASK_ID, "half an")
        await here.redis.redis.flushall()
        assert await there.streamed(asked.ts).find("another task") == [
            replace(live, mark=growing_mark("another task"))
        ]
        clock.now = time.time()
        young = await here.streamed(asked.ts).start_stream(TASK_ID, "just begun")
        await here.redis.redis.flushall()
        assert young.ts not in [one.ts for one in await there.streamed(asked.ts).find(TASK_ID)]


@pytest.mark.parametrize("lost", [False, True])
async def test_a_stream_that_nobody_answers_for_is_taken_over_by_one_task_only(
    *, lost: bool
) -> None:
    clock = Clock(time.time() - 60)
    async with processors(replace(FAST, clock=clock)) as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        live = await here.streamed(asked.ts).start_stream("a dead worker's task", "half an")
        server = FakeServer()
        server.connected = not lost
        redis = FakeAsyncRedis(server=server, decode_responses=True)
        thread = Processor(here.bench, RedisConnection(redis, PATIENCE_S)).streamed(asked.ts)
        found = await asyncio.gather(*(thread.find(task_id) for task_id in ("one", "other") * 2))
        assert sorted([each.ts for each in one] for one in found) == [[], [], [live.ts], [live.ts]]
        assert found[0] == found[2]
        await redis.aclose()


async def test_out_of_turn_only_what_is_known_to_be_nobodys_counts_as_left() -> None:
    clock = Clock(time.time() - 60)
    async with processors(replace(FAST, clock=clock)) as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        live = await here.streamed(asked.ts).start_stream("another task", "half an")
        other = there.streamed(asked.ts)
        assert await other.find(TASK_ID, in_turn=False) == []
        await here.redis.redis.flushall()
        assert [one.ts for one in await other.find(TASK_ID, in_turn=False)] == [live.ts]
        # The worker that began it knows its own without Redis.
        assert await here.streamed(asked.ts).find(TASK_ID, in_turn=False) == []


async def test_a_process_knows_its_own_streams_though_redis_forgets_and_others_know_nobody() -> (
    None
):
    async with processors() as (here, there):
        own = RedisStreamOwners(here.redis)
        await own.own("C1", "1.1", TASK_ID)
        assert not await RedisStreamOwners(there.redis).has_no_owner("C1", "1.1")
        await here.redis.redis.flushall()
        assert not await own.has_no_owner("C1", "1.1")
        assert await RedisStreamOwners(there.redis).has_no_owner("C1", "1.1")


@pytest.mark.parametrize(("age_s", "is_left"), [(60, False), (280, True)])
async def test_without_redis_only_what_is_too_old_to_be_written_on_in_counts_as_left(
    age_s: float, *, is_left: bool
) -> None:
    clock = Clock(time.time() - age_s)
    async with processors(replace(FAST, clock=clock)) as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        live = await here.streamed(asked.ts).start_stream("another task", "half an")
        gone = FakeServer()
        gone.connected = False
        lost = FakeAsyncRedis(server=gone, decode_responses=True)
        apart = Processor(here.bench, RedisConnection(lost, PATIENCE_S)).streamed(asked.ts)
        assert bool(await apart.find(TASK_ID, in_turn=False)) is is_left
        assert [one.ts for one in await apart.find(TASK_ID)] == [live.ts]
        await lost.aclose()


async def test_without_redis_no_stream_is_taken_over_where_somebody_else_may_have_asked() -> None:
    clock = Clock(time.time() - 60)
    async with processors(replace(FAST, clock=clock)) as (here, _):
        people = here.bench.slack.people
        asked = people.post("alice", "#general", "question")
        people.post("tom", "#general", "another question", thread_ts=asked.ts)
        await here.streamed(asked.ts).start_stream("the other question's task", "half an")
        gone = FakeServer()
        gone.connected = False
        lost = FakeAsyncRedis(server=gone, decode_responses=True)
        apart = Processor(here.bench, RedisConnection(lost, 5.0)).streamed(asked.ts)
        assert await apart.find(TASK_ID) == []
        await lost.aclose()


async def test_whose_a_stream_is_is_told_again_where_redis_missed_it() -> None:
    server = FakeServer()
    server.connected = False
    redis = FakeAsyncRedis(server=server, decode_responses=True)
    owners = RedisStreamOwners(RedisConnection(redis, 5.0))
    for _ in range(3):
        await owners.own("C1", "1.1", TASK_ID)
    server.connected = True
    others = RedisStreamOwners(RedisConnection(redis, 5.0))
    async with asyncio.timeout(60):
        while await others.owner("C1", "1.1") != TASK_ID:  # noqa: ASYNC110 - the fake tells nobody
            await asyncio.sleep(0.05)
    await redis.aclose()


async def test_a_question_is_told_of_the_streams_that_earlier_ones_left_in_its_thread() -> None:
    clock = Clock(time.time() - 60)
    async with processors(replace(FAST, clock=clock)) as (here, there):
        people = here.bench.slack.people
        asked = people.post("alice", "#general", "question")
        earlier = here.streamed(asked.ts)
        left = await earlier.start_stream("an earlier task", "half an")
        kept = await earlier.start_stream("an earlier task", "somebody's")
        done = await earlier.post(Body("whole"), replace(ANSWER, task_id="an earlier task"))
        await here.redis.redis.delete(stream_key(here.bench.general, left.ts))
        clock.now = time.time()
        further = people.post("alice", "#general", "and?", thread_ts=asked.ts)
        thread = there.conversations.thread(
            a_task(channel_id=here.bench.general), asked.ts, further.ts
        )
        history = await thread.read(TASK_ID)
        assert (history.posted, [one.ts for one in history.left]) == ((), [left.ts])
        for one in history.left:
            await thread.remove(one)
        shown = [one["ts"] for one in here.bench.slack.messages("#general", thread_ts=asked.ts)]
        assert shown == [asked.ts, kept.ts, done.ts, further.ts]


async def test_a_start_whose_worker_was_cut_off_is_found_by_its_words() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        await here.redis.redis.flushall()
        rule = here.bench.faults.add("slack", "chat.startStream", Fault("delay", seconds=0.3))
        starting = asyncio.create_task(here.streamed(asked.ts).start_stream(TASK_ID, "half an"))
        await here.bench.slack.wait_for(lambda: rule.times == 0)
        starting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await starting
        await here.bench.slack.wait_for(lambda: bool(here.bench.slack.workspace.live_streams()))
        [live] = await here.streamed(asked.ts).find(TASK_ID)
        assert live.live


async def test_two_starts_with_the_same_words_that_slack_did_not_confirm_are_both_found() -> None:
    clock = Clock(time.time() - 120)
    starts = UnconfirmedStarts(clock)
    starts.note("C1", "1.1", TASK_ID, "same words")
    clock.now += 119
    starts.note("C1", "1.1", TASK_ID, "same words")
    message = {"thread_ts": "1.1", "blocks": [{"type": "markdown", "text": "same words"}]}
    for began in (clock.now - 119, clock.now):
        assert starts.began("C1", TASK_ID, {**message, "ts": f"{began:.6f}"}, alone=False)


@pytest.mark.parametrize("alone", [True, False])
async def test_a_stream_that_began_with_a_card_is_another_tasks_where_somebody_else_has_asked(
    *, alone: bool
) -> None:
    async with processors() as (here, there):
        people, card = here.bench.slack.people, TaskCard("thread", "Reading the thread")
        asked = people.post("alice", "#general", "question")
        if not alone:
            people.post("tom", "#general", "another question", thread_ts=asked.ts)
        here.bench.faults.add("slack", "chat.startStream", Fault("drop_before"))
        with pytest.raises(OutcomeUnknown):
            await here.streamed(asked.ts).start_stream(TASK_ID, "", (card,))
        live = await there.streamed(asked.ts).start_stream("the other task", "", (card,))
        await here.redis.redis.flushall()
        found = await here.streamed(asked.ts).find(TASK_ID)
        assert [one.ts for one in found] == ([live.ts] if alone else [])


async def test_a_successor_finds_what_a_person_stopped_before_a_dead_worker_could_end_it() -> None:
    async with processors() as (here, there):
        people = here.bench.slack.people
        asked = people.post("alice", "#general", "question")
        live = await here.streamed(asked.ts).start_stream(TASK_ID, "half an")
        people.stop("alice", "#general", live.ts)
        with pytest.raises(SlackRefused) as refused:
            await here.streamed(asked.ts).append_stream(live, " answer")
        assert refused.value.slack_error == "stopped_by_user"
        successor = there.streamed(asked.ts)
        assert await successor.find("another task") == []
        assert await successor.find(TASK_ID) == [live]
        await successor.update(live, Body("half", ({"type": "markdown", "text": "half"},)), ANSWER)
        [found] = await successor.find(TASK_ID)
        assert (found.ts, found.mark) == (live.ts, ANSWER)
        await here.redis.redis.flushall()
        assert [one.ts for one in await successor.find(TASK_ID)] == [live.ts]


async def test_a_further_stream_of_a_dead_worker_is_the_part_behind_the_others() -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.streamed(asked.ts)
        first = await thread.post(Body("one"), growing_mark(TASK_ID, 1))
        await thread.start_stream(TASK_ID, "two")
        found = await there.streamed(asked.ts).find(TASK_ID)
        assert [one.mark for one in found] == [first.mark, growing_mark(TASK_ID, 2)]


async def test_a_stream_whose_start_slack_did_not_confirm_is_found_by_whoever_began_it() -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        other = here.bench.slack.people.post("alice", "#general", "another question")
        await here.redis.redis.flushall()
        for fault in (Fault("drop_after"), Fault("drop_before")):
            here.bench.faults.add("slack", "chat.startStream", fault)
            with pytest.raises(OutcomeUnknown):
                await here.streamed(asked.ts).start_stream(TASK_ID, "**一つ**、 :tada:")
        thread = here.streamed(asked.ts)
        [live] = await thread.find(TASK_ID)
        assert live.live
        assert await thread.find("another task") == []
        assert await here.streamed(other.ts).find(TASK_ID) == []
        await here.redis.redis.flushall()
        await thread.append_stream(live, "二つ。")
        assert await thread.find(TASK_ID) == [live]
        assert await there.streamed(asked.ts).find(TASK_ID) == [live]


async def test_such_a_stream_is_found_by_its_words_also_above_what_was_posted_since() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        here.bench.faults.add("slack", "chat.startStream", Fault("drop_after"))
        thread = here.streamed(asked.ts)
        with pytest.raises(OutcomeUnknown):
            await thread.start_stream(TASK_ID, "half an")
        posted = await thread.post(Body("whole"), ANSWER)
        for in_turn in (True, False):
            found = await here.streamed(asked.ts).find(TASK_ID, in_turn=in_turn)
            assert [(one.live, one.ts == posted.ts) for one in found] == [
                (True, False),
                (False, True),
            ]


async def test_somebody_elses_stream_with_other_words_is_not_taken_for_an_unconfirmed_one() -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        here.bench.faults.add("slack", "chat.startStream", Fault("drop_before"))
        with pytest.raises(OutcomeUnknown):
            await here.streamed(asked.ts).start_stream(TASK_ID, "ours")
        await there.streamed(asked.ts).start_stream("another task", "theirs")
        await here.redis.redis.flushall()
        assert await here.streamed(asked.ts).find(TASK_ID) == []
        await there.streamed(asked.ts).start_stream("another task", "ours")
        assert await here.streamed(asked.ts).find(TASK_ID) == []
