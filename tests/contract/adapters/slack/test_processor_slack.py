"""The processor's adapters on Slack's protocol: the ledger, its files, response URLs."""

import asyncio
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any

import pytest
from fakeredis import FakeAsyncRedis, FakeServer
from slack_sdk.errors import SlackApiError
from structlog.testing import capture_logs

from processor_service.delivery.slack_writer import SlackWriter, TaskRun
from processor_service.ports.conversations import Body, Document
from processor_service.ports.work import Lease
from processor_service.redis.connection import RedisConnection, redis_connection
from processor_service.redis.keys import RESPONSES_TTL_S, responses_key
from processor_service.redis.posts import RedisResponses
from processor_service.rendering.shown_letters import letters_of
from processor_service.resilience.lease import TaskLease
from processor_service.slack.conversation import SlackConversation
from processor_service.slack.response_url import SlackResponse
from processor_service.slack.uploads import SlackUploads
from shared.errors import OutcomeUnknown, SlackRefused, SlackUnavailable
from shared.ledger import Mark
from shared.retry import RetryPolicy
from shared.slack.client import slack_client
from shared.telemetry.deployment import Deployment
from shared.telemetry.tracing import span, start_tracing
from simulators.faults import Fault
from simulators.processes.tcp_ports import free_port
from simulators.slack.config import SCOPES
from tests.support.fakes.processor.retrying import Naps
from tests.support.fakes.processor.work import FakeLeases
from tests.support.signed import SIGNING
from tests.support.tasks import a_task
from tests.support.workbenches.processor import ANSWER, TASK_ID, processors
from tests.support.workbenches.slack import FAST, Workbench, workbench


async def test_what_was_posted_is_found_again_over_many_pages_and_nothing_else() -> None:
    async with processors(replace(FAST, rate_limits=False)) as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.thread(asked.ts)
        for number in range(30):
            other = Mark(f"{number:032x}", "answer")
            await thread.post(Body("other"), other)
        for _ in range(1_000):
            here.bench.slack.people.post("hana", "#general", "x", thread_ts=asked.ts)
        posted = await thread.post(Body("ours"), ANSWER)
        here.bench.slack.people.post("alice", "#general", "thanks", thread_ts=asked.ts)
        assert await there.thread(asked.ts).find(TASK_ID) == [posted]
        pages = here.bench.slack.api.limits.calls["conversations.replies"]
        assert pages >= 2


async def test_an_edit_keeps_the_message_and_replaces_text_blocks_and_mark() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.thread(asked.ts)
        rich = Body("old", ({"type": "markdown", "text": "old"},))
        posted = await thread.post(rich, ANSWER)
        mark = replace(ANSWER, digest="d2")
        await thread.update(posted, Body("new"), mark)
        [found] = await thread.find(TASK_ID)
        assert (found.ts, found.mark) == (posted.ts, mark)
        message = here.bench.slack.messages("#general", thread_ts=asked.ts)[-1]
        assert message["text"] == "new"
        assert "old" not in str(message.get("blocks"))
        await thread.remove(found)
        await thread.remove(found)
        assert await thread.find(TASK_ID) == []


async def test_the_answer_to_a_deleted_question_is_refused_and_leaves_no_stray() -> None:
    async with processors() as (here, _):
        people = here.bench.slack.people
        asked = people.post("alice", "#general", "question")
        people.delete("alice", "#general", asked.ts)
        for act in (
            here.thread(asked.ts).post(Body("late"), ANSWER),
            here.thread(asked.ts).find("x"),
        ):
            with pytest.raises(SlackRefused) as refused:
                await act
            assert refused.value.reason == "question_gone"
        assert "late" not in str(here.bench.slack.messages("#general"))


async def test_a_stray_that_cannot_be_removed_for_now_is_not_posted_once_more() -> None:
    async with processors() as (here, _):
        people = here.bench.slack.people
        asked = people.post("alice", "#general", "question")
        people.delete("alice", "#general", asked.ts)
        here.bench.faults.add("slack", "chat.delete", Fault("error", status=429))
        run = TaskRun(
            TaskLease(FakeLeases(), Lease(TASK_ID, "m1", "owner")), RetryPolicy(3, Naps())
        )
        with pytest.raises(SlackRefused) as refused:
            await SlackWriter(here.thread(asked.ts), run).post(Body("late"), ANSWER)
        assert refused.value.reason == "question_gone"
        texts = [one["text"] for one in here.bench.slack.messages("#general")]
        assert texts.count("late") == 1


