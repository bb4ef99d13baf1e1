"""What the processor reads of threads, and shows in direct messages and App Home, in Slack."""

from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from fakeredis import FakeAsyncRedis

from processor_service.delivery.destination import resolve_destination
from processor_service.delivery.slack_writer import TaskRun
from processor_service.ports.conversations import Body
from processor_service.ports.work import Lease
from processor_service.redis.connection import RedisConnection
from processor_service.redis.people_cache import RedisPeopleCache
from processor_service.redis.posts import RedisResponses, RedisStreamOwners
from processor_service.redis.rate_holds import RedisRateLimitHolds
from processor_service.resilience.lease import TaskLease
from processor_service.slack.client import SlackCalls
from processor_service.slack.conversations import SlackConversations, Streaming
from processor_service.slack.people import SlackPeople
from processor_service.slack.reading.threads import SlackThreads
from processor_service.slack.response_url import SlackResponse
from processor_service.slack.workspace import SlackHomes
from shared.errors import SlackRefused
from shared.home.view import home_view
from shared.ledger import Mark
from shared.retry import RetryPolicy
from shared.slack.usage import HomeContent, Used, UsedOfLimit
from shared.task import Preferences, Purpose, Source, Subject, Task
from simulators.slack.state.model import Message
from tests.support import signed
from tests.support.fakes.processor.retrying import Naps
from tests.support.fakes.processor.work import FakeLeases
from tests.support.tasks import a_task
from tests.support.workbenches.redis import PATIENCE_S
from tests.support.workbenches.slack import FAST, Workbench, workbench


class Processor:
    """What one processor instance has of Slack."""

    def __init__(self, bench: Workbench, redis: RedisConnection) -> None:
        self.bench = bench
        self.calls = SlackCalls(bench.new_client(), RedisRateLimitHolds(redis), lambda _: None)
        self.conversations = SlackConversations(
            self.calls,
            bench.http,
            RedisResponses(redis),
            Streaming(RedisStreamOwners(redis)),
            SlackPeople(self.calls, RedisPeopleCache(redis)),
        )
        self.threads = SlackThreads(self.calls)
        lease = Lease(a_task().task_id, "m1", None)
        self.run = TaskRun(TaskLease(FakeLeases(), lease), RetryPolicy(3, Naps()))

    def subject(self, message: Message, purpose: Purpose) -> Subject:
        return Subject(
            purpose=purpose,
            channel_id=message.channel,
            message_ts=message.ts,
            thread_ts=message.thread_ts,
        )

    def task(self, message: Message, **changes: object) -> Task:
        alice = self.bench.slack.people.user("alice").id
        values = {
            "source": Source.SHORTCUT,
            "channel_id": message.channel,
            "user_id": alice,
            "team_id": self.bench.slack.workspace.team_id,
            "thread_ts": None,
            "message_ts": None,
            "private": True,
            "text": message.text,
            "occurred_at": datetime.now(UTC),
            "subject": self.subject(message, Purpose.EXPLAIN),
        }
        return a_task(**{**values, **changes})


@pytest.fixture
async def processor() -> AsyncIterator[Processor]:
    redis = FakeAsyncRedis(decode_responses=True)
    async with workbench() as bench:
        yield Processor(bench, RedisConnection(redis, PATIENCE_S))
    await redis.aclose()


async def test_a_thread_is_read_as_each_purpose_needs_it(processor: Processor) -> None:
    people = processor.bench.slack.people
    opening = people.post("hana", "#general", "opening")
    middle = people.post("kenji", "#general", "middle", thread_ts=opening.ts)
    people.post("alice", "#general", "last", thread_ts=opening.ts)

    async def texts(message: Message, purpose: Purpose) -> list[str]:
        said = await processor.threads.said_about(processor.subject(message, purpose))
        return [one.text for one in said]

    assert await texts(middle, Purpose.SUMMARISE) == ["opening", "middle", "last"]
    assert await texts(opening, Purpose.SUMMARISE) == ["opening", "middle", "last"]
    assert await texts(middle, Purpose.EXPLAIN) == ["opening", "middle"]
    assert await texts(middle, Purpose.TRANSLATE) == ["middle"]


async def test_a_message_without_replies_is_a_thread_of_one(processor: Processor) -> None:
    message = processor.bench.slack.people.post("hana", "#general", "alone")

    [said] = await processor.threads.said_about(processor.subject(message, Purpose.SUMMARISE))
    assert (said.text, said.by) == ("alone", message.user)


async def test_an_answer_of_ours_is_read_whole_from_its_blocks(processor: Processor) -> None:
    bench = processor.bench
    asked = bench.slack.people.post("hana", "#general", "question")
    whole = "A long answer. " * 30
    posted = await bench.client.chat_postMessage(
        channel=bench.general,
        thread_ts=asked.ts,
        text="A long…",
        blocks=[{"type": "markdown", "text": whole}],
        metadata=signed.metadata(Mark("0123456789abcdef", "answer"), bench.general),
    )
    answer = bench.slack.workspace.message(bench.general, posted["ts"])
    assert answer is not None

    [said] = await processor.threads.said_about(processor.subject(answer, Purpose.TRANSLATE))
    assert (said.role, said.text.strip()) == ("us", whole.strip())


