"""The processor's adapters on Slack's protocol: the ledger, the limits, people, response URLs."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest
from fakeredis import FakeAsyncRedis, FakeServer

from processor_service.budget import EDIT, START
from processor_service.ports.conversations import Body, Conversation, Document
from processor_service.proof import letters_of
from processor_service.redis_budget import A_MINUTE, RedisBudget
from processor_service.redis_connection import RedisConnection, redis_connection
from processor_service.redis_holds import RedisHolds
from processor_service.redis_streams import RedisStreamOwners
from processor_service.slack_calls import SlackCalls
from processor_service.slack_conversations import SlackConversations
from processor_service.slack_people import SlackPeople
from processor_service.slack_response import RedisResponses, SlackResponse
from processor_service.slack_workspace import SlackWorkspace
from shared.deployment import Deployment
from shared.errors import OutcomeUnknown, SlackDenied, SlackRefused, SlackUnavailable
from shared.ledger import Mark, growing_mark
from shared.slack import slack_client
from shared.tracing import span, start_tracing
from simulators.faults import Fault
from simulators.ports import free_port
from simulators.slack import SlackConfig
from simulators.slack.config import SCOPES
from tests.slack_workbench import FAST, Clock, Workbench, workbench
from tests.tasks import a_task

TASK_ID = a_task().task_id
ANSWER = Mark(TASK_ID, "answer", digest="d1")


@dataclass
class Processor:
    """What one processor instance has of Slack and Redis."""

    bench: Workbench
    redis: RedisConnection
    denied: list[SlackDenied] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.calls = SlackCalls(self.bench.new_client(), RedisHolds(self.redis), self.denied.append)
        self.conversations = SlackConversations(
            self.calls,
            self.bench.http,
            RedisResponses(self.redis),
            RedisStreamOwners(self.redis),
        )

    def thread(self, ts: str) -> Conversation:
        task = a_task(channel_id=self.bench.general, thread_ts=ts, message_ts=ts)
        return self.conversations.thread(task, ts, ts)

    def streamed(self, ts: str) -> Conversation:
        """The thread of a question by somebody whom Slack can stream to."""
        alice = self.bench.slack.people.user("alice").id
        team = self.bench.slack.workspace.team_id
        task = a_task(channel_id=self.bench.general, user_id=alice, team_id=team)
        return self.conversations.thread(task, ts, ts)


@asynccontextmanager
async def processors(config: SlackConfig = FAST) -> AsyncIterator[tuple[Processor, Processor]]:
    """Two instances with one Redis between them."""
    server = FakeServer()
    async with workbench(config) as bench:
        redis = [FakeAsyncRedis(server=server, decode_responses=True) for _ in range(2)]
        first, second = (Processor(bench, RedisConnection(one, 5.0)) for one in redis)
        yield first, second
        for one in redis:
            await one.aclose()


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


async def test_a_persons_language_is_asked_once_and_shared() -> None:
    async with processors() as (here, there):
        people = here.bench.slack.people
        for instance in (here, there):
            who = SlackPeople(instance.calls, instance.redis)
            assert await who.locale_of(people.user("alice").id) == "en"
            assert await who.locale_of(people.user("hana").id) == "ja"
        assert here.bench.slack.api.limits.calls["users.info"] == 2
        assert await SlackPeople(here.calls, here.redis).locale_of("U0NOBODY") is None


async def test_who_asked_a_moment_ago_is_known_without_redis() -> None:
    async with processors() as (here, _):
        hana, clock = here.bench.slack.people.user("hana").id, Clock(0.0)
        people = SlackPeople(here.calls, here.redis, clock)
        assert await people.locale_of(hana) == "ja"
        await here.redis.redis.flushall()
        assert await people.locale_of(hana) == "ja"
        assert await people.utc_offset_of(hana) == timedelta(hours=9)
        assert here.bench.slack.api.limits.calls["users.info"] == 1
        clock.now += 301
        assert await people.locale_of(hana) == "ja"
        assert here.bench.slack.api.limits.calls["users.info"] == 2


async def test_one_look_tells_of_every_method_that_another_instance_was_told_to_leave() -> None:
    async with processors() as (here, there):
        clock = Clock(1_800_000_000.0)
        told, other = (RedisHolds(one.redis, clock=clock) for one in (here, there))
        assert await other.wait_s("chat.update") == 0
        await told.hold("chat.update", 30)
        await told.hold("chat.postMessage:C1", 5)
        assert await other.wait_s("chat.update") == 0
        clock.now += 1
        assert await other.wait_s("chat.update") == 29
        await here.redis.redis.flushall()
        assert await other.wait_s("chat.postMessage:C1") == 4
        clock.now += 10
        assert await told.wait_s("chat.postMessage:C1") == 0
        assert await told.wait_s("chat.update") == 19


async def test_a_persons_time_comes_with_their_language() -> None:
    async with processors() as (here, there):
        hana = here.bench.slack.people.user("hana").id
        assert await SlackPeople(here.calls, here.redis).locale_of(hana) == "ja"
        assert await SlackPeople(there.calls, there.redis).utc_offset_of(hana) == timedelta(hours=9)
        assert here.bench.slack.api.limits.calls["users.info"] == 1
        assert await SlackPeople(here.calls, here.redis).utc_offset_of("U0NOBODY") is None


async def test_a_persons_time_is_not_waited_for_without_redis() -> None:
    async with (
        processors() as (here, _),
        redis_connection(f"redis://127.0.0.1:{free_port()}/0") as lost,
    ):
        hana = here.bench.slack.people.user("hana").id
        assert await SlackPeople(here.calls, lost).utc_offset_of(hana) is None
        assert here.bench.slack.api.limits.calls["users.info"] == 0


async def test_the_workspaces_name_is_asked_once_by_however_many_questions() -> None:
    async with processors() as (here, _):
        workspace = SlackWorkspace(here.calls)
        names = await asyncio.gather(*(workspace.name() for _ in range(20)))
        assert set(names) == {FAST.team_domain}
        assert here.bench.slack.api.limits.calls["auth.test"] == 1


async def test_a_name_that_slack_does_not_tell_is_asked_for_again_a_minute_later() -> None:
    async with processors() as (here, _):
        now = [0.0]
        workspace = SlackWorkspace(here.calls, lambda: now[0])
        here.bench.faults.add("slack", "auth.test", Fault("error", status=500))
        assert [await workspace.name(), await workspace.name()] == [None, None]
        assert here.bench.slack.api.limits.calls["auth.test"] <= 1
        now[0] = 59.0
        assert await workspace.name() is None
        now[0] = 61.0
        assert await workspace.name() == FAST.team_domain


async def test_a_status_is_shown_and_cleared_and_its_failure_harms_nothing() -> None:
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.thread(asked.ts)
        await thread.show_status("考えています…")
        await thread.show_status("")
        here.bench.faults.add("slack", "assistant.threads.setStatus", Fault("error", status=500))
        await thread.show_status("x")
        assert here.bench.slack.api.limits.calls["assistant.threads.setStatus"] >= 2


async def test_what_went_to_a_response_url_is_remembered_because_it_cannot_be_read() -> None:
    async with processors() as (here, there):
        url = await a_response_url(here.bench)
        first = SlackResponse(here.bench.http, url, RedisResponses(here.redis))
        heir = SlackResponse(there.bench.http, url, RedisResponses(there.redis))
        assert await heir.find(TASK_ID) == []
        await first.post(Body("answer"), ANSWER)
        [found] = await heir.find(TASK_ID)
        assert found.mark == ANSWER


async def test_a_used_up_response_url_says_that_nothing_can_be_said_there() -> None:
    async with processors() as (here, _):
        url = await a_response_url(here.bench)
        response = SlackResponse(here.bench.http, url, RedisResponses(here.redis))
        for part in range(1, 6):
            await response.post(Body("x"), replace(ANSWER, part=part, parts=6))
        with pytest.raises(SlackRefused) as refused:
            await response.post(Body("x"), replace(ANSWER, part=6, parts=6))
        assert refused.value.reason == "slack_not_there"


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


async def test_the_budget_is_one_for_all_instances_and_knows_no_streams_without_redis() -> None:
    async with processors() as (here, there):
        clock = Clock(1_800_000_010.0)
        budgets = [RedisBudget(one.redis, clock) for one in (here, there)]
        for method, limit in A_MINUTE.items():
            taken = [await budgets[n % 2].take(method) for n in range(limit + 2)]
            assert taken == [True] * limit + [False] * 2
        # The turn of the minute makes no room; a minute after them there is.
        clock.now += 55
        assert not await budgets[0].take(START)
        clock.now += 6
        assert await budgets[0].take(START)
        # While the minute is full nobody asks Redis.
        full = [await budgets[0].take(START) for _ in range(A_MINUTE[START])]
        assert full[-1] is False
        await here.redis.redis.flushall()
        assert not await budgets[0].take(START)
        assert await budgets[1].take(START)
        clock.now += 61
        assert await budgets[0].take(START)
    async with redis_connection(f"redis://127.0.0.1:{free_port()}/0") as lost:
        alone = RedisBudget(lost, clock)
        assert not await alone.take(START)
        assert [await alone.take(EDIT) for _ in range(A_MINUTE[EDIT] + 1)].count(True) == 20


DOCUMENT = Document(TASK_ID, "0123456789ab", "回答の全文 (0123456789ab)", "# 全文\n\n本文です。")


async def test_a_file_is_shared_in_the_thread_and_found_by_whoever_comes_next() -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.thread(asked.ts)
        assert thread.takes_files
        await thread.share(await thread.upload(DOCUMENT), DOCUMENT)
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
            await here.thread(asked.ts).upload(DOCUMENT)
        assert refused.value.slack_error == "missing_scope"
    async with processors() as (here, _):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        for fault in (Fault("error", status=503), Fault("drop_before")):
            here.bench.faults.add("slack", "upload", fault)
            with pytest.raises(SlackUnavailable):
                await here.thread(asked.ts).upload(DOCUMENT)


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


async def test_a_further_stream_of_a_dead_worker_is_the_part_behind_the_others() -> None:
    async with processors() as (here, there):
        asked = here.bench.slack.people.post("alice", "#general", "question")
        thread = here.streamed(asked.ts)
        first = await thread.post(Body("one"), growing_mark(TASK_ID, 1))
        await thread.start_stream(TASK_ID, "two")
        found = await there.streamed(asked.ts).find(TASK_ID)
        assert [one.mark for one in found] == [first.mark, growing_mark(TASK_ID, 2)]


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
