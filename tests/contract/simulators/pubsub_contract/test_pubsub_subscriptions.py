"""Subscriptions, on both brokers: made, listed, changed, and refused against the rules."""

from datetime import timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from google.protobuf.field_mask_pb2 import FieldMask  # type: ignore[import-untyped]  # no types
from google.pubsub_v1 import types

from tests.contract.simulators.pubsub_contract.behaviour import Behaviour, accepted_unless
from tests.support.workbenches.pubsub import CALL, PROJECT, Workbench, dead_letters_to


async def test_a_subscription_is_made_with_googles_defaults(
    broker: Workbench, does: Behaviour
) -> None:
    topic = await broker.topic()
    name = await broker.subscribe(
        topic, retry_policy={}, dead_letter_policy=dead_letters_to(topic, 0)
    )

    made = await broker.subscriber.get_subscription(subscription=name, **CALL)

    assert made.topic == topic
    assert made.ack_deadline_seconds == 10
    assert made.message_retention_duration == timedelta(days=7)
    assert made.retry_policy.minimum_backoff == timedelta(seconds=10)
    assert made.retry_policy.maximum_backoff == timedelta(seconds=600)
    assert made.dead_letter_policy.max_delivery_attempts == 5
    assert made.push_config.push_endpoint == ""
    assert (made.expiration_policy.ttl == timedelta(days=31)) is does.shows_expiry


async def test_subscriptions_are_listed_by_project_and_by_topic(broker: Workbench) -> None:
    topic = await broker.topic()
    ours = {await broker.subscribe(topic), await broker.subscribe(topic)}
    other = await broker.subscribe(await broker.topic())

    of_topic = await broker.publisher.list_topic_subscriptions(topic=topic)
    assert {name async for name in of_topic} == ours
    request = {"project": PROJECT, "page_size": 1}
    of_project = await broker.subscriber.list_subscriptions(request=request)
    assert {each.name async for each in of_project} >= ours | {other}


async def test_a_second_subscription_of_the_same_name_is_refused(broker: Workbench) -> None:
    topic = await broker.topic()
    name = await broker.subscribe(topic)
    with pytest.raises(exceptions.AlreadyExists):
        await broker.subscribe(topic, name=name)


async def test_a_subscription_needs_topics_that_exist(broker: Workbench) -> None:
    nowhere = f"{PROJECT}/topics/no-such-topic"
    topic = await broker.topic()
    with pytest.raises(exceptions.NotFound):
        await broker.subscribe(nowhere)
    with pytest.raises(exceptions.NotFound):
        await broker.subscribe(topic, dead_letter_policy=dead_letters_to(nowhere))


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"name": "projects/local/subscriptions/ab"}, id="short name"),
        pytest.param({"name": "projects/local/topics/abc"}, id="a topic's name"),
        pytest.param({"ack_deadline_seconds": 601}, id="ack deadline 601 s"),
        pytest.param({"ack_deadline_seconds": -1}, id="ack deadline -1 s"),
        pytest.param({"retry_policy": {"maximum_backoff": timedelta(seconds=601)}}, id="601 s"),
        pytest.param({"retry_policy": {"minimum_backoff": timedelta(seconds=-1)}}, id="-1 s"),
        pytest.param(
            {
                "retry_policy": {
                    "minimum_backoff": timedelta(seconds=20),
                    "maximum_backoff": timedelta(seconds=5),
                }
            },
            id="minimum over maximum",
        ),
        pytest.param({"message_retention_duration": timedelta(minutes=9)}, id="kept 9 min"),
        pytest.param({"message_retention_duration": timedelta(days=32)}, id="kept 32 d"),
        pytest.param({"push_config": {"push_endpoint": "no-url"}}, id="no URL"),
        pytest.param({"push_config": {"push_endpoint": "ftp://host/x"}}, id="ftp"),
    ],
)
async def test_a_subscription_against_the_rules_is_refused(
    broker: Workbench, settings: dict[str, Any]
) -> None:
    topic = await broker.topic()
    with pytest.raises(exceptions.InvalidArgument):
        await broker.subscribe(topic, **settings)