async def test_an_asker_is_reached_in_their_direct_messages() -> None:
    async with processors() as (here, there):
        alice = here.bench.slack.people.user("alice").id
        task = a_task(user_id=alice, occurred_at=datetime.now(UTC))
        direct = await here.conversations.direct(task)
        posted = await direct.post(Body("sorry"), Mark(TASK_ID, "notice"))
        assert await (await there.conversations.direct(task)).find(TASK_ID) == [posted]
        where = here.bench.slack.people.dm("alice").id
        assert "sorry" in str(here.bench.slack.messages(where))


async def test_a_call_carries_the_trace_it_is_made_in() -> None:
    start_tracing(Deployment("test", "local"))
    async with (
        workbench(FAST) as bench,
        slack_client("xoxb-local", bench.running.api_url) as client,
    ):
        with span("push") as current:
            await client.auth_test()
        trace_id = f"{current.get_span_context().trace_id:032x}"
        [call] = bench.journal.entries(key=f"trace:{trace_id}")
        assert call.detail["method"] == "auth.test"


async def test_a_status_is_shown_and_cleared_and_its_failure_harms_nothing() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.thread(asked.ts)
        await thread.show_status("考えています…")
        await thread.show_status("")
        here.bench.faults.add("slack", "assistant.threads.setStatus", Fault("error", status=500))
        await thread.show_status("x")
        assert here.bench.slack.api.limits.calls["assistant.threads.setStatus"] >= 2


async def test_no_post_of_ours_lets_slack_fetch_previews_of_its_links() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        posted = await here.thread(asked.ts).post(Body("https://example.com"), ANSWER)
        message = here.bench.slack.workspace.message(here.bench.general, posted.ts)
        assert message is not None
        assert message.unfurls is False
        url = await a_response_url(here.bench)
        response = SlackResponse(here.bench.http, url, RedisResponses(here.redis), "C1", SIGNING)
        await response.post(Body("https://example.com"), ANSWER)
        [private] = here.bench.slack.workspace.ephemerals.values()
        assert private.unfurls is False


async def test_what_went_to_a_response_url_is_remembered_because_it_cannot_be_read() -> None:
    async with processors() as (here, there):
        url = await a_response_url(here.bench)
        first = SlackResponse(here.bench.http, url, RedisResponses(here.redis), "C1", SIGNING)
        successor = SlackResponse(there.bench.http, url, RedisResponses(there.redis), "C1", SIGNING)
        assert await successor.find(TASK_ID) == []
        await first.post(Body("answer"), ANSWER)
        [found] = await successor.find(TASK_ID)
        assert found.mark == ANSWER


@pytest.mark.parametrize("missed", ["add", "of"])
async def test_what_a_response_url_took_is_known_after_a_pause_of_redis(missed: str) -> None:
    server = FakeServer()
    redis = [FakeAsyncRedis(server=server, decode_responses=True) for _ in range(2)]
    first, successor = (RedisResponses(RedisConnection(one, 5.0)) for one in redis)

    def pause() -> None:
        server.connected = False
        asyncio.get_running_loop().call_later(0.2, setattr, server, "connected", True)

    if missed == "add":
        pause()
    await first.add(ANSWER)
    if missed == "of":
        pause()
    assert await successor.of(TASK_ID) == [ANSWER]
    for one in redis:
        await one.aclose()


class BreakingRedis(FakeAsyncRedis):
    """Its connection breaks behind the first command that adds to a list."""

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        found = await super().execute_command(*args, **options)  # type: ignore[no-untyped-call] # redis-py's is untyped
        if args[0] == "RPUSH":
            self.connection_pool.connection_kwargs["server"].connected = False
        return found


async def test_a_post_to_a_response_url_is_forgotten_in_time_though_redis_was_lost() -> None:
    server = FakeServer()
    redis = BreakingRedis(server=server, decode_responses=True)
    await RedisResponses(RedisConnection(redis, 5.0)).add(ANSWER)
    server.connected = True
    assert 0 < await redis.ttl(responses_key(TASK_ID)) <= RESPONSES_TTL_S
    await redis.aclose()


async def test_with_redis_lost_a_process_remembers_its_own_posts_to_a_response_url() -> None:
    async with (
        processors() as (here, _),
        redis_connection(f"redis://127.0.0.1:{free_port()}/0") as lost,
    ):
        url, responses = await a_response_url(here.bench), RedisResponses(lost)
        first = SlackResponse(here.bench.http, url, responses, "C1", SIGNING)
        await first.post(Body("answer"), ANSWER)
        again = SlackResponse(here.bench.http, url, responses, "C1", SIGNING)
        [found] = await again.find(TASK_ID)
        assert found.mark == ANSWER
        assert await again.find("f" * 32) == []


