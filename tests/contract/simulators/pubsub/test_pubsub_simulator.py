"""What only the simulator does: real Pub/Sub's strictness, tokens, deadlines, and being down."""

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from itertools import pairwise
from typing import Any

import aiohttp
import pytest
from google.api_core import exceptions
from google.auth import exceptions as auth_exceptions
from google.oauth2 import id_token
from google.protobuf.field_mask_pb2 import FieldMask  # type: ignore[import-untyped]  # no types
from google.pubsub_v1 import types

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.processes.environment import PROJECT_ROOT, inherited
from simulators.processes.tcp_ports import free_port
from simulators.pubsub import PubSubConfig, PubSubSimulator
from tests.support.workbenches.pubsub import (
    CALL,
    PROJECT,
    Bench,
    eventually,
    serving,
    workbench,
)


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    # Deadlines pass 100 times faster: the shortest takes 0.1 s, the longest 6 s.
    async with serving(PubSubConfig(speed=100)) as opened:
        yield opened


# Strictness


def to_host(**settings: Any) -> dict[str, Any]:
    return {"push_endpoint": "http://host.example/", **settings}


@pytest.mark.parametrize(
    ("settings", "feature"),
    [
        ({"bigquery_config": {"table": "p.d.t"}}, "bigquery_config"),
        ({"retain_acked_messages": True}, "retain_acked_messages"),
        ({"enable_exactly_once_delivery": True}, "Exactly-once"),
        ({"push_config": to_host(no_wrapper={"write_metadata": True})}, "no_wrapper"),
        ({"push_config": to_host(attributes={"x-goog-version": "v1beta1"})}, "v1beta1"),
        ({"filter": r'attributes.k = "\u0041"'}, "escape"),
    ],
)
async def test_what_is_not_simulated_is_refused_by_name(
    bench: Bench, settings: dict[str, Any], feature: str
) -> None:
    topic = await bench.clients.topic()
    with pytest.raises(exceptions.MethodNotImplemented, match=feature):
        await bench.clients.subscribe(topic, **settings)


async def test_a_method_that_is_not_simulated_is_refused_by_name(bench: Bench) -> None:
    name = await bench.clients.subscribe(await bench.clients.topic())
    with pytest.raises(exceptions.MethodNotImplemented, match="Seek is not simulated"):
        await bench.clients.subscriber.seek(request={"subscription": name}, **CALL)

    async def requests() -> AsyncIterator[types.StreamingPullRequest]:
        yield types.StreamingPullRequest(subscription=name, stream_ack_deadline_seconds=10)

    stream = await bench.clients.subscriber.streaming_pull(requests=requests(), timeout=10)
    with pytest.raises(exceptions.MethodNotImplemented, match="StreamingPull is not simulated"):
        await anext(aiter(stream))


@pytest.mark.parametrize(
    ("message", "sentence"),
    [
        ({"data": b""}, "Message 0 can't be published: it is empty"),
        ({"attributes": {"googx": "v"}}, "'googx' starts with \"goog\""),
        ({"attributes": {"k": "あ" * 342}}, "the value of the attribute 'k' is longer than 1,024"),
        ({"data": b"x" * 10_000_001}, "at most 10,000,000 are taken"),
    ],
)
async def test_a_refusal_says_what_is_wrong(
    bench: Bench, message: dict[str, Any], sentence: str
) -> None:
    topic = await bench.clients.topic()
    with pytest.raises(exceptions.InvalidArgument) as refused:
        await bench.clients.publish(topic, **{"data": b"x", **message})
    assert sentence in refused.value.message
    assert not bench.simulator.messages(topic)


async def test_of_a_request_with_one_bad_message_none_is_published(bench: Bench) -> None:
    topic = await bench.clients.topic()
    messages = [types.PubsubMessage(data=b"good"), types.PubsubMessage()]
    with pytest.raises(exceptions.InvalidArgument, match="Message 1"):
        await bench.clients.publisher.publish(topic=topic, messages=messages, **CALL)
    assert not bench.simulator.messages(topic)


async def test_a_push_subscription_can_not_be_pulled_from(bench: Bench) -> None:
    name = await bench.push_subscription(await bench.clients.topic())
    with pytest.raises(exceptions.FailedPrecondition):
        await bench.clients.subscriber.pull(subscription=name, max_messages=1, **CALL)


async def test_a_loan_of_more_than_600_seconds_is_refused(bench: Bench) -> None:
    topic = await bench.clients.topic()
    name = await bench.clients.subscribe(topic)
    await bench.clients.publish(topic)
    [received] = await bench.clients.pull(name)
    with pytest.raises(exceptions.InvalidArgument, match="between 0 and 600"):
        await bench.clients.subscriber.modify_ack_deadline(
            subscription=name, ack_ids=[received.ack_id], ack_deadline_seconds=601, **CALL
        )


