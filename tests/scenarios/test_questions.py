"""Questions asked in Slack are answered once: both services as processes, on either broker."""

import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from google.pubsub_v1 import PublisherAsyncClient, PubsubMessage
from google.pubsub_v1.services.publisher.transports import PublisherGrpcAsyncIOTransport
from grpc import aio

from shared.ledger import Mark
from simulators.faults import Fault
from simulators.gemini import ErrorReply, Reply
from simulators.processes.google_emulator import EmulatorMissing, google_emulator
from simulators.slack import SlackConfig
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.scenarios.conftest import QUICK
from tests.support.workbenches.slack import ONE_EVENT_A_MENTION

DEADLINE_S = 60.0
TOPIC = "projects/local/topics/mechachang-tasks"
DEAD_LETTER_TOPIC = "projects/local/topics/mechachang-dead-letter"


def unavailable(reason: str) -> None:
    """Skip for a missing program, but not in CI."""
    if os.environ.get("CI"):
        pytest.fail(reason)
    pytest.skip(reason)


@pytest.fixture(
    params=[
        "simulator",
        pytest.param("google", marks=[pytest.mark.emulator, pytest.mark.redis_server]),
    ]
)
async def stack(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[LocalStack]:
    """The stack on our broker, or on Google's emulator with a real redis-server."""
    async with AsyncExitStack() as opened:
        config = StackConfig(folder=tmp_path, delivery=QUICK)
        if request.param == "google":
            if shutil.which("redis-server") is None:
                unavailable("redis-server is not installed")
            try:
                address = await opened.enter_async_context(google_emulator())
            except EmulatorMissing as error:
                unavailable(str(error))
            config = StackConfig(
                folder=tmp_path,
                delivery=QUICK,
                settings={"PUBSUB_EMULATOR_HOST": address},
                redis_kinds=("redis-server",),
            )
        yield await opened.enter_async_context(LocalStack(config))


def answers(stack: LocalStack, where: str, thread_ts: str) -> list[str]:
    """What stands in a thread as an answer of ours."""
    return [
        str(message["blocks"])
        for message in stack.slack.messages(where, thread_ts=thread_ts)
        if (mark := Mark.of_message(message)) is not None and mark.role == "answer"
    ]


async def the_answer(stack: LocalStack, where: str, thread_ts: str) -> str:
    """The one answer of a thread, when every delivery has been dealt with."""
    await stack.slack.wait_for(lambda: answers(stack, where, thread_ts), DEADLINE_S)
    published = len(stack.journal.entries(step="publish"))
    await stack.slack.wait_for(
        lambda: len(stack.journal.entries(step="push")) >= published,
        DEADLINE_S,
    )
    [answer] = answers(stack, where, thread_ts)
    return answer


async def test_a_mention_is_answered_in_its_thread(stack: LocalStack) -> None:
    asked = stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")
    assert "in-memory" in await the_answer(stack, "#general", asked.ts)


async def test_a_direct_message_is_answered_in_its_thread(stack: LocalStack) -> None:
    where = stack.slack.people.dm("alice").id
    asked = stack.slack.people.post("alice", where, "Redisとは何ですか")
    assert "Redis" in await the_answer(stack, where, asked.ts)


async def test_a_command_shows_its_question_and_gets_a_code_answer(stack: LocalStack) -> None:
    text = "素数を判定するPython関数"
    await stack.slack.people.slash("alice", "#general", "/gemini", text)

    def question() -> str | None:
        shown = (m for m in stack.slack.messages("#general") if text in str(m.get("text")))
        return next((str(message["ts"]) for message in shown), None)

    thread_ts = await stack.slack.wait_for(question, DEADLINE_S)
    assert thread_ts is not None
    assert "```python" in await the_answer(stack, "#general", thread_ts)


async def test_a_command_where_the_bot_is_no_member_is_answered_to_its_asker(
    tmp_path: Path,
) -> None:
    async with LocalStack(StackConfig(folder=tmp_path, delivery=QUICK)) as stack:
        channels = stack.slack.workspace.channels.values()
        bot = stack.slack.workspace.bot.id
        outside = next(
            c for c in channels if bot not in c.members and c.kind == "channel" and c.members
        )
        member = next(iter(outside.members))
        await stack.slack.people.slash(member, outside.id, "/gemini", "Redisとは何ですか")
        await stack.slack.wait_for(
            lambda: (
                "Redis"
                in str([m["blocks"] for m in stack.slack.ephemerals(member) if m.get("blocks")])
            ),
            DEADLINE_S,
        )
        assert not [m for m in stack.slack.messages(outside.id) if m.get("bot_id")]


async def test_while_pubsub_is_down_nothing_is_acked_and_the_redelivery_is_answered_once(
    tmp_path: Path,
) -> None:
    config = StackConfig(
        folder=tmp_path,
        delivery=QUICK,
        slack=SlackConfig(redelivery_delays_s=(0.5, 1, 1, 2, 2), subscriptions=ONE_EVENT_A_MENTION),
    )
    async with LocalStack(config) as stack:
        assert stack.pubsub is not None
        await stack.pubsub.pause()
        asked = stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")
        await stack.slack.wait_for(lambda: stack.journal.entries(step="ack_missed"), DEADLINE_S)
        assert stack.journal.entries(step="ack") == []
        await stack.pubsub.resume()
        # An attempt that was given up may be published late, and answered before the redelivery.
        await stack.slack.wait_for(lambda: stack.journal.entries(step="ack"), DEADLINE_S)
        assert "in-memory" in await the_answer(stack, "#general", asked.ts)


async def test_an_event_delivered_three_times_is_answered_once(tmp_path: Path) -> None:
    async with LocalStack(StackConfig(folder=tmp_path, delivery=QUICK)) as stack:
        stack.faults.add("socket", "envelope", Fault("duplicate"))
        stack.faults.add("push", "*", Fault("duplicate"))
        asked = stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")
        assert "in-memory" in await the_answer(stack, "#general", asked.ts)


async def test_a_post_that_slack_took_without_answering_stands_once(tmp_path: Path) -> None:
    async with LocalStack(StackConfig(folder=tmp_path, delivery=QUICK)) as stack:
        stack.faults.add("slack", "chat.postMessage", Fault("drop_after"))
        asked = stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")
        assert "in-memory" in await the_answer(stack, "#general", asked.ts)


async def test_a_message_that_is_no_task_ends_as_a_dead_letter_and_harms_nothing(
    tmp_path: Path,
) -> None:
    async with LocalStack(StackConfig(folder=tmp_path, delivery=QUICK)) as stack:
        assert stack.pubsub is not None
        address = stack.vendors.addresses.pubsub
        async with aio.insecure_channel(address) as channel:
            publisher = PublisherAsyncClient(
                transport=PublisherGrpcAsyncIOTransport(channel=channel)
            )
            await publisher.publish(topic=TOPIC, messages=[PubsubMessage(data=b"this is no task")])
        dead = stack.pubsub.messages
        await stack.slack.wait_for(lambda: len(dead(DEAD_LETTER_TOPIC)) == 1, DEADLINE_S)
        tries = [e for e in stack.journal.entries(step="push") if e.detail["status"] == 400]
        assert len(tries) == QUICK.max_delivery_attempts
        asked = stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")
        assert "in-memory" in await the_answer(stack, "#general", asked.ts)
        log = stack.processors[0].log_text()
        assert "undecodable_task" in log
        assert "this is no task" not in log


async def test_a_question_that_gemini_never_answers_gets_one_notice(tmp_path: Path) -> None:
    config = StackConfig(folder=tmp_path, delivery=QUICK, processor={"RETRY_COUNT": "0"})
    async with LocalStack(config) as stack:
        stack.gemini.script("Redis", Reply(error=ErrorReply(503)))
        asked = stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")

        def notices() -> list[str]:
            thread = stack.slack.messages("#general", thread_ts=asked.ts)
            marks = [(Mark.of_message(message), str(message)) for message in thread]
            return [text for mark, text in marks if mark is not None and mark.role == "notice"]

        await stack.slack.wait_for(notices, DEADLINE_S)
        assert len(notices()) == 1
        assert answers(stack, "#general", asked.ts) == []


async def test_an_equal_question_comes_from_the_cache_and_its_button_asks_anew(
    tmp_path: Path,
) -> None:
    # Alice reads English: the first question is not yet to be asked in the default language.
    config = StackConfig(folder=tmp_path, delivery=QUICK, settings={"DEFAULT_LOCALE": "en"})
    async with LocalStack(config) as stack:
        people = stack.slack.people
        first = people.post("alice", "#general", "@mechachang What is Redis?")
        await the_answer(stack, "#general", first.ts)
        second = people.post("alice", "#general", "@mechachang What is Redis?")
        assert "regenerate" in await the_answer(stack, "#general", second.ts)
        assert len(stack.gemini.requests) == 1
        cached = stack.slack.messages("#general", thread_ts=second.ts)[-1]
        await people.click("alice", "#general", cached["ts"], "regenerate")
        await stack.slack.wait_for(
            lambda: len(answers(stack, "#general", second.ts)) == 2, DEADLINE_S
        )
        assert len(stack.gemini.requests) == 2
