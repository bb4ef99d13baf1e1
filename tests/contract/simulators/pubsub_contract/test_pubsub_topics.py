"""Topics and publishing, on both brokers: names, ids, and the limits of a message."""

from typing import Any

import pytest
from google.api_core import exceptions
from google.pubsub_v1 import types

from tests.contract.simulators.pubsub_contract.behaviour import Behaviour, accepted_unless
from tests.support.workbenches.pubsub import CALL, PROJECT, Workbench


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
