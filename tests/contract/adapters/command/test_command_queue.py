"""The task queue on (simulated) Pub/Sub: confirmed in time, or clearly not."""

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from command_service.errors import StartFailed
from command_service.pubsub.publisher import PubSubQueue, open_publisher
from shared.errors import QueueUnavailable
from shared.task import Task
from simulators.faults import Fault
from tests.support.machine import within
from tests.support.tasks import a_task
from tests.support.workbenches.command import PROJECT, TOPIC, Stack

TASK = a_task(text="a secret question")


def ignore(_failed_s: float) -> None:
    """An outage that has ended concerns nobody here."""


@pytest.fixture
async def queue(world: Stack) -> AsyncIterator[PubSubQueue]:
    async with open_publisher(PROJECT, "mechachang-tasks", world.pubsub_address, ignore) as queue:
        yield queue


async def test_a_task_arrives_with_its_data_and_attributes(
    world: Stack, queue: PubSubQueue
) -> None:
    await queue.publish(TASK, TASK.attributes({"traceparent": "00-" + "a" * 32 + "-1-01"}))

    [message] = world.pubsub.messages(TOPIC)
    assert Task.decode(message.data) == TASK
    assert message.attributes["task_id"] == TASK.task_id
    assert message.attributes["traceparent"].startswith("00-aaa")


async def test_the_setting_decides_where_to_publish_and_not_the_environment(
    world: Stack, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PUBSUB_EMULATOR_HOST", "127.0.0.1:1")
    async with open_publisher(PROJECT, "mechachang-tasks", world.pubsub_address, ignore) as queue:
        await queue.publish(TASK, {})
    assert len(world.pubsub.messages(TOPIC)) == 1


async def test_a_passing_failure_is_retried_within_slacks_time(
    world: Stack, queue: PubSubQueue
) -> None:
    world.faults.add("pubsub", "Publish", Fault("error", error="UNAVAILABLE"), 2)

    await queue.publish(TASK, {})
    assert len(world.pubsub.messages(TOPIC)) == 1


@pytest.mark.parametrize(("outage_s", "told"), [(0.0, 1), (60.0, 0)])
async def test_an_outage_is_told_when_it_has_ended_and_was_long(
    world: Stack, outage_s: float, told: int
) -> None:
    ended: list[float] = []
    world.faults.add("pubsub", "Publish", Fault("error", error="PERMISSION_DENIED"), 2)
    async with open_publisher(
        PROJECT, "mechachang-tasks", world.pubsub_address, ended.append, outage_s
    ) as queue:
        for _ in range(2):
            with pytest.raises(QueueUnavailable):
                await queue.publish(TASK, {})
        assert ended == []
        for _ in range(2):
            await queue.publish(TASK, {})
    assert len(ended) == told


@pytest.mark.parametrize(("failures", "told"), [(1, 0), (2, 1)])
async def test_an_outage_lasts_as_long_as_publishing_fails_and_not_until_somebody_asks_again(
    world: Stack, failures: int, told: int
) -> None:
    ended: list[float] = []
    world.faults.add("pubsub", "Publish", Fault("error", error="PERMISSION_DENIED"), failures)
    async with open_publisher(
        PROJECT, "mechachang-tasks", world.pubsub_address, ended.append, 0.2
    ) as queue:
        for _ in range(failures):
            with pytest.raises(QueueUnavailable):
                await queue.publish(TASK, {})
            # A quiet time, longer than what counts as an outage.
            await asyncio.sleep(0.3)
        await queue.publish(TASK, {})
    assert len(ended) == told


async def test_a_publish_given_up_by_its_caller_counts_as_failed(world: Stack) -> None:
    ended: list[float] = []
    world.faults.add("pubsub", "Publish", Fault("delay", seconds=5.0))
    async with open_publisher(
        PROJECT, "mechachang-tasks", world.pubsub_address, ended.append, 0.0
    ) as queue:
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.1):
                await queue.publish(TASK, {})
        await queue.publish(TASK, {})
    assert len(ended) == 1


async def test_a_lasting_refusal_is_not_retried_and_its_reason_repeats_no_data(
    world: Stack, queue: PubSubQueue
) -> None:
    rule = world.faults.add("pubsub", "Publish", Fault("error", error="PERMISSION_DENIED"), 9)

    with pytest.raises(QueueUnavailable, match=r"PERMISSION_DENIED") as caught:
        await queue.publish(TASK, {})
    assert rule.times == 8
    assert "secret" not in str(caught.value)


async def test_a_topic_that_does_not_exist_is_said_so(world: Stack) -> None:
    async with open_publisher(PROJECT, "missing", world.pubsub_address, ignore) as queue:
        with pytest.raises(QueueUnavailable, match="NOT_FOUND"):
            await queue.publish(TASK, {})
        with pytest.raises(QueueUnavailable, match="NOT_FOUND"):
            await queue.check()


async def test_a_hanging_broker_is_given_up_within_two_and_a_half_seconds(
    world: Stack, queue: PubSubQueue
) -> None:
    world.faults.add("pubsub", "Publish", Fault("hang", seconds=9.0), -1)

    with within(2.5), pytest.raises(QueueUnavailable):
        await queue.publish(TASK, {})


async def test_a_confirmation_that_was_lost_is_not_taken_for_a_failure(
    world: Stack, queue: PubSubQueue
) -> None:
    world.faults.add("pubsub", "Publish", Fault("drop_after"))

    await queue.publish(TASK, {})
    stored = world.pubsub.messages(TOPIC)
    assert [Task.decode(message.data) for message in stored] == [TASK, TASK]


async def test_the_queue_is_back_as_soon_as_pubsub_is(world: Stack, queue: PubSubQueue) -> None:
    await queue.publish(TASK, {})
    await world.pubsub.pause()
    with pytest.raises(QueueUnavailable):
        await queue.publish(TASK, {})

    await world.pubsub.resume()
    await queue.publish(TASK, {})


async def test_readiness_asks_pubsub_now_and_then_only(world: Stack, queue: PubSubQueue) -> None:
    await queue.check()
    await world.pubsub.pause()

    await queue.check()


async def test_readiness_tells_when_pubsub_is_down(world: Stack, queue: PubSubQueue) -> None:
    await world.pubsub.pause()

    with pytest.raises(QueueUnavailable):
        await queue.check()


async def test_who_may_publish_but_not_look_is_ready(world: Stack, queue: PubSubQueue) -> None:
    world.faults.add("pubsub", "GetTopic", Fault("error", error="PERMISSION_DENIED"))

    await queue.check()


async def test_without_credentials_the_start_fails_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("CLOUDSDK_CONFIG", str(tmp_path))
    monkeypatch.setenv("NO_GCE_CHECK", "true")
    monkeypatch.delenv("GOOGLE_APPLICATION_CREDENTIALS", raising=False)

    with pytest.raises(StartFailed, match="PUBSUB_EMULATOR_HOST"):
        async with open_publisher(PROJECT, "mechachang-tasks", None, ignore):
            pass


async def test_with_credentials_the_queue_opens_towards_google(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    user = {
        "type": "authorized_user",
        "client_id": "local",
        "client_secret": "local",
        "refresh_token": "local",
    }
    credentials = tmp_path / "credentials.json"
    credentials.write_text(json.dumps(user))
    monkeypatch.setenv("GOOGLE_APPLICATION_CREDENTIALS", str(credentials))
    monkeypatch.delenv("PUBSUB_EMULATOR_HOST", raising=False)

    async with open_publisher(PROJECT, "mechachang-tasks", None, ignore) as queue:
        assert queue.topic == TOPIC
