"""Streamed messages, with slack_sdk's AsyncChatStream and by hand."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Any

import pytest
import pytest_asyncio
from slack_sdk.models.blocks.block_elements import UrlSourceElement
from slack_sdk.models.messages.chunk import (
    BlocksChunk,
    MarkdownTextChunk,
    PlanUpdateChunk,
    TaskUpdateChunk,
)

from tests.support.workbenches.slack import FAST, Clock, Workbench, error_of, workbench


@dataclass
class Streams:
    """A question in a channel, and how its answer is streamed."""

    bench: Workbench
    clock: Clock
    start_arguments: dict[str, Any]

    @property
    def client(self) -> Any:
        return self.bench.client

    async def start(self, **content: Any) -> dict[str, Any]:
        started = await self.client.chat_startStream(**self.start_arguments, **content)
        return {"channel": self.bench.general, "ts": started["ts"]}

    def shown(self) -> dict[str, Any]:
        return self.bench.slack.messages("#general")[-1]


@pytest_asyncio.fixture
async def streams() -> AsyncIterator[Streams]:
    clock = Clock()
    async with workbench(replace(FAST, clock=clock, rate_limits=False)) as bench:
        asked = bench.slack.people.post("hana", "#general", "q")
        arguments = {
            "channel": bench.general,
            "thread_ts": asked.ts,
            "recipient_user_id": asked.user,
            "recipient_team_id": bench.slack.workspace.team_id,
        }
        yield Streams(bench, clock, arguments)


async def test_the_sdks_chat_stream_writes_one_message(streams: Streams) -> None:
    stream = await streams.client.chat_stream(**streams.start_arguments, buffer_size=4)
    await stream.append(markdown_text="# はじ")
    await stream.append(markdown_text="めに\n\n")
    assert streams.shown()["streaming_state"] == "in_progress"
    mark = {"event_type": "e", "event_payload": {"task_id": "t1"}}
    divider = {"type": "divider"}
    await stream.append(markdown_text="本文")
    await stream.stop(markdown_text="です。", metadata=mark, blocks=[divider])
    shown = streams.shown()
    assert shown["ts"] == stream.ts
    assert shown["text"] == "# はじめに\n\n本文です。"
    assert [block["type"] for block in shown["blocks"]] == ["markdown", "divider"]
    assert shown["metadata"] == mark
    assert "streaming_state" not in shown


async def test_a_stream_stopped_before_anything_was_flushed_is_whole(streams: Streams) -> None:
    stream = await streams.client.chat_stream(**streams.start_arguments)
    await stream.append(markdown_text="short")
    await stream.stop()
    assert streams.shown()["text"] == "short"


async def test_chunks_become_plan_tasks_text_and_blocks(streams: Streams) -> None:
    place = await streams.start(
        task_display_mode="plan",
        chunks=[
            PlanUpdateChunk(title="計画"),
            TaskUpdateChunk(id="1", title="調べる", status="in_progress", details="a"),
        ],
    )
    divider = {"type": "divider"}
    await streams.client.chat_appendStream(
        **place,
        chunks=[
            TaskUpdateChunk(id="1", title="調べた", status="complete", details="b"),
            MarkdownTextChunk(text="答え"),
            BlocksChunk(blocks=[divider]),
        ],
    )
    plan, text, block = streams.shown()["blocks"]
    assert (plan["title"], plan["tasks"][0]["title"]) == ("計画", "調べた")
    assert plan["tasks"][0]["details"]["elements"][0]["elements"][0]["text"] == "ab"
    assert (text["text"], block["type"]) == ("答え", "divider")


async def test_a_stream_needs_a_thread(streams: Streams) -> None:
    for thread_ts in ("", "1700000000.000001", "now"):
        arguments = streams.start_arguments | {"thread_ts": thread_ts}
        assert await error_of(streams.client.chat_startStream(**arguments)) == "invalid_thread_ts"


@pytest.mark.parametrize("missing", ["recipient_user_id", "recipient_team_id"])
async def test_a_stream_in_a_channel_needs_its_recipient(streams: Streams, missing: str) -> None:
    arguments = {k: v for k, v in streams.start_arguments.items() if k != missing}
    assert await error_of(streams.client.chat_startStream(**arguments)) == f"missing_{missing}"


async def test_a_stream_in_a_direct_message_needs_no_recipient(streams: Streams) -> None:
    dm = streams.bench.slack.people.dm("hana").id
    asked = streams.bench.slack.people.post("hana", dm, "q")
    await streams.client.chat_startStream(channel=dm, thread_ts=asked.ts, markdown_text="a")


async def test_a_stream_ends_after_five_minutes_however_much_is_appended(streams: Streams) -> None:
    place = await streams.start(markdown_text="a")
    streams.clock.now += 299
    await streams.client.chat_appendStream(**place, markdown_text="b")
    streams.clock.now += 1
    for late in (
        streams.client.chat_appendStream(**place, markdown_text="c"),
        streams.client.chat_stopStream(**place),
    ):
        assert await error_of(late) == "message_not_in_streaming_state"
    assert streams.shown()["text"] == "ab"
    await streams.client.chat_update(**place, text="whole")
    assert streams.shown()["text"] == "whole"


async def test_a_live_stream_cannot_be_updated(streams: Streams) -> None:
    place = await streams.start(markdown_text="a")
    updating = streams.client.chat_update(**place, text="x")
    assert await error_of(updating) == "streaming_state_conflict"
    await streams.client.chat_appendStream(**place, markdown_text="b")


async def test_a_finished_stream_takes_nothing_more(streams: Streams) -> None:
    place = await streams.start(markdown_text="a")
    await streams.client.chat_stopStream(**place)
    again = streams.client.chat_stopStream(**place)
    assert await error_of(again) == "message_not_in_streaming_state"


async def test_text_and_chunks_do_not_mix(streams: Streams) -> None:
    place = await streams.start(markdown_text="a")
    chunk = [MarkdownTextChunk(text="b")]
    mixing = streams.client.chat_appendStream(**place, chunks=chunk)
    assert await error_of(mixing) == "streaming_mode_mismatch"
    both = streams.client.chat_appendStream(**place, markdown_text="x", chunks=chunk)
    assert await error_of(both) == "cannot_provide_both_markdown_text_and_chunks"
    nothing = streams.client.chat_appendStream(**place)
    assert await error_of(nothing) == "markdown_text_or_chunks_required"


@pytest.mark.parametrize(
    "chunk",
    [
        {"type": "confetti"},
        {"type": "task_update", "id": "1", "title": "x" * 257, "status": "complete"},
        {"type": "task_update", "id": "1", "title": "x", "status": "stuck"},
        {"type": "task_update", "id": "1", "title": "x"},
        {"type": "task_update", "title": "x", "status": "complete"},
        {"type": "task_update", "id": "1", "title": "x", "status": "complete", "icon": "x"},
        {
            "type": "task_update",
            "id": "1",
            "title": "x",
            "status": "complete",
            "details": "x" * 257,
        },
        {"type": "task_update", "id": "1", "title": "x", "status": "complete", "sources": ["x"]},
        {
            "type": "task_update",
            "id": "1",
            "title": "x",
            "status": "complete",
            "sources": [{"type": "url", "url": "https://a.example/"}],
        },
        {"type": "markdown_text"},
    ],
)
async def test_a_bad_chunk_is_refused(streams: Streams, chunk: dict[str, Any]) -> None:
    starting = streams.client.api_call(
        "chat.startStream", json={**streams.start_arguments, "chunks": [chunk]}
    )
    assert await error_of(starting) == "invalid_chunks"


async def test_a_task_card_is_updated_in_its_place_and_keeps_its_sources(
    streams: Streams,
) -> None:
    page = UrlSourceElement(url="https://a.example/", text="A")
    place = await streams.start(
        chunks=[
            TaskUpdateChunk(id="files", title="読んでいます", status="in_progress"),
            TaskUpdateChunk(
                id="search", title="調べています", status="in_progress", details="一つ"
            ),
        ]
    )
    await streams.client.chat_appendStream(**place, chunks=[MarkdownTextChunk(text="答え")])
    ended = TaskUpdateChunk(
        id="search", title="調べました", status="complete", details="、二つ", sources=[page]
    )
    await streams.client.chat_stopStream(
        **place, chunks=[ended, TaskUpdateChunk(id="files", title="読みました", status="error")]
    )
    files, search, text = streams.shown()["blocks"]
    assert (files["type"], files["title"], files["status"]) == ("task_card", "読みました", "error")
    assert (search["title"], search["status"]) == ("調べました", "complete")
    assert search["details"]["elements"][0]["elements"][0]["text"] == "一つ、二つ"
    assert search["sources"] == [{"type": "url", "url": "https://a.example/", "text": "A"}]
    assert text["text"] == "答え"


async def test_the_journal_tells_a_streams_steps_from_its_words(streams: Streams) -> None:
    card = TaskUpdateChunk(id="files", title="読んでいます", status="in_progress")
    place = await streams.start(chunks=[card])
    words = [
        MarkdownTextChunk(text="答え"),
        TaskUpdateChunk(id="files", title="読みました", status="complete"),
    ]
    await streams.client.chat_appendStream(**place, chunks=words)
    started, appended = streams.bench.journal.entries(step="api")[-2:]
    assert (started.detail.get("steps"), appended.detail.get("steps")) == (True, None)


async def test_a_server_without_task_cards_refuses_them_and_takes_text() -> None:
    async with workbench(replace(FAST, task_cards=False)) as bench:
        asked = bench.slack.people.post("hana", "#general", "q")
        arguments = {
            "channel": bench.general,
            "thread_ts": asked.ts,
            "recipient_user_id": asked.user,
            "recipient_team_id": bench.slack.workspace.team_id,
        }
        card = TaskUpdateChunk(id="1", title="t", status="complete")
        starting = bench.client.chat_startStream(**arguments, chunks=[card])
        assert await error_of(starting) == "invalid_chunks"
        await bench.client.chat_startStream(**arguments, chunks=[MarkdownTextChunk(text="a")])


async def test_one_call_takes_12_000_characters(streams: Streams) -> None:
    starting = streams.client.chat_startStream(
        **streams.start_arguments, markdown_text="x" * 12_001
    )
    assert await error_of(starting) == "msg_too_long"


async def test_a_streamed_message_is_full_at_some_point_and_stays_as_it_is(
    streams: Streams,
) -> None:
    place = await streams.start(markdown_text="あ" * 3_000)
    more = streams.client.chat_appendStream(**place, markdown_text="い" * 700)
    assert await error_of(more) == "msg_too_long"
    await streams.client.chat_stopStream(**place)
    assert streams.shown()["text"] == "あ" * 3_000


async def test_blocks_are_limited_to_fifty(streams: Streams) -> None:
    place = await streams.start(markdown_text="x")
    stopping = streams.client.chat_stopStream(**place, blocks=[{"type": "divider"}] * 51)
    assert await error_of(stopping) == "msg_blocks_too_many"


async def test_pressing_stop_ends_appends_and_tells_the_app(streams: Streams) -> None:
    place = await streams.start(markdown_text="a")
    streams.bench.slack.people.stop("hana", "#general", place["ts"])
    appending = streams.client.chat_appendStream(**place, markdown_text="b")
    assert await error_of(appending) == "stopped_by_user"
    await streams.bench.slack.wait_for(
        lambda: [
            entry
            for entry in streams.bench.journal.entries(step="envelope")
            if entry.detail["event"] == "agent_session_stopped"
        ]
    )


async def test_only_the_apps_own_streams_can_be_written(streams: Streams) -> None:
    asked = streams.start_arguments["thread_ts"]
    place = {"channel": streams.bench.general, "ts": asked}
    appending = streams.client.chat_appendStream(**place, markdown_text="b")
    assert await error_of(appending) == "message_not_owned_by_app"
    place["ts"] = "1700000000.000001"
    appending = streams.client.chat_appendStream(**place, markdown_text="b")
    assert await error_of(appending) == "message_not_found"


async def test_metadata_is_not_taken_before_the_stop(streams: Streams) -> None:
    starting = streams.client.chat_startStream(
        **streams.start_arguments, metadata={"event_type": "e", "event_payload": {}}
    )
    assert await error_of(starting) == "invalid_arguments"