async def test_a_used_up_response_url_says_that_nothing_can_be_said_there() -> None:
    async with processors() as (here, _):
        url = await a_response_url(here.bench)
        response = SlackResponse(here.bench.http, url, RedisResponses(here.redis), "C1", SIGNING)
        for part in range(1, 6):
            await response.post(Body("x"), replace(ANSWER, part=part, parts=6))
        with pytest.raises(SlackRefused) as refused:
            await response.post(Body("x"), replace(ANSWER, part=6, parts=6))
        assert refused.value.reason == "response_closed"


DOCUMENT = Document(TASK_ID, "0123456789ab", "回答の全文", "# 全文\n\n本文です。")


def files_in(thread: SlackConversation) -> SlackUploads:
    assert thread.files is not None
    return thread.files


async def test_a_file_is_shared_in_the_thread_and_found_by_whoever_comes_next() -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.thread(asked.ts)
        files = files_in(thread)
        await files.share(await files.upload(DOCUMENT), DOCUMENT)
        [found] = await there.thread(asked.ts).find(TASK_ID)
        assert found.mark == Mark(TASK_ID, "file", digest=DOCUMENT.digest)
        assert await there.thread(asked.ts).find("f" * 32) == []
        [file] = here.bench.slack.messages("#general", thread_ts=asked.ts)[-1]["files"]
        assert file["name"] == f"mechachang-{TASK_ID}.md"
        assert here.bench.slack.workspace.files[file["id"]].content == DOCUMENT.text.encode()
        await thread.remove(found)
        assert await thread.find(TASK_ID) == []


async def test_somebody_elses_file_of_that_name_is_not_ours() -> None:
    async with processors() as (here, _):
        people = here.bench.slack.people
        asked = people.post("alice", "#general", "question")
        file = people.upload("alice", f"mechachang-{TASK_ID}.md", b"mine")
        people.post("alice", "#general", "look", thread_ts=asked.ts, files=[file.id])
        assert await here.thread(asked.ts).find(TASK_ID) == []


async def test_without_the_scope_or_the_upload_host_no_file_is_handed_over() -> None:
    scopes = SCOPES - {"files:write"}
    async with processors(replace(FAST, scopes=scopes)) as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        with pytest.raises(SlackRefused) as refused:
            await files_in(here.thread(asked.ts)).upload(DOCUMENT)
        assert refused.value.slack_error == "missing_scope"
        assert refused.value.reason == "slack_scope_missing"
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        for fault in (Fault("error", status=503), Fault("drop_before")):
            here.bench.faults.add("slack", "upload", fault)
            with pytest.raises(SlackUnavailable):
                await files_in(here.thread(asked.ts)).upload(DOCUMENT)


async def test_what_slack_holds_is_read_back_and_told_by_each_call_that_writes() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.streamed(asked.ts)
        table = {"type": "table", "rows": [[{"type": "raw_text", "text": "甲"}]]}
        first = Body("一", ({"type": "markdown", "text": "**一**"}, table))
        posted = await thread.post(first, ANSWER)
        live = await thread.start_stream(TASK_ID, "二つ、")
        below = Body("", (table,))
        ended = await thread.end_stream(live, "三つ。", below, replace(ANSWER, part=2))
        second = Body("二", ({"type": "markdown", "text": "二つ、三つ。"}, table))
        for one, body in ((posted, first), (ended, second)):
            assert one.shown is not None
            assert letters_of(one.shown) == letters_of(body)
        held = await thread.contents([posted, ended])
        assert [letters_of(held[one.ts]) for one in (posted, ended)] == ["一甲", "二つ三つ甲"]
        changed = await thread.update(posted, second, ANSWER)
        assert changed.shown is not None
        assert letters_of(changed.shown) == letters_of(second)


async def a_response_url(bench: Workbench) -> str:
    """The response URL of a command that somebody has just typed."""
    app, urls = bench.app(), []

    async def listen(body: dict[str, str], ack: object) -> None:
        urls.append(body["response_url"])
        await ack()  # type: ignore[operator]  # Bolt hands in a callable

    app.command("/gemini")(listen)
    async with bench.connected(app):
        await bench.slack.people.slash("alice", "#general", "/gemini", "hello")
        await bench.slack.wait_for(lambda: bool(urls))
    return urls[0]