@pytest.mark.parametrize("attempts", [4, 101])
async def test_delivery_attempts_outside_5_to_100_are_refused(
    broker: Workbench, attempts: int
) -> None:
    topic = await broker.topic()
    with pytest.raises(exceptions.OutOfRange):
        await broker.subscribe(topic, dead_letter_policy=dead_letters_to(topic, attempts))


@pytest.mark.parametrize(
    "settings",
    [
        pytest.param({"ack_deadline_seconds": 9}, id="ack deadline 9 s"),
        pytest.param({"expiration_policy": {"ttl": timedelta(hours=1)}}, id="expires in 1 h"),
        pytest.param({"labels": {"UPPER": "case"}}, id="label"),
        pytest.param({"filter": "kind == 1"}, id="filter"),
        pytest.param(
            {
                "enable_exactly_once_delivery": True,
                "push_config": {"push_endpoint": "http://127.0.0.1:9/"},
            },
            id="exactly once by push",
        ),
        pytest.param(
            {
                "push_config": {
                    "push_endpoint": "http://127.0.0.1:9/",
                    "oidc_token": {"audience": "a"},
                }
            },
            id="token of nobody",
        ),
    ],
)
async def test_what_google_refuses_and_its_emulator_lets_pass(
    broker: Workbench, does: Behaviour, settings: dict[str, Any]
) -> None:
    topic = await broker.topic()
    made = broker.subscribe(topic, **settings)
    name = await accepted_unless(does.enforces, made, exceptions.InvalidArgument)
    if name:
        await broker.subscriber.delete_subscription(subscription=name, **CALL)


async def test_a_subscription_is_changed_where_the_mask_says(broker: Workbench) -> None:
    topic = await broker.topic()
    name = await broker.subscribe(topic, retry_policy={}, dead_letter_policy=dead_letters_to(topic))

    changed = await update(
        broker,
        types.Subscription(name=name, ack_deadline_seconds=30),
        ["ack_deadline_seconds", "retry_policy"],
    )

    assert changed.ack_deadline_seconds == 30
    assert "retry_policy" not in changed
    assert changed.dead_letter_policy.dead_letter_topic == topic
    assert await broker.subscriber.get_subscription(subscription=name, **CALL) == changed


async def test_labels_can_be_changed(broker: Workbench, does: Behaviour) -> None:
    name = await broker.subscribe(await broker.topic(), labels={"team": "a", "old": "label"})
    labels = {"team": "b"}
    changing = update(broker, types.Subscription(name=name, labels=labels), ["labels"])
    if not does.changes_labels:
        with pytest.raises(exceptions.InvalidArgument):
            await changing
        return
    assert dict((await changing).labels) == labels


@pytest.mark.parametrize("paths", [[], ["nonsense"], ["topic"], ["enable_message_ordering"]])
async def test_a_mask_that_can_not_be_followed_is_refused(
    broker: Workbench, paths: list[str]
) -> None:
    name = await broker.subscribe(await broker.topic())
    with pytest.raises(exceptions.InvalidArgument):
        await update(broker, types.Subscription(name=name), paths)


async def test_a_subscription_outlives_its_topic_with_its_messages(broker: Workbench) -> None:
    topic = await broker.topic()
    name = await broker.subscribe(topic)
    await broker.publish(topic, b"left")
    await broker.publisher.delete_topic(topic=topic, **CALL)

    kept = await broker.subscriber.get_subscription(subscription=name, **CALL)
    assert kept.topic == "_deleted-topic_"
    assert (await broker.pull(name))[0].message.data == b"left"


async def update(
    broker: Workbench, subscription: types.Subscription, paths: list[str]
) -> types.Subscription:
    request = {"subscription": subscription, "update_mask": FieldMask(paths=paths)}
    return await broker.subscriber.update_subscription(request=request, **CALL)
