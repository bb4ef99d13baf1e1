"""Pushing, on both brokers: the envelope, what acknowledges it, and what comes again or dies."""

import base64
import re
from datetime import datetime, timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from google.pubsub_v1 import types

from tests.contract.simulators.pubsub_contract.behaviour import Behaviour
from tests.support.workbenches.pubsub import (
    CALL,
    PushTarget,
    Workbench,
    dead_letters_to,
    eventually,
)


async def test_a_push_is_the_wrapped_envelope(
    broker: Workbench, does: Behaviour, target: PushTarget
) -> None:
    topic = await broker.topic()
    oidc = {"service_account_email": "push@local.iam.gserviceaccount.com"}
    name = await broker.subscribe(
        topic,
        push_config={"push_endpoint": f"{target.url}/push?x=1", "oidc_token": oidc},
        dead_letter_policy=dead_letters_to(await broker.topic()),
    )
    text, attributes = '{"text": "質問 👋"}', {"task_id": "t-1", "ラベル": "値"}
    message_id = await broker.publish(
        topic, text.encode(), attributes=attributes, ordering_key="key"
    )

    [push] = await target.wait_for(1)
    published_at = push.body["message"]["publishTime"]
    expected: dict[str, Any] = {
        "subscription": name,
        "message": {
            "data": base64.b64encode(text.encode()).decode(),
            "attributes": attributes,
            "messageId": message_id,
            "message_id": message_id,
            "publishTime": published_at,
            "publish_time": published_at,
        },
    }
    if does.pushes_ordering_key:
        expected["message"]["orderingKey"] = "key"
    if does.counts_pushes:
        expected["deliveryAttempt"] = 1
    assert push.body == expected
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d{1,6})?Z", published_at)
    assert push.headers["Content-Type"] == "application/json"
    assert push.headers.get("Authorization", "").startswith("Bearer ") is does.pushes_token


async def test_a_message_without_data_is_pushed_too(
    broker: Workbench, does: Behaviour, target: PushTarget
) -> None:
    topic = await broker.topic()
    await broker.subscribe(topic, push_config={"push_endpoint": target.url})
    await broker.publish(topic, b"", attributes={"k": "v"})
    message = (await target.wait_for(1))[0].body["message"]
    assert message["attributes"] == {"k": "v"}
    assert {key: message[key] for key in ("data",) if key in message} == does.empty_data


async def test_which_statuses_acknowledge_a_push(
    broker: Workbench, does: Behaviour, target: PushTarget
) -> None:
    statuses = [200, 201, 202, 203, 204, 206, 302, 400, 401, 403, 404, 409, 429, 500, 503]
    topic = await broker.topic()
    for status in statuses:
        await broker.subscribe(topic, push_config={"push_endpoint": f"{target.url}/{status}"})
    await broker.publish(topic)

    # By the time one refused message has come three times, every refused one has come twice.
    await eventually(lambda: len(target.at("/500")) >= 3)
    acked = {status for status in statuses if len(target.at(f"/{status}")) == 1}
    assert acked == does.ack_statuses


async def test_a_refused_push_comes_again_with_the_same_id_until_it_is_taken(
    broker: Workbench, does: Behaviour, target: PushTarget
) -> None:
    topic = await broker.topic()
    target.answers = [500, 503, 204]
    await broker.subscribe(
        topic,
        push_config={"push_endpoint": target.url},
        dead_letter_policy=dead_letters_to(await broker.topic()),
    )
    message_id = await broker.publish(topic)

    pushes = await target.wait_for(3)
    assert {push.body["message"]["messageId"] for push in pushes} == {message_id}
    attempts = [push.body.get("deliveryAttempt") for push in pushes]
    assert attempts == ([1, 2, 3] if does.counts_pushes else [None, None, None])