async def test_a_loan_can_be_prolonged_and_ends_with_the_acknowledgement(
    bench: Bench, caplog: pytest.LogCaptureFixture
) -> None:
    topic = await bench.clients.topic()
    name = await bench.clients.subscribe(topic, ack_deadline_seconds=60)
    for data in (b"prolonged", b"acknowledged", b"forgotten"):
        await bench.clients.publish(topic, data)
    prolonged, acknowledged, forgotten = await bench.clients.pull(name, 3)
    await bench.clients.subscriber.modify_ack_deadline(
        subscription=name, ack_ids=[prolonged.ack_id], ack_deadline_seconds=600, **CALL
    )
    await bench.clients.subscriber.acknowledge(
        subscription=name, ack_ids=[acknowledged.ack_id], **CALL
    )

    [again] = await bench.clients.pull(name)
    assert again.message == forgotten.message
    await bench.clients.pull_nothing(name)
    assert bench.simulator.outstanding(name) == 2
    assert not caplog.records


async def test_a_topics_labels_can_be_changed_and_its_name_not(bench: Bench) -> None:
    topic = types.Topic(name=await bench.clients.topic(), labels={"team": "a"})
    request = {"topic": topic, "update_mask": FieldMask(paths=["labels"])}
    changed = await bench.clients.publisher.update_topic(request=request, **CALL)
    assert dict(changed.labels) == {"team": "a"}
    request["update_mask"] = FieldMask(paths=["name"])
    with pytest.raises(exceptions.InvalidArgument, match="can't be changed"):
        await bench.clients.publisher.update_topic(request=request, **CALL)


async def test_part_of_a_push_config_can_be_changed(bench: Bench) -> None:
    oidc = {"service_account_email": "a@b.example"}
    topic = await bench.clients.topic()
    name = await bench.push_subscription(topic, push_config={"oidc_token": oidc})
    elsewhere = types.Subscription(
        name=name, push_config=types.PushConfig(push_endpoint=f"{bench.target.url}/new")
    )
    request = {
        "subscription": elsewhere,
        "update_mask": FieldMask(paths=["push_config.push_endpoint"]),
    }
    changed = await bench.clients.subscriber.update_subscription(request=request, **CALL)
    assert changed.push_config.push_endpoint == f"{bench.target.url}/new"
    assert changed.push_config.oidc_token.service_account_email == "a@b.example"
    await bench.clients.publish(topic)
    assert (await bench.target.wait_for(1))[0].path == "/new"


async def test_lists_come_in_pages(bench: Bench) -> None:
    topics = [await bench.clients.topic() for _ in range(5)]
    request = {"project": PROJECT, "page_size": 2}
    pages = (await bench.clients.publisher.list_topics(request=request, **CALL)).pages
    sizes, names = [], []
    async for page in pages:
        sizes.append(len(page.topics))
        names += [each.name for each in page.topics]
    assert (sizes, names) == ([2, 2, 1], topics)


# Push


async def test_a_push_without_an_answer_within_the_ack_deadline_comes_again(bench: Bench) -> None:
    topic = await bench.clients.topic()
    name = await bench.push_subscription(topic, ack_deadline_seconds=10)
    bench.target.hold()
    await bench.clients.publish(topic)
    await bench.target.wait_for(2)
    bench.target.let_go()

    await eventually(lambda: bench.simulator.outstanding(name) == 0)
    first, *_, last = bench.simulator.pushes(name)
    assert (first.status, first.reason, first.acked) == (None, "ack deadline exceeded", False)
    assert 100 <= first.ms < 1000
    assert (last.status, last.acked) == (204, True)


async def test_a_back_off_keeps_to_the_retry_policy(bench: Bench) -> None:
    topic = await bench.clients.topic()
    policy = {"minimum_backoff": timedelta(seconds=10), "maximum_backoff": timedelta(seconds=20)}
    await bench.push_subscription(topic, retry_policy=policy)
    bench.target.answers = [503, 503, 503, 204]
    await bench.clients.publish(topic)

    times = [push.at for push in await bench.target.wait_for(4)]
    pauses = [later - earlier for earlier, later in pairwise(times)]
    # 10, 20 and 20 s at a hundredth, never below; above by what this machine's load adds.
    for pause, least_s in zip(pauses, (0.1, 0.18, 0.18), strict=True):
        assert least_s * 0.98 <= pause < least_s + 1


