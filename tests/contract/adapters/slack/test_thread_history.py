"""The thread of a question as Slack gives it back, and its turns as Gemini takes them."""

import asyncio
import tracemalloc
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, replace

import pytest
from fakeredis import FakeAsyncRedis

from processor_service.gemini.access import GeminiAccess
from processor_service.gemini.client import gemini_client
from processor_service.gemini.model import GeminiModel
from processor_service.ports.conversations import Body, Conversation, ThreadMessage
from processor_service.ports.model import Prompt, PromptTurn
from processor_service.redis.connection import RedisConnection
from processor_service.redis.people_cache import RedisPeopleCache
from processor_service.redis.posts import RedisResponses, RedisStreamOwners
from processor_service.redis.rate_holds import RedisRateLimitHolds
from processor_service.slack.client import SlackCalls
from processor_service.slack.conversations import SlackConversations, Streaming
from processor_service.slack.people import SlackPeople
from processor_service.slack.reading.threads import SlackThreads
from shared.errors import OutcomeUnknown
from shared.ledger import Mark, growing_mark
from shared.slack.message import MessageRef
from shared.task import Purpose, Subject
from simulators.faults import Fault, FaultPlan
from simulators.gemini import GeminiSimulator
from simulators.journal import Journal
from simulators.slack.people.forwarding import forwarded
from simulators.slack.people.people import People
from tests.support.fakes.processor.people import FakePeople
from tests.support.tasks import a_task
from tests.support.workbenches.redis import PATIENCE_S
from tests.support.workbenches.slack import FAST, Workbench, workbench

TASK_ID = a_task().task_id
UNLIMITED = replace(FAST, rate_limits=False)


@dataclass
class Reader:
    """A processor's view of one thread in #general."""

    bench: Workbench
    redis: RedisConnection

    def __post_init__(self) -> None:
        self.calls = SlackCalls(self.bench.client, RedisRateLimitHolds(self.redis), lambda _: None)
        self.conversations = SlackConversations(
            self.calls,
            self.bench.http,
            RedisResponses(self.redis),
            Streaming(RedisStreamOwners(self.redis)),
            FakePeople(),
        )

    @property
    def people(self) -> People:
        return self.bench.slack.people

    def thread(self, thread_ts: str, question_ts: str) -> Conversation:
        team_id = self.bench.slack.workspace.team_id
        task = a_task(channel_id=self.bench.general, team_id=team_id)
        return self.conversations.thread(task, thread_ts, question_ts)

    def calls_of(self, method: str) -> int:
        return self.bench.slack.api.limits.calls[method]


@pytest.fixture
def tracing_memory() -> Iterator[None]:
    tracemalloc.start()
    yield
    tracemalloc.stop()


@asynccontextmanager
async def reader() -> AsyncIterator[Reader]:
    async with workbench(UNLIMITED) as bench:
        redis = FakeAsyncRedis(decode_responses=True)
        yield Reader(bench, RedisConnection(redis, PATIENCE_S))
        await redis.aclose()


async def test_one_read_gives_the_ledger_and_what_was_said_before_the_question() -> None:
    async with reader() as here:
        opening = here.people.post("alice", "#general", "Redis & friends?")
        thread = here.thread(opening.ts, opening.ts)
        rich = Body("A…", ({"type": "markdown", "text": "A **store**."},))
        await thread.post(rich, Mark("b" * 32, "answer", digest="d"))
        await thread.post(Body("It failed."), Mark("c" * 32, "notice"))
        await thread.post(Body("half"), growing_mark("d" * 32))
        asked = here.people.post("hana", "#general", "続きは？", thread_ts=opening.ts)
        follow_up = here.thread(opening.ts, asked.ts)
        ours = await follow_up.post(Body("ours"), Mark(TASK_ID, "answer", digest="e"))
        here.people.post("alice", "#general", "later", thread_ts=opening.ts)
        before = here.calls_of("conversations.replies")

        history = await follow_up.read(TASK_ID)

        alice = here.people.user("alice").id
        assert history.posted == (ours,)
        assert history.said == (
            ThreadMessage("person", alice, "Redis & friends?"),
            ThreadMessage("us", "", "A store."),
        )
        assert here.calls_of("conversations.replies") == before + 1


