"""The processor's adapters on Slack's protocol: agent sessions."""

import pytest

from processor_service.ports.conversations import Body
from processor_service.slack.agent_session import SESSION_METHOD as SESSION
from shared.ledger import growing_mark
from simulators.faults import Fault
from tests.support.workbenches.processor import ANSWER, TASK_ID, processors


async def test_a_thread_is_a_session_with_slacks_stop_while_a_worker_is_at_work() -> None:
    async with processors() as (here, there):
        slack = here.bench.slack
        asked = slack.people.post("alice", "#general", "question")
        session = here.streamed(asked.ts).session
        assert session is not None
        await session.show_processing("question")
        begun = slack.workspace.sessions.of(here.bench.general, asked.ts)
        assert begun is not None
        alice = slack.people.user("alice").id
        assert (begun.status, begun.title, begun.initiator) == ("processing", "question", alice)
        other = there.streamed(asked.ts).session
        assert other is not None
        assert await other.show_active()
        assert begun.status == "processing"
        assert await other.show_active(always=True)
        assert begun.status == "active"


async def test_the_end_of_a_stream_ends_the_work_of_its_session() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.streamed(asked.ts)
        live = await thread.start_stream(TASK_ID, "words")
        sessions = here.bench.slack.workspace.sessions
        assert len(sessions.processing()) == 1
        await thread.end_stream(live, "", Body(""), ANSWER)
        assert sessions.processing() == []
        rule = here.bench.faults.add("slack", SESSION, Fault("error", status=500))
        assert thread.session is not None
        assert await thread.session.show_active()
        assert rule.times == 1


async def test_between_two_messages_of_one_answer_slack_keeps_showing_its_stop() -> None:
    """Slack would end the session with each stream (docs.slack.dev, chat.stopStream)."""
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread, sessions = here.streamed(asked.ts), here.bench.slack.workspace.sessions
        live = await thread.start_stream(TASK_ID, "words")
        await thread.end_stream(live, "", Body(""), growing_mark(TASK_ID))
        assert len(sessions.processing()) == 1
        assert thread.session is not None
        assert await thread.session.show_active()
        assert sessions.processing() == []


async def test_a_stream_that_is_deleted_without_an_end_ends_its_session_all_the_same() -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        live = await here.streamed(asked.ts).start_stream(TASK_ID, "words")
        here.bench.faults.add("slack", "chat.stopStream", Fault("error", status=500), times=9)
        await there.streamed(asked.ts).remove(live)
        assert here.bench.slack.workspace.sessions.processing() == []


async def test_work_that_may_have_begun_is_ended_and_a_failed_end_is_told() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        session = here.streamed(asked.ts).session
        assert session is not None
        here.bench.faults.add("slack", SESSION, Fault("drop_after"))
        await session.show_processing("question")
        here.bench.faults.add("slack", SESSION, Fault("error", status=500))
        assert not await session.show_active()
        assert await session.show_active()
        assert here.bench.slack.workspace.sessions.processing() == []


@pytest.mark.parametrize("code", ["feature_disabled", "not_agent_app", "unknown_method"])
async def test_a_server_without_sessions_is_asked_once_an_hour_and_its_streams_end_all_the_same(
    code: str,
) -> None:
    async with processors() as (here, _):
        slack = here.bench.slack
        asked = slack.people.post("alice", "#general", "question")
        refused = Fault("error", status=200, error=code)
        rule = here.bench.faults.add("slack", SESSION, refused, times=10)
        thread = here.streamed(asked.ts)
        assert thread.session is not None
        await thread.session.show_processing("question")
        assert thread.session is None
        other = slack.people.post("alice", "#general", "another question")
        assert here.streamed(other.ts).session is None
        assert rule.times == 9
        live = await thread.start_stream(TASK_ID, "words")
        await thread.end_stream(live, "", Body(""), ANSWER)
        assert not slack.workspace.live_streams()
        assert slack.workspace.sessions.processing() == []


@pytest.mark.parametrize("code", ["not_agent_app", "invalid_arguments"])
async def test_a_stream_ends_also_where_its_end_may_say_nothing_of_a_session(code: str) -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.streamed(asked.ts)
        live = await thread.start_stream(TASK_ID, "words")
        refused = Fault("error", status=200, error=code)
        here.bench.faults.add("slack", "chat.stopStream", refused)
        await thread.end_stream(live, "", Body(""), ANSWER)
        assert not here.bench.slack.workspace.live_streams()
        # Slack ends the session's work with the stream, also where it is not told to.
        assert here.bench.slack.workspace.sessions.processing() == []
        assert thread.session is not None
        assert await thread.session.show_active()
