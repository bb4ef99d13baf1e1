"""One contract, two brokers: our simulator and Google's emulator, through Google's own clients.

Where the two differ, ``DIFFERENCES`` says how. The simulator's side is what Google documents for
the real service; the emulator's is what it does, so that a new version of it is noticed.
"""

import base64
import re
from collections.abc import AsyncIterator, Awaitable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from google.api_core import exceptions
from google.protobuf.field_mask_pb2 import FieldMask  # type: ignore[import-untyped]  # no types
from google.pubsub_v1 import types

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.pubsub import PubSubSimulator
from tests.pubsub_workbench import (
    CALL,
    PROJECT,
    PushTarget,
    Workbench,
    eventually,
    push_target,
    workbench,
)


@dataclass(frozen=True)
class Behaviour:
    """What one broker does where the two are not alike."""

    pushes_at_once: int | None
    ack_statuses: frozenset[int]
    counts_pushes: bool
    pushes_ordering_key: bool
    pushes_token: bool
    empty_data: dict[str, str]
    messages_of_a_key_at_once: int
    shows_expiry: bool
    changes_labels: bool
    enforces: bool
    """Filters, ack deadlines under 10 s, attribute limits, the message size and the like."""


DIFFERENCES = {
    "simulator": Behaviour(
        pushes_at_once=None,
        ack_statuses=frozenset({200, 201, 202, 204}),
        counts_pushes=True,
        pushes_ordering_key=True,
        pushes_token=True,
        empty_data={},
        messages_of_a_key_at_once=1,
        shows_expiry=True,
        changes_labels=True,
        enforces=True,
    ),
    "emulator": Behaviour(
        pushes_at_once=2,
        # It follows the redirect, as a GET without a body.
        ack_statuses=frozenset({200, 201, 203, 204, 302}),
        counts_pushes=False,
        pushes_ordering_key=False,
        pushes_token=False,
        empty_data={"data": ""},
        messages_of_a_key_at_once=3,
        shows_expiry=False,
        changes_labels=False,
        enforces=False,
    ),
}


@pytest.fixture(params=["simulator", pytest.param("emulator", marks=pytest.mark.emulator)])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def running_emulator(kind: str, request: pytest.FixtureRequest) -> str | None:
    return request.getfixturevalue("emulator_address") if kind == "emulator" else None


@pytest.fixture
async def broker(running_emulator: str | None) -> AsyncIterator[Workbench]:
    async with AsyncExitStack() as stack:
        address = running_emulator
        if address is None:
            simulator = PubSubSimulator(journal=Journal(), faults=FaultPlan())
            address = (await stack.enter_async_context(simulator.serve())).address
        yield await stack.enter_async_context(workbench(address))


@pytest.fixture
def does(kind: str) -> Behaviour:
    return DIFFERENCES[kind]


@pytest.fixture
async def target() -> AsyncIterator[PushTarget]:
    async with push_target() as listening:
        yield listening


# Topics and publishing


async def test_a_topic_can_be_made_read_listed_and_deleted(broker: Workbench) -> None:
    name = await broker.topic()

    assert (await broker.publisher.get_topic(topic=name, **CALL)).name == name
    listed = [each.name async for each in await broker.publisher.list_topics(project=PROJECT)]
    assert name in listed
    await broker.publisher.delete_topic(topic=name, **CALL)
    with pytest.raises(exceptions.NotFound):
        await broker.publisher.get_topic(topic=name, **CALL)


async def test_a_second_topic_of_the_same_name_is_refused(broker: Workbench) -> None:
    name = await broker.topic()
    with pytest.raises(exceptions.AlreadyExists):
        await broker.publisher.create_topic(name=name, **CALL)


@pytest.mark.parametrize(
    "name",
    [
        "",
        "tasks",
        "topics/tasks",
        "projects/local/subscriptions/tasks",
        "projects/local/topics/ab",
        "projects/local/topics/1tasks",
        "projects/local/topics/goog-tasks",
        "projects/local/topics/two words",
        "projects/local/topics/" + "a" * 256,
    ],
)
async def test_a_topic_name_against_the_rules_is_refused(broker: Workbench, name: str) -> None:
    with pytest.raises(exceptions.InvalidArgument):
        await broker.publisher.create_topic(name=name, **CALL)


