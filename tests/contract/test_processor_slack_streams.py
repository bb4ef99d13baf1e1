"""The processor's adapters on Slack's protocol: streams, and who ends those of a dead worker."""

import time
from dataclasses import replace

import pytest

from processor_service.ports.conversations import Body
from shared.errors import OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.ledger import growing_mark
from simulators.faults import Fault
from tests.processor_workbench import ANSWER, TASK_ID, processors
from tests.slack_workbench import FAST, Clock
from tests.tasks import a_task


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


@pytest.mark.parametrize(
    ("code", "elsewhere", "in_a_dm"),
    [
        ("unknown_method", False, False),
        ("missing_scope", False, False),
        ("feature_disabled", False, False),
        ("not_allowed_token_type", False, False),
        ("channel_type_not_supported", False, True),
        ("some_code_of_tomorrow", True, True),
    ],
)
async def test_where_slack_refuses_streams_it_is_not_asked_again_for_each_answer(
    code: str, elsewhere: bool, in_a_dm: bool
) -> None:
    async with processors() as (here, _):
        people = here.bench.slack.people
        asked = people.post("alice", "#general", "question")
        here.bench.faults.add("slack", "chat.startStream", Fault("error", status=200, error=code))
        with pytest.raises(SlackRefused):
            await here.streamed(asked.ts).start_stream(TASK_ID, "words")
        assert not here.streamed(asked.ts).streams
        other = people.post("alice", "#general", "another question")
        assert here.streamed(other.ts).streams is elsewhere
        dm = a_task(channel_id=people.dm("alice").id)
        assert here.conversations.thread(dm, other.ts, other.ts).streams is in_a_dm


async def test_while_slack_limits_streams_nobody_tries_to_begin_one() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        limited = Fault("error", status=429, detail={"retry_after": 30})
        here.bench.faults.add("slack", "chat.startStream", limited)
        with pytest.raises(SlackUnavailable):
            await here.streamed(asked.ts).start_stream(TASK_ID, "words")
        assert not here.streamed(asked.ts).streams


@pytest.mark.parametrize("code", ["missing_scope", "channel_type_not_supported", "no_such_thing"])
async def test_a_refused_status_is_asked_for_once_and_counts_as_cleared(code: str) -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        rule = here.bench.faults.add(
            "slack", "assistant.threads.setStatus", Fault("error", status=200, error=code), 10
        )
        thread = here.streamed(asked.ts)
        assert [await thread.show_status(status) for status in ("考え中", "", "")] == [True] * 3
        assert rule.times == 9