async def test_a_thread_where_we_are_no_member_is_refused(processor: Processor) -> None:
    message = processor.bench.slack.people.post("hana", "#humans-only", "secret")

    with pytest.raises(SlackRefused) as refused:
        await processor.threads.said_about(processor.subject(message, Purpose.SUMMARISE))
    assert refused.value.reason == "slack_not_there"


async def test_a_shortcut_is_shown_once_in_the_askers_direct_messages(processor: Processor) -> None:
    bench = processor.bench
    message = bench.slack.people.post("hana", "#general", "the matter")
    task = processor.task(message)
    for _ in range(2):
        writer = await resolve_destination(task, processor.conversations, processor.run)
    await writer.conversation.post(Body("it means"), Mark(task.task_id, "answer"))

    shown, answer = bench.slack.messages(bench.slack.people.dm("alice").id)
    assert shown["metadata"]["event_payload"]["role"] == "question"
    assert "<#" in shown["text"]
    assert "> the matter" in shown["text"]
    assert (answer["text"], answer["thread_ts"]) == ("it means", shown["ts"])
    assert writer.conversation.streams is not None
    assert bench.slack.messages("#general", thread_ts=message.ts)[1:] == []


async def test_what_a_reaction_asks_is_shown_once_in_the_thread_of_its_message(
    processor: Processor,
) -> None:
    bench = processor.bench
    opening = bench.slack.people.post("hana", "#general", "opening")
    message = bench.slack.people.post("kenji", "#general", "the matter", thread_ts=opening.ts)
    subject = processor.subject(message, Purpose.ASK)
    task = processor.task(
        message,
        source=Source.REACTION,
        private=False,
        text="",
        subject=subject,
        thread_ts=opening.ts,
    )
    for _ in range(2):
        writer = await resolve_destination(task, processor.conversations, processor.run)
    await writer.conversation.post(Body("it means"), Mark(task.task_id, "answer"))

    *_, shown, answer = bench.slack.messages("#general", thread_ts=opening.ts)
    assert len(bench.slack.messages("#general", thread_ts=opening.ts)) == 4
    assert shown["metadata"]["event_payload"]["role"] == "question"
    assert bench.slack.people.user("alice").display_name in shown["text"]
    assert "the matter" not in shown["text"]
    assert (answer["text"], answer["thread_ts"]) == ("it means", opening.ts)
    place = writer.conversation.place
    assert place is not None
    assert (place.thread_ts, place.message_ts) == (opening.ts, shown["ts"])
    assert [one.text for one in await processor.threads.said_about(subject)] == [
        "opening",
        "the matter",
    ]
    assert bench.slack.messages(bench.slack.people.dm("alice").id) == []


@pytest.mark.parametrize("where", ["direct messages", "the thread"])
async def test_a_reaction_put_there_again_days_later_finds_its_question_shown(
    processor: Processor, where: str
) -> None:
    bench = processor.bench
    message = bench.slack.people.post("kenji", "#general", "the matter")
    in_thread = where == "the thread"
    first = processor.task(
        message,
        source=Source.REACTION,
        text="",
        private=not in_thread,
        thread_ts=message.ts if in_thread else None,
    )
    again = first.model_copy(update={"occurred_at": first.occurred_at + timedelta(days=3)})
    places = [
        (await resolve_destination(task, processor.conversations, processor.run)).conversation.place
        for task in (first, again)
    ]
    assert places[0] == places[1]
    shown = bench.slack.messages(bench.slack.people.dm("alice").id)
    assert len(shown) == (0 if in_thread else 1)
    assert len(bench.slack.messages("#general", thread_ts=message.ts)) == (2 if in_thread else 1)


async def test_without_leave_to_open_direct_messages_the_response_url_is_used() -> None:
    redis = FakeAsyncRedis(decode_responses=True)
    async with workbench(replace(FAST, scopes=FAST.scopes - {"im:write"})) as bench:
        processor = Processor(bench, RedisConnection(redis, PATIENCE_S))
        message = bench.slack.people.post("hana", "#general", "the matter")
        task = processor.task(message, response_url="https://hooks.example/1")
        writer = await resolve_destination(task, processor.conversations, processor.run)
    assert isinstance(writer.conversation, SlackResponse)
    await redis.aclose()


async def test_a_home_is_published_for_its_person_alone(processor: Processor) -> None:
    bench = processor.bench
    hana, alice = (bench.slack.people.user(who).id for who in ("hana", "alice"))
    used = Used(1, UsedOfLimit(1, 10), UsedOfLimit(5, 10), UsedOfLimit(5, 10), datetime.now(UTC))
    view = home_view("ja", "rev-7", HomeContent(used, datetime.now(UTC)), Preferences())
    await SlackHomes(processor.calls, signed.SIGNING).publish(hana, view)

    home = bench.slack.views.home(hana)
    assert home is not None
    assert "5（上限 10）" in str(home.payload)
    assert bench.slack.views.home(alice) is None
