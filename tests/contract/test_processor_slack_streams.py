"""The processor's adapters on Slack's protocol: streams, and who ends those of a dead worker."""

import time
from dataclasses import replace

import pytest

from processor_service.ports.conversations import Body
from shared.errors import SlackRefused
from shared.ledger import growing_mark
from tests.processor_workbench import ANSWER, TASK_ID, processors
from tests.slack_workbench import FAST, Clock


async def test_an_answer_is_streamed_into_one_message_that_carries_its_mark_at_the_end() -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.streamed(asked.ts)
        live = await thread.start_stream(TASK_ID, "一つ、")
        assert await there.streamed(asked.ts).find(TASK_ID) == [live]
        assert await there.streamed(asked.ts).find("another task") == []
        await thread.append_stream(live, "二つ、")
        below = {"type": "context", "elements": [{"type": "mrkdwn", "text": "below"}]}
        await thread.end_stream(live, "三つ。", Body("", (below,)), ANSWER)
        [found] = await there.streamed(asked.ts).find(TASK_ID)
        assert (found.ts, found.mark, found.live) == (live.ts, ANSWER, False)
        message = here.bench.slack.messages("#general", thread_ts=asked.ts)[-1]
        assert message["blocks"][0] == {"type": "markdown", "text": "一つ、二つ、三つ。"}
        assert "below" in str(message["blocks"][-1])


async def test_an_heir_replaces_what_a_dead_worker_was_streaming() -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        await here.streamed(asked.ts).start_stream(TASK_ID, "half an")
        heir = there.streamed(asked.ts)
        [live] = await heir.find(TASK_ID)
        await heir.update(live, Body("whole", ({"type": "markdown", "text": "whole"},)), ANSWER)
        [found] = await heir.find(TASK_ID)
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


async def test_an_heir_finds_what_a_person_stopped_before_a_dead_worker_could_finish_it() -> None:
    async with processors() as (here, there):
        people = here.bench.slack.people
        asked = people.post("alice", "#general", "question")
        live = await here.streamed(asked.ts).start_stream(TASK_ID, "half an")
        people.stop("alice", "#general", live.ts)
        with pytest.raises(SlackRefused) as refused:
            await here.streamed(asked.ts).append_stream(live, " answer")
        assert refused.value.slack_error == "stopped_by_user"
        heir = there.streamed(asked.ts)
        assert await heir.find("another task") == []
        assert await heir.find(TASK_ID) == [live]
        await heir.update(live, Body("half", ({"type": "markdown", "text": "half"},)), ANSWER)
        [found] = await heir.find(TASK_ID)
        assert (found.ts, found.mark) == (live.ts, ANSWER)
        await here.redis.redis.flushall()
        assert [one.ts for one in await heir.find(TASK_ID)] == [live.ts]


async def test_a_further_stream_of_a_dead_worker_is_the_part_behind_the_others() -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.streamed(asked.ts)
        first = await thread.post(Body("one"), growing_mark(TASK_ID, 1))
        await thread.start_stream(TASK_ID, "two")
        found = await there.streamed(asked.ts).find(TASK_ID)
        assert [one.mark for one in found] == [first.mark, growing_mark(TASK_ID, 2)]