async def test_an_answer_without_layout_is_read_as_people_see_it() -> None:
    async with reader() as here:
        opening = here.people.post("alice", "#general", "?")
        thread = here.thread(opening.ts, opening.ts)
        # Escaped by us, or by Slack where we left it bare (docs.slack.dev, formatting text).
        for number, text in enumerate(("x &lt; y &amp; z", "x < y & z")):
            await thread.post(Body(text), Mark("b" * 32, "answer", 1, 1, digest=f"d{number}"))
        asked = here.people.post("hana", "#general", "続きは？", thread_ts=opening.ts)
        said = (await here.thread(opening.ts, asked.ts).read(TASK_ID)).said
        assert [one.text for one in said if one.role == "us"] == ["x < y & z"] * 2


async def test_a_question_that_begins_its_thread_has_nothing_said_before_it() -> None:
    async with reader() as here:
        asked = here.people.post("alice", "#general", "question")
        here.people.post("hana", "#general", "me too", thread_ts=asked.ts)
        history = await here.thread(asked.ts, asked.ts).read(TASK_ID)
        assert history.said == ()


async def test_a_long_thread_is_read_over_all_its_pages() -> None:
    async with reader() as here:
        opening = here.people.post("alice", "#general", "opening")
        for number in range(1_100):
            here.people.post("hana", "#general", f"message {number}", thread_ts=opening.ts)
        asked = here.people.post("alice", "#general", "question", thread_ts=opening.ts)
        history = await here.thread(opening.ts, asked.ts).read(TASK_ID)
        assert [one.text for one in history.said] == [
            "opening",
            *(f"message {number}" for number in range(1_100)),
        ]
        assert here.calls_of("conversations.replies") == 2


async def test_the_ledger_of_a_thread_beyond_all_bounds_is_read_all_the_same() -> None:
    async with reader() as here:
        opening = here.people.post("alice", "#general", "opening")
        for _ in range(3_450):
            here.people.post("hana", "#general", "x", thread_ts=opening.ts)
        asked = here.people.post("alice", "#general", "question", thread_ts=opening.ts)
        thread = here.thread(opening.ts, asked.ts)
        ours = await thread.post(Body("ours"), Mark(TASK_ID, "answer", digest="e"))
        history = await thread.read(TASK_ID)
        assert history.posted == (ours,)
        assert history.said[0].text == "opening"
        assert here.calls_of("conversations.replies") == 5


async def test_all_messages_of_the_answer_that_a_button_stands_below_are_read() -> None:
    async with reader() as here:
        asked = here.people.post("alice", "#general", "question")
        thread = here.thread(asked.ts, asked.ts)
        for number, words in enumerate(("one", "two"), start=1):
            last = await thread.post(Body(words), Mark(TASK_ID, "answer", number, 2, "e"))
        here.people.post("hana", "#general", "nice", thread_ts=asked.ts)
        place = MessageRef(here.bench.general, asked.ts, asked.ts)
        threads = SlackThreads(here.calls)
        assert await threads.answer_at(place, last.ts) == "one\n\ntwo"
        assert await threads.answer_at(place, asked.ts) == ""


async def test_names_are_asked_for_once_and_a_person_slack_does_not_tell_of_has_none() -> None:
    async with reader() as here:
        people = SlackPeople(here.calls, RedisPeopleCache(here.redis))
        hana, alice = here.people.user("hana").id, here.people.user("alice").id
        here.bench.faults.add("slack", "users.info", Fault("error", status=500))
        first = await people.names_of([hana])
        assert first == {}
        assert await people.names_of([hana, alice]) == {hana: "山田 花", alice: "Alice Martin"}
        asked = here.calls_of("users.info")
        assert await people.names_of([alice, hana]) == {hana: "山田 花", alice: "Alice Martin"}
        assert here.calls_of("users.info") == asked
        here.redis.redis.mget = None  # type: ignore[method-assign,assignment] # nobody calls it
        assert await people.names_of([]) == {}


