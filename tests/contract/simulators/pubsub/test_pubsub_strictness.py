"""Real Pub/Sub's strictness, and what is not simulated, by name."""

from collections.abc import AsyncIterator
from typing import Any

import pytest
from google.api_core import exceptions
from google.protobuf.field_mask_pb2 import FieldMask  # type: ignore[import-untyped]  # no types
from google.pubsub_v1 import types

from tests.support.workbenches.pubsub import (
    CALL,
    PROJECT,
    Bench,
)


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
