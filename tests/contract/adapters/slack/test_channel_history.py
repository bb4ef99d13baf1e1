"""What the processor reads of a channel to catch somebody up, on Slack's protocol."""

import time
from collections.abc import AsyncIterator

import pytest

from processor_service.slack.channels import SlackChannels
from processor_service.slack.reading.threads import SlackThreads
from shared.errors import SlackRefused, SlackUnavailable
from shared.task import Purpose, Subject
from simulators.faults import Fault
from tests.support.workbenches.processor import processors
from tests.support.workbenches.slack import Workbench


def since(channel_id: str, ts: str) -> Subject:
    now = f"{time.time() + 60:.6f}"
    return Subject(purpose=Purpose.CATCH_UP, channel_id=channel_id, message_ts=now, since=ts)


Reading = tuple[Workbench, SlackThreads]


@pytest.fixture
async def reading() -> AsyncIterator[Reading]:
    async with processors() as (here, _):
        yield here.bench, SlackThreads(here.calls)


async def test_messages_come_oldest_first_with_their_addresses_and_counted_replies(
    reading: Reading,
) -> None:
    bench, threads = reading
    people = bench.slack.people
    people.post("hana", "#planning", "long before")
    before = people.post("kenji", "#planning", "just before")
    first = people.post("hana", "#planning", "first")
    people.post("kenji", "#planning", "a reply", thread_ts=first.ts)
    people.post("alice", "#planning", "another", thread_ts=first.ts)
    people.post("alice", "#planning", "second")
    talk = await threads.said_since(since(first.channel, before.ts))

    assert talk.whole
    assert [one.text for one in talk.said] == ["first", "second"]
    assert [one.replies for one in talk.said] == [2, 0]
    assert talk.said[0].by == people.user("hana").id
    assert talk.said[0].ts == first.ts
    path = f"/archives/{first.channel}/p{first.ts.replace('.', '')}"
    assert talk.said[0].link == f"{bench.running.base_url.rstrip('/')}{path}"


async def test_a_busy_channel_is_read_from_the_newest_back_and_not_for_ever(
    reading: Reading,
) -> None:
    bench, threads = reading
    for number in range(1_050):
        bench.slack.people.post("hana", "#planning", f"message {number}")
    talk = await threads.said_since(since(bench.slack.people.channel("#planning").id, "1.0"))

    assert not talk.whole
    # Slack gives fewer than the 200 that it is asked for.
    assert [talk.said[0].text, talk.said[-1].text] == ["message 55", "message 1049"]
    assert bench.slack.api.limits.calls["conversations.history"] == 5


async def test_long_messages_are_fewer(reading: Reading) -> None:
    bench, threads = reading
    for _ in range(250):
        bench.slack.people.post("hana", "#planning", "long " * 700)
    talk = await threads.said_since(since(bench.slack.people.channel("#planning").id, "1.0"))

    assert not talk.whole
    assert len(talk.said) == 199


async def test_nobody_has_written_since(reading: Reading) -> None:
    bench, threads = reading
    last = bench.slack.people.post("hana", "#planning", "last")

    assert (await threads.said_since(since(last.channel, last.ts))).said == ()


async def test_where_we_are_no_member_nothing_is_read(reading: Reading) -> None:
    bench, threads = reading
    bench.slack.people.post("hana", "#humans-only", "secret")

    for channel in (bench.humans_only, "C0NOWHERE"):
        with pytest.raises(SlackRefused):
            await threads.said_since(since(channel, "1.0"))


async def test_nobody_counts_as_a_member_of_another_persons_direct_messages() -> None:
    """The bot is in them, so that the id of one would be enough to read them."""
    async with processors() as (here, _):
        people = here.bench.slack.people
        channels, kenjis = SlackChannels(here.calls), people.dm("kenji").id

        assert await channels.is_member(people.user("kenji").id, kenjis)
        assert not await channels.is_member(people.user("alice").id, kenjis)


async def test_a_rate_limit_is_no_empty_channel(reading: Reading) -> None:
    bench, threads = reading
    said = bench.slack.people.post("hana", "#planning", "said")
    bench.faults.add("slack", "conversations.history", Fault("error", status=429))

    with pytest.raises(SlackUnavailable):
        await threads.said_since(since(said.channel, "1.0"))


@pytest.mark.parametrize(
    ("purpose", "told"),
    [
        (Purpose.SUMMARISE, ["first", "a reply", "another", "last"]),
        (Purpose.EXPLAIN, ["first", "a reply", "another"]),
    ],
)
async def test_of_a_reply_that_stands_beside_without_its_thread_the_thread_is_read(
    reading: Reading, purpose: Purpose, told: list[str]
) -> None:
    bench, threads = reading
    first = bench.slack.people.post("hana", "#planning", "first")
    replies = [
        bench.slack.people.post("kenji", "#planning", text, thread_ts=first.ts)
        for text in ("a reply", "another", "last")
    ]
    beside = Subject(
        purpose=purpose, channel_id=first.channel, message_ts=replies[1].ts, beside=True
    )
    assert [one.text for one in await threads.said_about(beside)] == told
