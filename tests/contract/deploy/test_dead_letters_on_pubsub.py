"""The dead letters' tool on our broker and on Google's emulator."""

import asyncio
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from deploy.dead_letters.__main__ import command_line, run
from deploy.dead_letters.errors import BrokerFailed, UnknownTask
from deploy.dead_letters.pubsub import Names
from shared.task import Source, Task
from simulators.faults import Fault, FaultPlan
from simulators.journal import Journal
from simulators.processes.tcp_ports import free_port
from simulators.pubsub import PubSubConfig, PubSubSimulator
from simulators.stack.provisioning import DeliveryRules, provision
from tests.support.workbenches.pubsub import Bench, Workbench, eventually, serving, workbench

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
ROOT = Path(__file__).parents[3]
# An empty pull answers quickly, so that a test does not wait for the end of every list.
QUICK = PubSubConfig(pull_wait_s=0.3)


def a_task(number: int, text: str = "質問です") -> Task:
    return Task(
        task_id=f"{number:032x}",
        source=Source.DM,
        team_id="T1",
        channel_id="D1",
        user_id="U1",
        text=text,
        occurred_at=NOON,
        received_at=NOON,
    )


@dataclass
class Post:
    """A dead-letter subscription and a tasks topic with somebody who reads it."""

    clients: Workbench
    dead_letter_topic: str
    dead_letters: str
    tasks_topic: str
    tasks: str

    @property
    def names(self) -> Names:
        return Names(
            "local",
            self.dead_letters.rsplit("/", 1)[1],
            self.tasks_topic.rsplit("/", 1)[1],
            self.clients.address,
        )

    async def put(self, *tasks: Task) -> None:
        for task in tasks:
            attributes = task.attributes({"traceparent": "00-aa-bb-01"}) | {
                "CloudPubSubDeadLetterSourceSubscription": "mechachang-tasks-push",
                "CloudPubSubDeadLetterSourceDeliveryCount": "5",
            }
            await self.clients.publish(self.dead_letter_topic, task.encode(), attributes=attributes)

    async def run(self, *words: str, **changes: Any) -> None:
        names = Names(**{**vars(self.names), **changes})
        async with asyncio.timeout(60):
            await run(command_line().parse_args(words), names)


async def a_post(clients: Workbench) -> Post:
    dead_letter_topic, tasks_topic = await clients.topic(), await clients.topic()
    return Post(
        clients,
        dead_letter_topic,
        # A loan that is not handed back would hide its letters from the rest of the test.
        await clients.subscribe(dead_letter_topic, ack_deadline_seconds=600),
        tasks_topic,
        await clients.subscribe(tasks_topic),
    )


@pytest.fixture(params=["simulator", pytest.param("emulator", marks=pytest.mark.emulator)])
def running_emulator(request: pytest.FixtureRequest) -> str | None:
    if request.param == "simulator":
        return None
    return str(request.getfixturevalue("emulator_address"))


@pytest.fixture
async def post(running_emulator: str | None) -> AsyncIterator[Post]:
    async with AsyncExitStack() as stack:
        address = running_emulator
        if address is None:
            simulator = PubSubSimulator(journal=Journal(), faults=FaultPlan(), config=QUICK)
            address = (await stack.enter_async_context(simulator.serve())).address
        yield await a_post(await stack.enter_async_context(workbench(address)))


Output = Callable[[], Any]


@pytest.fixture
def reported(capsys: pytest.CaptureFixture[str]) -> Output:
    """What was reported for machines since the last time."""
    return lambda: json.loads(capsys.readouterr().out)


async def test_a_list_hides_nothing_from_the_next_one(post: Post, reported: Output) -> None:
    await post.put(*(a_task(number) for number in range(1, 6)))
    expected = {a_task(number).task_id for number in range(1, 6)}
    for _ in range(3):
        await post.run("list", "--json")
        listed = reported()
        assert {each["task_id"] for each in listed} == expected
        assert {each["deliveries"] for each in listed} == {5}
        assert {each["subscription"] for each in listed} == {"mechachang-tasks-push"}


async def test_a_task_is_shown_with_its_text_only_if_asked_for(
    post: Post, reported: Output
) -> None:
    await post.put(a_task(1, "秘密の質問です"), a_task(2))
    await post.run("show", a_task(1).task_id, "--json")
    assert "text" not in reported()["task"]
    await post.run("show", a_task(1).task_id, "--json", "--with-text")
    assert reported()["task"]["text"] == "秘密の質問です"