async def test_turns_become_contents_that_alternate_and_end_with_the_question() -> None:
    simulator = GeminiSimulator(journal=Journal(), faults=FaultPlan())
    turns = (
        PromptTurn("user", "one"),
        PromptTurn("user", "two"),
        PromptTurn("model", "three"),
        PromptTurn("user", "four"),
    )
    async with simulator.serve() as running:
        access = GeminiAccess("local", base_url=running.base_url)
        async with gemini_client(access, idle_timeout_s=5.0) as api:
            model = GeminiModel(api)
            prompt = Prompt("system", "question", turns=turns)
            async with aclosing(model.stream(prompt, "gemini-3.8-flash")) as pieces:
                assert [piece async for piece in pieces][-1].finished
    [received] = simulator.requests
    told = [
        (each["role"], [part["text"] for part in each["parts"]])
        for each in received.body["contents"]
    ]
    assert told == [
        ("user", ["one", "two"]),
        ("model", ["three"]),
        ("user", ["four", "question"]),
    ]


async def _peak_bytes(here: Reader, subjects: Sequence[Subject]) -> int:
    threads = SlackThreads(here.calls)
    tracemalloc.reset_peak()
    before, _ = tracemalloc.get_traced_memory()
    said = await asyncio.gather(*(threads.said_about(subject) for subject in subjects))
    _, peak = tracemalloc.get_traced_memory()
    assert all(one[-1].text == "a" * 39_000 for one in said)
    return peak - before


async def test_ten_shortcuts_on_a_huge_thread_hold_little_more_than_one(
    tracing_memory: None,
) -> None:
    async with reader() as here:
        opening = here.people.post("alice", "#general", "opening")
        written = [
            here.people.post("hana", "#general", "a" * 39_000, thread_ts=opening.ts)
            for _ in range(60)
        ]
        subjects = [
            Subject(
                purpose=Purpose.EXPLAIN,
                channel_id=here.bench.general,
                message_ts=one.ts,
                thread_ts=opening.ts,
            )
            for one in written[-10:]
        ]
        one = await _peak_bytes(here, subjects[:1])
        ten = await _peak_bytes(here, subjects)
        assert ten < 2.5 * one


async def test_ten_shortcuts_that_ask_the_same_at_once_read_the_thread_once() -> None:
    async with reader() as here:
        opening = here.people.post("alice", "#general", "opening")
        here.people.post("hana", "#general", "a reply", thread_ts=opening.ts)
        subject = Subject(
            purpose=Purpose.SUMMARISE, channel_id=here.bench.general, message_ts=opening.ts
        )
        threads = SlackThreads(here.calls)
        began = asyncio.create_task(threads.said_about(subject))
        others = [asyncio.create_task(threads.said_about(subject)) for _ in range(9)]
        await asyncio.sleep(0)
        began.cancel()
        for said in await asyncio.gather(*others):
            assert [one.text for one in said] == ["opening", "a reply"]
        assert here.calls_of("conversations.replies") == 1
        here.bench.faults.add("slack", "conversations.replies", Fault("error", status=500))
        failed = await asyncio.gather(
            *(threads.said_about(subject) for _ in range(3)), return_exceptions=True
        )
        assert [type(one) for one in failed] == 3 * [OutcomeUnknown]
        assert len(await threads.said_about(subject)) == 2


async def test_a_preview_that_slack_adds_after_the_question_is_read_with_it() -> None:
    async with reader() as looking:
        workspace, general = looking.bench.slack.workspace, looking.bench.general
        linked = looking.people.post("hana", "#random", "納品は月曜です。")
        asked = looking.people.post("alice", "#general", f"https://e.com/{linked.ts} は本当？")
        again = looking.people.post("alice", "#general", "本当？", thread_ts=asked.ts)
        assert (await looking.thread(asked.ts, asked.ts).read(TASK_ID)).sent_along == ()
        preview = {**forwarded(workspace, linked), "is_share": False}
        for message in (asked, again):
            workspace.edit(message, lambda changed: changed.attachments.append(preview))
            history = await looking.thread(asked.ts, message.ts).read(TASK_ID)
            [quoted] = history.sent_along
            assert history.sent_by == looking.people.user("alice").id
            assert (quoted.text, quoted.by, quoted.preview) == (linked.text, linked.user, True)
        later = looking.people.post("hana", "#general", "どうですか", thread_ts=asked.ts)
        before = (await looking.thread(asked.ts, later.ts).read(TASK_ID)).said
        assert [[one.text for one in said.quoted] for said in before] == [[linked.text]] * 2
        subject = Subject(
            purpose=Purpose.ASK, channel_id=general, message_ts=again.ts, thread_ts=asked.ts
        )
        assert await SlackThreads(looking.calls).said_about(subject) == before
