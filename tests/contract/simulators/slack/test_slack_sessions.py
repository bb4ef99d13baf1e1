"""Agent sessions, driven by slack_sdk: who is at work where, and the Stop beside it."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio

from simulators.slack import SlackConfig
from tests.support.workbenches.slack import FAST, Clock, Workbench, error_of, workbench

SET = "agents.sessions.setStatus"


@dataclass
class Thread:
    """A question in a channel."""

    bench: Workbench
    clock: Clock
    ts: str

    async def set(self, **arguments: Any) -> Any:
        place = {"channel_id": self.bench.general, "thread_ts": self.ts}
        return await self.bench.client.api_call(SET, json={**place, **arguments})

    @property
    def status(self) -> str | None:
        session = self.bench.slack.workspace.sessions.of(self.bench.general, self.ts)
        return None if session is None else session.status

    async def stream(self) -> str:
        started = await self.bench.client.chat_startStream(
            channel=self.bench.general,
            thread_ts=self.ts,
            markdown_text="words",
            recipient_user_id=self.bench.slack.people.user("hana").id,
            recipient_team_id=self.bench.slack.workspace.team_id,
        )
        return str(started["ts"])


@pytest_asyncio.fixture
async def thread() -> AsyncIterator[Thread]:
    clock = Clock()
    async with workbench(replace(FAST, clock=clock)) as bench:
        yield Thread(bench, clock, bench.slack.people.post("hana", "#general", "q").ts)


async def test_a_session_begins_with_its_title_and_changes_its_status(thread: Thread) -> None:
    hana = thread.bench.slack.people.user("hana").id
    begun = await thread.set(status="processing", title="What is Redis?", initiator_user_id=hana)
    assert (begun["status"], begun["title"]) == ("processing", "What is Redis?")
    assert "warning" not in begun
    over = await thread.set(status="active", title="Another one")
    assert (over["status"], over["title"]) == ("active", "What is Redis?")
    renamed = await thread.bench.client.api_call(
        "agents.sessions.rename",
        json={"channel_id": thread.bench.general, "thread_ts": thread.ts, "title": "Redis"},
    )
    assert renamed["title"] == "Redis"


async def test_a_session_that_is_processing_ends_after_an_hour(thread: Thread) -> None:
    await thread.set(status="processing")
    thread.clock.now += 3599.0
    assert thread.status == "processing"
    thread.clock.now += 1.0
    assert thread.status == "active"


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"status": "thinking"}, "invalid_arguments"),
        ({}, "invalid_arguments"),
        ({"status": "processing", "title": "x" * 201}, "invalid_arguments"),
        ({"status": "processing", "initiator_user_id": "U0NOBODY"}, "user_not_found"),
        ({"status": "processing", "initiator_user_id": "TOM"}, "user_not_in_channel"),
        ({"status": "processing", "thread_ts": "1.000001"}, "invalid_thread_ts"),
        ({"status": "processing", "channel_id": "C0NOWHERE"}, "channel_not_found"),
    ],
)
async def test_what_is_wrong_is_refused(
    thread: Thread, arguments: dict[str, Any], code: str
) -> None:
    if arguments.get("initiator_user_id") == "TOM":
        # docs.slack.dev: the initiator must be a member of the channel.
        people = thread.bench.slack.people
        arguments = arguments | {"initiator_user_id": people.user("tom").id}
        thread.bench.slack.workspace.leave(
            people.channel("#general"), arguments["initiator_user_id"]
        )
    assert await error_of(thread.set(**arguments)) == code
    assert thread.status is None


async def test_an_app_that_is_no_agent_has_no_sessions() -> None:
    async with workbench(replace(FAST, agent_app=False)) as bench:
        asked = bench.slack.people.post("hana", "#general", "q")
        thread = Thread(bench, Clock(), asked.ts)
        assert await error_of(thread.set(status="processing")) == "not_agent_app"
        ts = await thread.stream()
        await bench.client.chat_stopStream(channel=bench.general, ts=ts, session_status="active")
        assert thread.status is None


async def test_the_end_of_a_stream_ends_its_sessions_work_unless_it_says_otherwise(
    thread: Thread,
) -> None:
    """docs.slack.dev, chat.stopStream: session_status is active by default."""
    stop = thread.bench.client.chat_stopStream
    ends: list[tuple[dict[str, Any], str]] = [
        ({}, "active"),
        ({"session_status": "processing"}, "processing"),
    ]
    for told, status in ends:
        ts = await thread.stream()
        assert thread.status == "processing"
        await stop(channel=thread.bench.general, ts=ts, **told)
        assert thread.status == status
    ts = await thread.stream()
    unknown = stop(channel=thread.bench.general, ts=ts, session_status="done")
    assert await error_of(unknown) == "invalid_arguments"


async def test_stop_is_told_with_the_streams_that_it_ended_and_leaves_the_status(
    thread: Thread,
) -> None:
    people, seen = thread.bench.slack.people, list[Any]()
    thread.bench.slack.workspace.subscribe(seen.append)
    await thread.set(status="processing")
    people.stop_session("hana", "#general", thread.ts)
    assert type(seen[-1]).__name__ == "SessionStopped"
    ts = await thread.stream()
    people.stop_session("hana", "#general", thread.ts)
    assert (type(seen[-1]).__name__, seen[-1].message.ts) == ("StreamStopped", ts)
    assert thread.status == "processing"


async def test_whoever_does_not_listen_for_stop_is_warned() -> None:
    config: SlackConfig = replace(
        FAST, subscriptions=FAST.subscriptions - {"agent_session_stopped"}
    )
    async with workbench(config) as bench:
        asked = bench.slack.people.post("hana", "#general", "q")
        told = await Thread(bench, Clock(), asked.ts).set(status="processing")
        assert told["warning"] == "missing_agent_session_stopped_event_subscription"