async def test_a_replayed_task_is_published_as_it_was_and_no_dead_letter_any_more(
    post: Post, reported: Output
) -> None:
    await post.put(a_task(1), a_task(2), a_task(1))
    await post.run("replay", a_task(1).task_id, "--json")
    [replayed] = reported()

    [received] = await post.clients.pull(post.tasks)
    assert received.message.message_id == replayed["message_id"]
    assert received.message.data == a_task(1).encode()
    expected = {**a_task(1).attributes({"traceparent": "00-aa-bb-01"}), "replay": "1"}
    assert dict(received.message.attributes) == expected
    await post.clients.pull_nothing(post.tasks)
    await post.run("list", "--json")
    assert [each["task_id"] for each in reported()] == [a_task(2).task_id]


async def test_replaying_everything_leaves_what_is_no_task(post: Post, reported: Output) -> None:
    await post.put(a_task(1), a_task(2))
    await post.clients.publish(post.dead_letter_topic, b"no task")
    await post.run("replay", "--all", "--json")
    assert {each["task_id"] for each in reported()} == {a_task(1).task_id, a_task(2).task_id}
    received = await post.clients.pull(post.tasks, 2)
    assert {each.message.data for each in received} == {a_task(1).encode(), a_task(2).encode()}
    await post.run("list", "--json")
    [left] = reported()
    assert left["undecodable"]


async def test_an_unknown_name_among_known_ones_replays_nothing(
    post: Post, reported: Output
) -> None:
    await post.put(a_task(1))
    with pytest.raises(UnknownTask, match="nobody is not among the 1 dead letters"):
        await post.run("replay", a_task(1).task_id, "nobody")
    await post.clients.pull_nothing(post.tasks)
    await post.run("list", "--json")
    assert len(reported()) == 1


async def test_large_letters_are_read_over_several_pulls(post: Post, reported: Output) -> None:
    await post.put(*(a_task(number, "長" * 20_000) for number in range(1, 131)))
    await post.run("list", "--json")
    assert len(reported()) == 130


# Failures, which can be scripted on our broker only


@pytest.fixture
async def bench() -> AsyncIterator[Bench]:
    async with serving(QUICK) as opened:
        yield opened


@pytest.fixture
async def own_post(bench: Bench) -> Post:
    return await a_post(bench.clients)


async def test_a_confirmation_that_was_lost_replays_twice_and_removes_the_letter(
    bench: Bench, own_post: Post
) -> None:
    await own_post.put(a_task(1))
    bench.faults.add("pubsub", "Publish", Fault("drop_after"))
    await own_post.run("replay", "--all")
    assert len(bench.simulator.messages(own_post.tasks_topic)) == 2
    assert bench.simulator.outstanding(own_post.dead_letters) == 0


async def test_a_replay_that_is_not_allowed_keeps_the_letter_at_hand(
    bench: Bench, own_post: Post, reported: Output
) -> None:
    await own_post.put(a_task(1))
    bench.faults.add("pubsub", "Publish", Fault("error", error="PERMISSION_DENIED"))
    with pytest.raises(BrokerFailed, match=r"may not publish to topic .*roles/pubsub\.publisher"):
        await own_post.run("replay", a_task(1).task_id)
    assert bench.simulator.messages(own_post.tasks_topic) == ()
    await own_post.run("list", "--json")
    assert len(reported()) == 1


async def test_who_may_read_but_not_look_at_the_subscription_can_still_read(
    bench: Bench, own_post: Post, reported: Output
) -> None:
    await own_post.put(a_task(1))
    bench.faults.add("pubsub", "GetSubscription", Fault("error", error="PERMISSION_DENIED"))
    await own_post.run("list", "--json")
    assert len(reported()) == 1


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"subscription": "no-such-one"}, "no subscription no-such-one in project local"),
        ({"topic": "no-such-one"}, "no topic no-such-one in project local"),
        ({"project": "elsewhere"}, "in project elsewhere"),
    ],
)
async def test_a_wrong_name_is_told(own_post: Post, changes: dict[str, str], told: str) -> None:
    await own_post.put(a_task(1))
    with pytest.raises(BrokerFailed, match=told):
        await own_post.run("replay", "--all", **changes)


async def test_a_subscription_that_pushes_cannot_be_read(bench: Bench, own_post: Post) -> None:
    pushing = await bench.push_subscription(own_post.dead_letter_topic)
    with pytest.raises(BrokerFailed, match="pushes and can't be read"):
        await own_post.run("list", subscription=pushing.rsplit("/", 1)[1])


async def test_a_broker_that_is_not_there_is_named(own_post: Post) -> None:
    nowhere = f"127.0.0.1:{free_port()}"
    with pytest.raises(BrokerFailed, match=f"No answer from the broker at {nowhere}"):
        await own_post.run("list", local_address=nowhere)


