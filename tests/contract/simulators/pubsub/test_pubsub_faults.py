"""Scripted faults, as the services' own clients meet them."""

from typing import Any

import pytest
from google.api_core import exceptions
from google.pubsub_v1 import types

from simulators.faults import Fault
from tests.support.workbenches.pubsub import Bench, eventually


async def publish(bench: Bench, topic: str, **call: Any) -> str:
    call = {"retry": None, "timeout": 5.0, **call}
    messages = [types.PubsubMessage(data=b"x")]
    response = await bench.clients.publisher.publish(topic=topic, messages=messages, **call)
    return str(response.message_ids[0])


# Publish


@pytest.mark.parametrize(
    ("fault", "error", "stored"),
    [
        (Fault("error"), exceptions.ServiceUnavailable, 0),
        (Fault("error", error="RESOURCE_EXHAUSTED"), exceptions.ResourceExhausted, 0),
        (Fault("error", error="PERMISSION_DENIED"), exceptions.PermissionDenied, 0),
        (Fault("error", error="NO_SUCH_STATUS"), exceptions.InternalServerError, 0),
        (Fault("drop_before"), exceptions.ServiceUnavailable, 0),
        (Fault("drop_after"), exceptions.ServiceUnavailable, 1),
        (Fault("hang", seconds=0.05), exceptions.ServiceUnavailable, 0),
    ],
)
async def test_a_failed_publish_has_stored_what_the_fault_says(
    bench: Bench, fault: Fault, error: type[Exception], stored: int
) -> None:
    topic = await bench.clients.topic()
    bench.faults.add("pubsub", "Publish", fault)
    with pytest.raises(error):
        await publish(bench, topic)
    assert len(bench.simulator.messages(topic)) == stored

    await publish(bench, topic)
    assert len(bench.simulator.messages(topic)) == stored + 1


async def test_a_publish_that_hangs_ends_with_the_callers_patience(bench: Bench) -> None:
    topic = await bench.clients.topic()
    bench.faults.add("pubsub", "Publish", Fault("hang"))
    with pytest.raises(exceptions.DeadlineExceeded):
        await publish(bench, topic, timeout=0.1)
    assert not bench.simulator.messages(topic)


async def test_a_delayed_publish_is_stored_after_the_delay(bench: Bench) -> None:
    topic = await bench.clients.topic()
    bench.faults.add("pubsub", "Publish", Fault("delay", seconds=0.3))
    with pytest.raises(exceptions.DeadlineExceeded):
        await publish(bench, topic, timeout=0.1)
    bench.faults.add("pubsub", "Publish", Fault("delay", seconds=0.05))
    assert await publish(bench, topic)


async def test_a_duplicated_publish_stores_two_messages_with_ids_of_their_own(
    bench: Bench,
) -> None:
    topic = await bench.clients.topic()
    bench.faults.add("pubsub", "Publish", Fault("duplicate"))
    message_id = await publish(bench, topic)
    first, second = bench.simulator.messages(topic)
    assert first.message_id != second.message_id == message_id


async def test_a_fault_is_only_for_the_method_it_names(bench: Bench) -> None:
    bench.faults.add("pubsub", "Publish", Fault("error"))
    topic = await bench.clients.topic()
    assert bench.faults.rules()
    bench.faults.clear()
    bench.faults.add("pubsub", "*", Fault("error"))
    with pytest.raises(exceptions.ServiceUnavailable):
        await bench.clients.publisher.get_topic(topic=topic, retry=None, timeout=5.0)


# Push


@pytest.mark.parametrize(
    ("fault", "arrives", "attempts"),
    [
        # (the fault, how often the endpoint is asked in all, each attempt's status)
        (Fault("drop_before"), 1, [None, 204]),
        (Fault("disconnect"), 1, [None, 204]),
        (Fault("drop_after"), 2, [None, 204]),
        (Fault("error", status=429), 1, [429, 204]),
        (Fault("hang", seconds=0.05), 1, [None, 204]),
        (Fault("delay", seconds=0.05), 1, [204]),
        (Fault("duplicate"), 2, [204, 204]),
    ],
)
async def test_a_push_suffers_the_fault_and_the_message_arrives_all_the_same(
    bench: Bench, fault: Fault, arrives: int, attempts: list[int | None]
) -> None:
    topic = await bench.clients.topic()
    name = await bench.push_subscription(topic)
    bench.faults.add("push", name.rsplit("/", 1)[1], fault)
    message_id = await publish(bench, topic)

    await eventually(lambda: bench.simulator.outstanding(name) == 0)
    assert [push.status for push in bench.simulator.pushes(name)] == attempts
    assert [push.body["message"]["messageId"] for push in bench.target.received] == [
        message_id
    ] * arrives


async def test_a_lost_answer_counts_as_a_delivery(bench: Bench) -> None:
    topic, dead = await bench.clients.topic(), await bench.clients.topic()
    policy = {"dead_letter_topic": dead, "max_delivery_attempts": 5}
    name = await bench.push_subscription(topic, dead_letter_policy=policy)
    bench.faults.add("push", "*", Fault("drop_after"), times=5)
    await publish(bench, topic)

    await eventually(lambda: len(bench.simulator.messages(dead)) == 1)
    assert [push.body["deliveryAttempt"] for push in bench.target.received] == [1, 2, 3, 4, 5]
    assert bench.simulator.outstanding(name) == 0


async def test_a_fault_is_only_for_the_subscription_it_names(bench: Bench) -> None:
    topic = await bench.clients.topic()
    spared = await bench.push_subscription(topic)
    hit = await bench.push_subscription(topic)
    bench.faults.add("push", hit.rsplit("/", 1)[1], Fault("drop_before"))
    await publish(bench, topic)

    await eventually(lambda: bench.simulator.outstanding(hit) == 0)
    assert [push.status for push in bench.simulator.pushes(hit)] == [None, 204]
    assert [push.status for push in bench.simulator.pushes(spared)] == [204]