async def test_publishing_to_a_topic_that_does_not_exist_is_refused(broker: Workbench) -> None:
    with pytest.raises(exceptions.NotFound):
        await broker.publish(f"{PROJECT}/topics/no-such-topic")


async def test_published_messages_get_ids_of_their_own(broker: Workbench) -> None:
    topic = await broker.topic()
    messages = [types.PubsubMessage(data=b"one"), types.PubsubMessage(data=b"two")]
    response = await broker.publisher.publish(topic=topic, messages=messages, **CALL)
    ids = [*response.message_ids, await broker.publish(topic)]
    assert len(set(ids)) == 3
    assert all(each.isdecimal() for each in ids)


@pytest.mark.parametrize(
    "messages",
    [
        pytest.param([], id="none"),
        pytest.param([types.PubsubMessage()], id="empty"),
        pytest.param([types.PubsubMessage(ordering_key="k")], id="only an ordering key"),
        pytest.param([types.PubsubMessage(data=b"x")] * 1001, id="1001"),
    ],
)
async def test_a_publish_request_against_the_rules_is_refused(
    broker: Workbench, messages: list[types.PubsubMessage]
) -> None:
    topic = await broker.topic()
    with pytest.raises(exceptions.InvalidArgument):
        await broker.publisher.publish(topic=topic, messages=messages, **CALL)


@pytest.mark.parametrize(
    "message",
    [
        pytest.param({"attributes": {"googx": "v"}}, id="reserved key"),
        pytest.param({"attributes": {"": "v"}}, id="empty key"),
        pytest.param({"attributes": {"k" * 257: "v"}}, id="long key"),
        pytest.param({"attributes": {"k": "v" * 1025}}, id="long value"),
        pytest.param({"attributes": {f"k{n}": "v" for n in range(101)}}, id="101 attributes"),
        pytest.param({"ordering_key": "k" * 1025}, id="long ordering key"),
        pytest.param({"data": b"x" * 10_000_001}, id="over 10 MB"),
    ],
)
async def test_a_message_beyond_the_limits_is_refused(
    broker: Workbench, does: Behaviour, message: dict[str, Any]
) -> None:
    topic = await broker.topic()
    await accepted_unless(
        does.enforces,
        broker.publish(topic, **{"data": b"x", **message}),
        exceptions.InvalidArgument,
    )


# Subscriptions


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


# Pull


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


# Push


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


async def test_a_filter_keeps_messages_out(broker: Workbench, does: Behaviour) -> None:
    topic = await broker.topic()
    name = await broker.subscribe(topic, filter='attributes.kind = "question"')
    await broker.publish(topic, b"no", attributes={"kind": "feedback"})
    await broker.publish(topic, b"yes", attributes={"kind": "question"})

    received = await broker.pull(name, 1 if does.enforces else 2)
    assert {each.message.data for each in received} == (
        {b"yes"} if does.enforces else {b"yes", b"no"}
    )


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


def dead_letters_to(topic: str, attempts: int = 5) -> dict[str, Any]:
    return {"dead_letter_topic": topic, "max_delivery_attempts": attempts}


async def update(
    broker: Workbench, subscription: types.Subscription, paths: list[str]
) -> types.Subscription:
    request = {"subscription": subscription, "update_mask": FieldMask(paths=paths)}
    return await broker.subscriber.update_subscription(request=request, **CALL)


async def push_to(broker: Workbench, subscription: str, where: types.PushConfig) -> None:
    await broker.subscriber.modify_push_config(subscription=subscription, push_config=where, **CALL)


async def modify(broker: Workbench, subscription: str, ack_id: str, seconds: int) -> None:
    await broker.subscriber.modify_ack_deadline(
        subscription=subscription, ack_ids=[ack_id], ack_deadline_seconds=seconds, **CALL
    )


async def accepted_unless(
    refused: bool, call: Awaitable[str], error: type[exceptions.GoogleAPICallError]
) -> str | None:
    """The call's result, or None after asserting that it was refused with that error."""
    if not refused:
        return await call
    with pytest.raises(error):
        await call
    return None
