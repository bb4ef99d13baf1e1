"""What only the simulator does: being down and back, running alone, and being looked into."""

import asyncio
import os
import signal
import sys

import pytest
from google.api_core import exceptions

from simulators.faults import FaultPlan
from simulators.journal import Journal
from simulators.processes.environment import PROJECT_ROOT, inherited
from simulators.pubsub import PubSubSimulator
from tests.support.workbenches.pubsub import (
    PROJECT,
    Bench,
    eventually,
    serving,
    workbench,
)


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
