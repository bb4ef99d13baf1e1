"""Pulling, on both brokers: what comes, comes again, and is gone once it is acknowledged."""

from datetime import UTC, datetime, timedelta

import pytest
from google.api_core import exceptions

from tests.contract.simulators.pubsub_contract.behaviour import Behaviour
from tests.support.workbenches.pubsub import CALL, Workbench, dead_letters_to


async def test_every_subscription_gets_what_is_published_after_it_was_made(
    broker: Workbench,
) -> None:
    topic = await broker.topic()
    first = await broker.subscribe(topic)
    await broker.publish(topic, b"before")
    second = await broker.subscribe(topic)
    message_id = await broker.publish(topic, "あと".encode(), attributes={"k": "値"})

    assert {each.message.data for each in await broker.pull(first, 2)} == {
        b"before",
        "あと".encode(),
    }
    [only] = await broker.pull(second)
    assert only.message.message_id == message_id
    assert only.message.data.decode() == "あと"
    assert dict(only.message.attributes) == {"k": "値"}
    assert abs(only.message.publish_time - datetime.now(UTC)) < timedelta(seconds=60)


async def test_an_acknowledged_message_is_gone_and_a_handed_back_one_comes_again(
    broker: Workbench,
) -> None:
    topic = await broker.topic()
    name = await broker.subscribe(topic)
    await broker.publish(topic, b"twice")
    [first] = await broker.pull(name)
    await broker.pull_nothing(name)

    await modify(broker, name, first.ack_id, 0)
    [second] = await broker.pull(name)
    assert second.message == first.message
    assert second.ack_id != first.ack_id
    assert second.delivery_attempt == 0

    await broker.subscriber.acknowledge(subscription=name, ack_ids=[second.ack_id], **CALL)
    await broker.publish(topic, b"next")
    assert (await broker.pull(name))[0].message.data == b"next"


async def test_a_message_comes_again_when_its_deadline_is_over_and_the_old_ack_id_is_void(
    broker: Workbench,
) -> None:
    topic = await broker.topic()
    name = await broker.subscribe(topic)
    await broker.publish(topic)
    [first] = await broker.pull(name)
    await modify(broker, name, first.ack_id, 1)

    [second] = await broker.pull(name)
    await broker.subscriber.acknowledge(subscription=name, ack_ids=[first.ack_id], **CALL)
    await modify(broker, name, second.ack_id, 0)

    assert (await broker.pull(name))[0].message == first.message


async def test_deliveries_are_counted_for_a_subscription_with_dead_letters(
    broker: Workbench,
) -> None:
    topic = await broker.topic()
    name = await broker.subscribe(topic, dead_letter_policy=dead_letters_to(await broker.topic()))
    await broker.publish(topic)
    for attempt in (1, 2):
        [received] = await broker.pull(name)
        assert received.delivery_attempt == attempt
        await modify(broker, name, received.ack_id, 0)


@pytest.mark.parametrize("ack_ids", [[], ["nonsense"]])
async def test_an_ack_id_that_was_never_given_is_refused(
    broker: Workbench, ack_ids: list[str]
) -> None:
    name = await broker.subscribe(await broker.topic())
    with pytest.raises(exceptions.InvalidArgument):
        await broker.subscriber.acknowledge(subscription=name, ack_ids=ack_ids, **CALL)


async def test_pulling_needs_a_number_of_messages_and_a_subscription(broker: Workbench) -> None:
    name = await broker.subscribe(await broker.topic())
    with pytest.raises(exceptions.InvalidArgument):
        await broker.subscriber.pull(subscription=name, max_messages=0, **CALL)
    with pytest.raises(exceptions.NotFound):
        await broker.subscriber.pull(subscription=name + "-not", max_messages=1, **CALL)


async def test_how_many_messages_of_one_key_a_pull_gets(broker: Workbench, does: Behaviour) -> None:
    topic = await broker.topic()
    name = await broker.subscribe(topic, enable_message_ordering=True)
    for data in (b"1", b"2", b"3"):
        await broker.publish(topic, data, ordering_key="key")

    response = await broker.subscriber.pull(subscription=name, max_messages=3, **CALL)
    received = list(response.received_messages)
    assert len(received) == does.messages_of_a_key_at_once
    while len(received) < 3:
        ack_ids = [received[-1].ack_id]
        await broker.subscriber.acknowledge(subscription=name, ack_ids=ack_ids, **CALL)
        received += await broker.pull(name)
    assert [each.message.data for each in received] == [b"1", b"2", b"3"]


async def test_a_filter_keeps_messages_out(broker: Workbench, does: Behaviour) -> None:
    topic = await broker.topic()
    name = await broker.subscribe(topic, filter='attributes.kind = "question"')
    await broker.publish(topic, b"no", attributes={"kind": "feedback"})
    await broker.publish(topic, b"yes", attributes={"kind": "question"})

    received = await broker.pull(name, 1 if does.enforces else 2)
    assert {each.message.data for each in received} == (
        {b"yes"} if does.enforces else {b"yes", b"no"}
    )


async def modify(broker: Workbench, subscription: str, ack_id: str, seconds: int) -> None:
    await broker.subscriber.modify_ack_deadline(
        subscription=subscription, ack_ids=[ack_id], ack_deadline_seconds=seconds, **CALL
    )
