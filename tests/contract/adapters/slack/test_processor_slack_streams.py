"""The processor's adapters on Slack's protocol: streams, and where they are refused."""

from dataclasses import replace

import pytest

from processor_service.ports.conversations import Body, StreamIn
from shared.errors import OutcomeUnknown, SlackRefused, SlackUnavailable
from simulators.faults import Fault
from tests.support.tasks import a_task
from tests.support.workbenches.processor import ANSWER, TASK_ID, processors


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


@pytest.mark.parametrize("fault", [Fault("drop_after"), Fault("error", status=500)])
async def test_a_running_stream_is_removed_though_its_end_is_not_confirmed(fault: Fault) -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.streamed(asked.ts)
        live = await thread.start_stream(TASK_ID, "half an")
        here.bench.faults.add("slack", "chat.stopStream", fault)
        await thread.remove(live)
        assert len(here.bench.slack.messages("#general", thread_ts=asked.ts)) == 1


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
        assert not here.streamed(asked.ts).may_begin
        other = people.post("alice", "#general", "another question")
        assert here.streamed(other.ts).may_begin is elsewhere
        dm = a_task(channel_id=people.dm("alice").id)
        assert here.conversations.thread(dm, other.ts, other.ts).may_begin is in_a_dm


async def test_while_slack_limits_streams_nobody_tries_to_begin_one() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        limited = Fault("error", status=429, detail={"retry_after": 30})
        here.bench.faults.add("slack", "chat.startStream", limited)
        with pytest.raises(SlackUnavailable):
            await here.streamed(asked.ts).start_stream(TASK_ID, "words")
        assert not here.streamed(asked.ts).may_begin


@pytest.mark.parametrize(
    ("where", "channel", "direct"),
    [("everywhere", True, True), ("dm", False, True), ("never", False, False)],
)
async def test_answers_are_streamed_where_the_operator_wants_it(
    where: StreamIn, channel: bool, direct: bool
) -> None:
    async with processors() as (here, _):
        there = replace(here, stream_in=where)
        alice = here.bench.slack.people.user("alice").id
        asked = here.bench.slack.people.post("alice", "#general", "question")
        assert there.streamed(asked.ts).may_begin is channel
        dm = here.bench.slack.workspace.im(alice).id
        told = here.bench.slack.people.post("alice", dm, "question")
        task = a_task(channel_id=dm, user_id=alice, team_id=here.bench.slack.workspace.team_id)
        assert there.conversations.thread(task, told.ts, told.ts).may_begin is direct


async def test_an_operator_who_wants_no_more_streams_has_those_that_run_ended() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        await here.streamed(asked.ts).start_stream(TASK_ID, "half an")
        successor = replace(here, stream_in="never").streamed(asked.ts)
        [live] = await successor.find(TASK_ID)
        await successor.update(live, Body("whole"), ANSWER)
        assert not here.bench.slack.workspace.live_streams()


async def test_a_removed_stream_whose_session_stays_at_work_is_removed_again() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.streamed(asked.ts)
        live = await thread.start_stream(TASK_ID, "half an")
        for method in ("chat.stopStream", "agents.sessions.setStatus"):
            here.bench.faults.add("slack", method, Fault("drop_before"))
        with pytest.raises(OutcomeUnknown):
            await thread.remove(live)
        assert here.bench.slack.workspace.sessions.processing()
        await thread.remove(live)
        assert not here.bench.slack.workspace.sessions.processing()
        assert len(here.bench.slack.messages("#general", thread_ts=asked.ts)) == 1