async def test_an_endpoint_that_is_down_gets_the_message_when_it_is_up(bench: Bench) -> None:
    topic = await bench.clients.topic()
    port = free_port()
    name = await bench.push_subscription(
        topic, push_config={"push_endpoint": f"http://127.0.0.1:{port}/"}
    )
    await bench.clients.publish(topic)
    await eventually(lambda: len(bench.simulator.pushes(name)) >= 2)
    assert {push.status for push in bench.simulator.pushes(name)} == {None}

    await bench.clients.subscriber.modify_push_config(
        subscription=name, push_config=types.PushConfig(push_endpoint=bench.target.url), **CALL
    )
    await bench.target.wait_for(1)
    await eventually(lambda: bench.simulator.outstanding(name) == 0)


async def test_no_more_pushes_are_under_way_than_the_window_allows() -> None:
    async with serving(PubSubConfig(push_window=3)) as bench:
        topic = await bench.clients.topic()
        name = await bench.push_subscription(topic)
        bench.target.hold()
        for _ in range(7):
            await bench.clients.publish(topic)
        await bench.target.wait_for(3)
        assert bench.simulator.outstanding(name) == 7
        bench.target.let_go()
        await bench.target.wait_for(7)
        assert bench.target.most_at_once == 3


async def test_a_burst_after_a_quiet_time_begins_with_few_pushes_and_doubles_with_each_round() -> (
    None
):
    async with serving(PubSubConfig(first_window=2)) as bench:
        topic = await bench.clients.topic()
        await bench.push_subscription(topic)
        bench.target.hold()
        for _ in range(20):
            await bench.clients.publish(topic)
        received = 0
        for round_of in (2, 4, 8):
            received += round_of
            await bench.target.wait_for(received)
            await eventually(partial(bench.target.has_open, round_of))
            assert bench.target.most_at_once == round_of
            # Who waits is let through, and who comes next waits.
            bench.target.let_go()
            bench.target.hold()
        bench.target.let_go()
        await bench.target.wait_for(20)


async def test_without_its_dead_letter_topic_a_message_stays_and_is_tried_on(
    bench: Bench,
) -> None:
    topic, dead = await bench.clients.topic(), await bench.clients.topic()
    policy = {"dead_letter_topic": dead, "max_delivery_attempts": 5}
    name = await bench.push_subscription(topic, dead_letter_policy=policy)
    await bench.clients.publisher.delete_topic(topic=dead, **CALL)
    bench.target.answers = [503] * 7 + [204]
    await bench.clients.publish(topic)

    pushes = await bench.target.wait_for(8)
    assert [push.body["deliveryAttempt"] for push in pushes] == list(range(1, 9))
    await eventually(lambda: bench.simulator.outstanding(name) == 0)


# Tokens


@pytest.mark.parametrize("audience", ["", "https://processor.example"])
async def test_a_push_token_passes_googles_own_verification(bench: Bench, audience: str) -> None:
    email = "push@local.iam.gserviceaccount.com"
    topic = await bench.clients.topic()
    oidc = {"service_account_email": email, "audience": audience}
    await bench.push_subscription(topic, push_config={"oidc_token": oidc})
    await bench.clients.publish(topic)
    [push] = await bench.target.wait_for(1)
    token = push.headers["Authorization"].removeprefix("Bearer ")

    async with aiohttp.ClientSession() as session, session.get(bench.running.certs_url) as response:
        certs = Certs(await response.read())
    claims = verify(token, certs, audience or bench.target.url)
    assert claims["email"] == email
    assert claims["email_verified"] is True
    assert claims["exp"] - claims["iat"] == 3600
    with pytest.raises(auth_exceptions.InvalidValue):
        verify(token, certs, "https://somebody.else")


def verify(token: str, certs: "Certs", audience: str) -> dict[str, Any]:
    claims: dict[str, Any] = id_token.verify_oauth2_token(token, certs, audience)  # type: ignore[no-untyped-call]  # google-auth's gap
    return claims


@dataclass
class Certs:
    """google-auth's HTTP transport, answering every request with what was fetched before."""

    data: bytes
    status: int = 200

    def __call__(self, _url: str, **_options: Any) -> "Certs":
        return self


# Down, and back


async def test_what_is_undelivered_when_pubsub_goes_down_is_delivered_when_it_is_back(
    bench: Bench,
) -> None:
    topic = await bench.clients.topic()
    name = await bench.push_subscription(topic)
    bench.target.hold()
    before = await bench.clients.publish(topic, b"before")
    await bench.target.wait_for(1)
    bench.target.answers = [503, 204]

    await bench.simulator.pause()
    with pytest.raises(exceptions.ServiceUnavailable):
        await bench.clients.publish(topic, b"during")
    bench.target.let_go()
    await eventually(lambda: len(bench.simulator.pushes(name)) == 1)
    assert bench.simulator.outstanding(name) == 1

    await bench.simulator.resume()
    async with workbench(bench.running.address) as again:
        after = await again.publish(topic, b"after")
    pushes = await bench.target.wait_for(3)
    assert {push.body["message"]["messageId"] for push in pushes} == {before, after}
    await eventually(lambda: bench.simulator.outstanding(name) == 0)