async def test_a_subscription_that_holds_letters_back_is_remarked_on(
    bench: Bench, capsys: pytest.CaptureFixture[str]
) -> None:
    topic, tasks = await bench.clients.topic(), await bench.clients.topic()
    policy = {"minimum_backoff": {"seconds": 10}, "maximum_backoff": {"seconds": 60}}
    slow = await bench.clients.subscribe(topic, retry_policy=policy)
    names = Names("local", slow.rsplit("/", 1)[1], tasks.rsplit("/", 1)[1], bench.clients.address)
    await run(command_line().parse_args(["list"]), names)
    assert "may hide for up to 60 s" in capsys.readouterr().err


async def test_what_the_processor_refused_each_time_is_pushed_to_it_again() -> None:
    async with serving(PubSubConfig(pull_wait_s=0.3, speed=200)) as bench:
        address = bench.clients.address
        await provision(address, "local", bench.target.url, DeliveryRules())
        attempts = DeliveryRules().max_delivery_attempts
        bench.target.answers = [503] * attempts + [204]
        tasks_topic = "projects/local/topics/mechachang-tasks"
        await bench.clients.publish(
            tasks_topic, a_task(1).encode(), attributes=a_task(1).attributes({})
        )
        await eventually(lambda: len(bench.target.at("/pubsub/dead-letter")) == 1)

        names = Names("local", "mechachang-dead-letter-pull", "mechachang-tasks", address)
        await run(command_line().parse_args(["replay", a_task(1).task_id]), names)
        await eventually(
            lambda: (
                len(bench.target.at("/pubsub/push")) == DeliveryRules().max_delivery_attempts + 1
            )
        )
        again = bench.target.at("/pubsub/push")[-1]
        assert again.data == a_task(1).encode()
        expected = {**a_task(1).attributes({}), "replay": "1"}
        assert again.body["message"]["attributes"] == expected


# The process


async def start(post: Post, *words: str, **environment: str) -> asyncio.subprocess.Process:
    # A shell's background jobs are born deaf to SIGINT, and so are their children. This happens
    # here, not in a ``preexec_fn``, which needs a fork: gRPC's fork handlers can abort the child.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    return await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.dead_letters", *words),
        *("--subscription", post.names.subscription, "--topic", post.names.topic),
        env={**os.environ, "PUBSUB_EMULATOR_HOST": post.clients.address, **environment},
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("list",), 0),
        (("show", "nobody"), 3),
        (("replay", "--all", "--project", "elsewhere"), 1),
        (("replay",), 2),
        (("list", "--limit", "0"), 2),
    ],
)
async def test_the_exit_code_says_how_it_went(
    own_post: Post, words: tuple[str, ...], code: int
) -> None:
    await own_post.put(a_task(1))
    process = await start(own_post, *words)
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    assert process.returncode == code
    assert (a_task(1).task_id in out.decode()) is (code == 0)
    assert b"Traceback" not in err


async def test_a_list_and_a_replay_are_told_in_the_operators_language(own_post: Post) -> None:
    await own_post.put(a_task(1), a_task(2))
    name, stranger = a_task(1).task_id, "nobody"
    for words, code, expected in (
        (("list",), 0, ("デッドレターを 2 件読み取りました。", "質問の時刻 (UTC)", f"{name}  ")),
        (("replay", stranger), 3, ("nobody は、デッドレター 2 件の中にありません。",)),
        (("replay", name), 0, (f"{name} を再実行しました", "1 件のうち 1 件を再実行しました。")),
    ):
        process = await start(own_post, *words, DEPLOY_LANG="ja")
        async with asyncio.timeout(30):
            out, err = await process.communicate()
        said = out.decode() + err.decode()
        assert process.returncode == code, said
        assert [each for each in expected if each not in said] == []


async def test_a_language_that_is_not_known_stops_before_anything_is_read(own_post: Post) -> None:
    process = await start(own_post, "list", DEPLOY_LANG="jp")
    async with asyncio.timeout(30):
        out, err = await process.communicate()
    assert (process.returncode, out) == (2, b"")
    assert "DEPLOY_LANG" in err.decode()
    assert b"Traceback" not in err


async def test_ctrl_c_hands_back_what_was_read(
    bench: Bench, own_post: Post, reported: Output
) -> None:
    await own_post.put(a_task(1))
    # The first publish never ends, so that it is stopped with the letter in its hands.
    rule = bench.faults.add("pubsub", "Publish", Fault("hang"), times=-1)
    process = await start(own_post, "replay", "--all")
    assert process.stderr is not None
    async with asyncio.timeout(30):
        assert b"Read 1 dead letter" in await process.stderr.readline()
        process.send_signal(signal.SIGINT)
        rest = await process.stderr.read()
        assert await process.wait() == 130
    assert b"Replayed 0 of 1." in rest
    assert b"stays a dead letter" in rest
    assert b"Traceback" not in rest
    bench.faults.remove(rule.id)
    await own_post.run("list", "--json")
    assert len(reported()) == 1