async def test_after_five_refused_pushes_a_message_goes_to_the_dead_letter_topic(
    broker: Workbench, target: PushTarget
) -> None:
    target.answers = [503]
    topic, dead = await broker.topic(), await broker.topic()
    name = await broker.subscribe(
        topic,
        push_config={"push_endpoint": target.url},
        dead_letter_policy=dead_letters_to(dead, 5),
    )
    kept = await broker.subscribe(dead)
    message_id = await broker.publish(topic, b"poison", attributes={"task_id": "t-1"})

    [letter] = await broker.pull(kept)
    assert len(target.received) == 5
    assert letter.message.data == b"poison"
    assert letter.message.message_id != message_id
    attributes = dict(letter.message.attributes)
    published_at = attributes.pop("CloudPubSubDeadLetterSourceTopicPublishTime")
    assert attributes == {
        "task_id": "t-1",
        "CloudPubSubDeadLetterSourceSubscription": name.rsplit("/", 1)[1],
        "CloudPubSubDeadLetterSourceSubscriptionProject": "local",
        "CloudPubSubDeadLetterSourceDeliveryCount": "5",
    }
    assert datetime.fromisoformat(published_at).tzinfo is not None


async def test_how_many_pushes_are_under_way_at_once(
    broker: Workbench, does: Behaviour, target: PushTarget
) -> None:
    target.hold()
    topic = await broker.topic()
    await broker.subscribe(topic, push_config={"push_endpoint": target.url})
    for _ in range(8):
        await broker.publish(topic)

    await eventually(lambda: target.open_now >= (does.pushes_at_once or 8))
    target.let_go()
    await target.wait_for(8)
    assert target.most_at_once == (does.pushes_at_once or 8)


async def test_messages_of_one_key_are_pushed_in_order_and_other_keys_overtake(
    broker: Workbench, target: PushTarget
) -> None:
    topic = await broker.topic()
    target.answers = [503, 204]
    await broker.subscribe(
        topic,
        push_config={"push_endpoint": target.url},
        enable_message_ordering=True,
        retry_policy={"minimum_backoff": timedelta(seconds=1)},
    )
    await broker.publish(topic, b"a1", ordering_key="a")
    await target.wait_for(1)
    for data, key in ((b"a2", "a"), (b"b1", "b"), (b"a3", "a")):
        await broker.publish(topic, data, ordering_key=key)

    order = [push.data for push in await target.wait_for(5)]
    assert order == [b"a1", b"b1", b"a1", b"a2", b"a3"]


async def test_a_subscription_can_be_switched_between_push_and_pull(
    broker: Workbench, target: PushTarget
) -> None:
    topic = await broker.topic()
    name = await broker.subscribe(topic, push_config={"push_endpoint": target.url})
    await broker.publish(topic, b"pushed")
    await target.wait_for(1)

    await push_to(broker, name, types.PushConfig())
    await broker.publish(topic, b"pulled")
    [pulled] = await broker.pull(name)
    assert pulled.message.data == b"pulled"
    await broker.subscriber.acknowledge(subscription=name, ack_ids=[pulled.ack_id], **CALL)

    await push_to(broker, name, types.PushConfig(push_endpoint=f"{target.url}/other"))
    await broker.publish(topic, b"pushed again")
    assert [(push.path, push.data) for push in await target.wait_for(2)] == [
        ("/", b"pushed"),
        ("/other", b"pushed again"),
    ]


async def test_a_deleted_subscription_is_pushed_to_no_more(
    broker: Workbench, target: PushTarget
) -> None:
    topic = await broker.topic()
    gone = await broker.subscribe(topic, push_config={"push_endpoint": f"{target.url}/gone"})
    await broker.subscribe(topic, push_config={"push_endpoint": f"{target.url}/stays"})
    await broker.publish(topic)
    await target.wait_for(2)

    await broker.subscriber.delete_subscription(subscription=gone, **CALL)
    await broker.publish(topic)
    await eventually(lambda: len(target.at("/stays")) == 2)
    assert len(target.at("/gone")) == 1
    with pytest.raises(exceptions.NotFound):
        await broker.subscriber.get_subscription(subscription=gone, **CALL)


async def push_to(broker: Workbench, subscription: str, where: types.PushConfig) -> None:
    await broker.subscriber.modify_push_config(subscription=subscription, push_config=where, **CALL)