async def test_while_pubsub_is_down_nothing_is_pushed(bench: Bench) -> None:
    topic = await bench.clients.topic()
    name = await bench.push_subscription(topic)
    bench.target.answers = [503]
    await bench.clients.publish(topic)
    await bench.target.wait_for(2)
    await bench.simulator.pause()
    await eventually(lambda: bench.target.open_now == 0)
    attempts = len(bench.target.received)

    # The back-off is over after 1 ms; a push would come well within this.
    with pytest.raises(TimeoutError):
        await bench.target.wait_for(attempts + 2, within_s=0.2)
    await bench.simulator.pause()
    await bench.simulator.resume()
    await bench.simulator.resume()
    await bench.target.wait_for(attempts + 2)
    assert bench.simulator.outstanding(name) == 1


async def test_a_port_that_is_taken_is_said_to_be() -> None:
    async with serving() as bench:
        port = int(bench.running.address.rsplit(":", 1)[1])
        other = PubSubSimulator(journal=Journal(), faults=FaultPlan())
        with pytest.raises(OSError, match=f"can't listen on 127.0.0.1:{port}"):
            async with other.serve(port=port):
                pass


async def test_it_runs_alone_and_says_where() -> None:
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "simulators.pubsub",
        "--port=0",
        stdout=asyncio.subprocess.PIPE,
        env=inherited(),
        cwd=PROJECT_ROOT,
    )
    assert process.stdout
    try:
        line = (await asyncio.wait_for(process.stdout.readline(), 30)).decode().strip()
        address = line.removeprefix("export PUBSUB_EMULATOR_HOST=")
        async with workbench(address) as clients:
            await clients.publish(await clients.topic())
    finally:
        os.kill(process.pid, signal.SIGTERM)
    assert await asyncio.wait_for(process.wait(), 10) == 0


# What tests and the trace panel see


async def test_the_journal_joins_publish_push_and_dead_letter_of_one_question(
    bench: Bench,
) -> None:
    topic, dead = await bench.clients.topic(), await bench.clients.topic()
    policy = {"dead_letter_topic": dead, "max_delivery_attempts": 5}
    name = await bench.push_subscription(topic, dead_letter_policy=policy)
    bench.target.answers = [409]
    trace_id = "0af7651916cd43dd8448eb211c80319c"
    await bench.clients.publish(
        topic,
        b'{"channel_id": "C1", "message_ts": "1.2", "response_url": "http://127.0.0.1/r"}',
        attributes={"traceparent": f"00-{trace_id}-b7ad6b7169203331-01", "task_id": "t-1"},
    )
    await eventually(lambda: len(bench.simulator.messages(dead)) == 1)

    entries = bench.journal.entries(key="task:t-1")
    assert [entry.step for entry in entries] == ["publish", *["push"] * 5, "dead_letter", "publish"]
    for key in (f"trace:{trace_id}", "message:C1:1.2", "response_url:http://127.0.0.1/r"):
        assert bench.journal.entries(key=key) == entries
    assert entries[0].detail["data_keys"] == ["channel_id", "message_ts", "response_url"]
    assert [entry.detail["attempt"] for entry in entries[1:6]] == [1, 2, 3, 4, 5]
    assert {entry.detail["status"] for entry in entries[1:6]} == {409}
    assert all(entry.ms and entry.ms > 0 for entry in entries[1:6])
    assert entries[1].detail["subscription"] == name.rsplit("/", 1)[1]


async def test_data_that_is_no_json_object_is_published_without_keys(bench: Bench) -> None:
    topic = await bench.clients.topic()
    for data in (b"\xff\x00", b"[1]", b'"text"', b'{"channel_id": "C1"}'):
        await bench.clients.publish(topic, data)
    assert [entry.keys for entry in bench.journal.entries(step="publish")] == [()] * 4


async def test_messages_of_a_topic_can_be_looked_at(bench: Bench) -> None:
    topic = await bench.clients.topic()
    message_id = await bench.clients.publish(topic, b"seen", attributes={"k": "v"})
    [message] = bench.simulator.messages(topic)
    assert (message.message_id, message.data, message.attributes) == (
        message_id,
        b"seen",
        {"k": "v"},
    )
    with pytest.raises(KeyError):
        bench.simulator.messages(f"{PROJECT}/topics/no-such-topic")