async def test_a_missing_scope_is_named_to_the_operator_once() -> None:
    scopes = SCOPES - {"chat:write"}
    async with processors(replace(FAST, scopes=scopes)) as (here, _):
        bench = here.bench
        with capture_logs() as lines:
            async with slack_client(FAST.bot_token, bench.running.api_url) as client:
                for _ in range(2):
                    with pytest.raises(SlackApiError):
                        await client.chat_postMessage(channel=bench.general, text="x")
    [told] = [line for line in lines if line.get("action") == "scope_missing"]
    assert (told["method"], told["needed"]) == ("chat.postMessage", "chat:write")
    assert told["provided"] == ",".join(sorted(scopes))


async def test_a_post_that_slack_confirms_without_its_message_stays() -> None:
    async with processors() as (here, _):
        people = here.bench.slack.people
        asked = people.post("alice", "#general", "question")
        short = Fault("delay", detail={"without": ["message"]})
        here.bench.faults.add("slack", "chat.postMessage", short)
        posted = await here.thread(asked.ts).post(Body("answer"), ANSWER)
        assert await here.thread(asked.ts).find(TASK_ID) == [posted]
        for unread in (Fault("error", status=500), Fault("error", status=200, error="new_code")):
            here.bench.faults.add("slack", "chat.postMessage", short)
            here.bench.faults.add("slack", "conversations.replies", unread)
            await here.thread(asked.ts).post(Body("answer"), replace(ANSWER, part=2))
        assert len(await here.thread(asked.ts).find(TASK_ID)) == 3
        people.delete("alice", "#general", asked.ts)
        other = people.post("alice", "#general", "deleted")
        people.delete("alice", "#general", other.ts)
        here.bench.faults.add("slack", "chat.postMessage", short)
        with pytest.raises(SlackRefused) as refused:
            await here.thread(other.ts).post(Body("stray"), ANSWER)
        assert refused.value.reason == "question_gone"
        assert "stray" not in str(here.bench.slack.messages("#general"))


@pytest.mark.parametrize("call", ["chat.postMessage", "chat.startStream"])
async def test_a_post_that_slack_confirms_without_its_time_is_settled_by_reading(call: str) -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        short = Fault("delay", detail={"without": ["message", "ts"]})
        here.bench.faults.add("slack", call, short)
        thread = here.streamed(asked.ts)
        ways = {
            "chat.postMessage": partial(thread.post, Body("answer"), ANSWER),
            "chat.startStream": partial(thread.start_stream, TASK_ID, "answer"),
        }
        with pytest.raises(OutcomeUnknown):
            await ways[call]()
        assert len(await thread.find(TASK_ID)) == 1


async def test_an_answer_is_read_back_whole_where_slack_returns_short_pages() -> None:
    """docs.slack.dev, conversations.replies: fewer than asked for may come before the end."""
    async with processors(replace(FAST, longest_page=2)) as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.thread(asked.ts)
        parts = [
            await thread.post(Body(f"part {part}"), replace(ANSWER, part=part, parts=2))
            for part in (1, 2)
        ]
        held = await thread.contents(parts)
        assert [held[one.ts].text for one in parts] == ["part 1", "part 2"]
        assert await thread.find(TASK_ID) == parts


async def test_what_slack_made_of_an_answer_with_many_headings_can_be_sent_back() -> None:
    """Slack makes several blocks of one (docs.slack.dev, markdown block), and takes 50."""
    text = "\n\n".join(f"## 見出し{number}\n\n本文{number}です。\n\n---" for number in range(30))
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.thread(asked.ts)
        posted = await thread.post(Body("一", ({"type": "markdown", "text": text},)), ANSWER)
        assert posted.shown is not None
        assert len(posted.shown.blocks) > 50
        changed = await thread.update(posted, posted.shown, ANSWER)
        assert changed.shown is not None
        assert letters_of(changed.shown) == letters_of(posted.shown)


@pytest.mark.parametrize("error", ["internal_error", "fatal_error"])
async def test_what_slack_did_in_spite_of_an_error_of_its_own_is_found(error: str) -> None:
    """docs.slack.dev, internal_error: some aspect of the operation may have succeeded."""
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.streamed(asked.ts)
        for method in ("chat.postMessage", "chat.startStream"):
            here.bench.faults.add("slack", method, Fault("drop_after", error=error))
        with pytest.raises(OutcomeUnknown):
            await thread.post(Body("x"), ANSWER)
        with pytest.raises(OutcomeUnknown):
            await thread.start_stream(TASK_ID, "words")
        found = await thread.find(TASK_ID)
        assert [(one.mark.parts, one.live) for one in found] == [(1, False), (0, True)]
