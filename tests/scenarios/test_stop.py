"""Stop ends an answer within seconds, in Gemini too, and what stands there is the one answer."""

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest

from processor_service.ports.limits import START
from processor_service.redis.connection import redis_connection
from processor_service.redis.rate_budget import RedisRateBudget
from shared.ledger import Mark
from simulators.gemini import Reply
from simulators.stack.local_stack import LocalStack
from tests.support.machine import within
from tests.support.workbenches.redis import PATIENCE_S

DEADLINE_S = 60.0
# A reply that would take this long; stopping it in time leaves most of it unsaid.
SCRIPTED_S = 60.0
WORDS = [f"段落{number}です。詳しく説明します。\n\n" for number in range(120)]
UNHURRIED = Reply(chunks=WORDS, first_token_s=0.2, between_s=SCRIPTED_S / len(WORDS))


@pytest.fixture
def stack(stack: LocalStack) -> LocalStack:
    stack.gemini.script("説明", UNHURRIED)
    return stack


async def without_streams(stack: LocalStack) -> None:
    """As in a busy minute: what Slack leaves for streams is used up."""
    async with redis_connection(stack.redis.url, PATIENCE_S) as connection:
        budget, starts = RedisRateBudget(connection), 0
        while await budget.try_acquire(START):
            starts += 1
    assert starts, "without Redis there is nothing to use up"


def thread(stack: LocalStack, ts: str) -> list[dict[str, Any]]:
    """What stands below a question."""
    return stack.slack.messages("#general", thread_ts=ts)[1:]


def buttons(message: dict[str, Any]) -> list[str]:
    return [
        element["action_id"]
        for block in message.get("blocks") or ()
        if block["type"] == "actions"
        for element in block["elements"]
    ]


def streams(message: dict[str, Any]) -> bool:
    return message.get("streaming_state") == "in_progress"


async def growing(
    stack: LocalStack, ts: str, looks: Callable[[dict[str, Any]], bool]
) -> dict[str, Any]:
    """The message below the question, once it looks like that."""
    await stack.slack.wait_for(lambda: [m for m in thread(stack, ts) if looks(m)], DEADLINE_S)
    [message] = thread(stack, ts)
    return message


@asynccontextmanager
async def gemini_is_left(stack: LocalStack) -> AsyncIterator[None]:
    """What the block does makes us leave Gemini soon."""
    with within(SCRIPTED_S / 20):
        yield
        await stack.gemini.wait_for(lambda: stack.gemini.requests[0].client_closed, DEADLINE_S)


async def the_stopped_answer(stack: LocalStack, ts: str) -> str:
    """Most was left unsaid, and one answer stands there that says so."""

    def is_whole(message: dict[str, Any]) -> bool:
        mark = Mark.of_message(message)
        return mark is not None and mark.role == "answer" and mark.parts == 1

    message = await growing(stack, ts, is_whole)
    [request] = stack.gemini.requests
    assert request.chunks_sent < len(WORDS) / 4
    said = "".join(b["text"] for b in message["blocks"] if b["type"] == "markdown")
    assert "".join(WORDS).startswith(said.rstrip())
    assert "ここで停止しました。" in str(message["blocks"])
    assert buttons(message) == ["regenerate"]
    return said


def settled(stack: LocalStack, pushes: int) -> Callable[[], bool]:
    def are() -> bool:
        done = [p for p in stack.journal.entries(step="push") if p.detail["status"] == 204]
        return len(done) >= pushes

    return are


async def test_slacks_own_stop_ends_a_streamed_answer(stack: LocalStack) -> None:
    asked = stack.slack.people.post("hana", "#general", "@mechachang 説明してください")
    streamed = await growing(
        stack,
        asked.ts,
        lambda m: streams(m) and "段落1" in m["text"],
    )
    async with gemini_is_left(stack):
        stack.slack.people.stop("hana", "#general", streamed["ts"])
    said = await the_stopped_answer(stack, asked.ts)
    assert said.startswith("段落0")
    await stack.slack.wait_for(settled(stack, 2), DEADLINE_S)
    assert len(thread(stack, asked.ts)) == 1
    assert len(stack.gemini.requests) == 1


async def test_the_stop_button_ends_an_answer_that_grows_by_edits_and_vanishes(
    stack: LocalStack,
) -> None:
    await without_streams(stack)
    asked = stack.slack.people.post("hana", "#general", "@mechachang 説明してください")
    edited = await growing(stack, asked.ts, lambda m: buttons(m) == ["stop"])
    await stack.slack.people.click("kenji", "#general", edited["ts"], "stop")
    await stack.slack.wait_for(lambda: stack.slack.ephemerals("kenji"), DEADLINE_S)
    assert "質問した方だけ" in str(stack.slack.ephemerals("kenji"))
    assert stack.gemini.requests[0].outcome == "running"
    async with gemini_is_left(stack):
        await stack.slack.people.click("hana", "#general", edited["ts"], "stop")
    await the_stopped_answer(stack, asked.ts)
    await stack.slack.wait_for(settled(stack, 2), DEADLINE_S)
    assert len(thread(stack, asked.ts)) == 1


async def test_a_stopped_answer_can_be_regenerated(stack: LocalStack) -> None:
    asked = stack.slack.people.post("hana", "#general", "@mechachang 説明してください")
    streamed = await growing(stack, asked.ts, streams)
    async with gemini_is_left(stack):
        stack.slack.people.stop("hana", "#general", streamed["ts"])
    await the_stopped_answer(stack, asked.ts)
    stack.gemini.script("別の考え方", Reply(text="今度は最後まで。"))
    await stack.slack.people.click("hana", "#general", streamed["ts"], "regenerate")
    await stack.slack.wait_for(lambda: "今度は最後まで" in str(thread(stack, asked.ts)), DEADLINE_S)
    assert len(thread(stack, asked.ts)) == 2


async def test_without_redis_a_stop_works_in_the_process_that_answers(stack: LocalStack) -> None:
    await stack.redis.kill()
    asked = stack.slack.people.post("hana", "#general", "@mechachang 説明してください")
    edited = await growing(stack, asked.ts, lambda m: buttons(m) == ["stop"])
    async with gemini_is_left(stack):
        await stack.slack.people.click("hana", "#general", edited["ts"], "stop")
    await the_stopped_answer(stack, asked.ts)


async def test_deleting_the_question_stops_its_answer(stack: LocalStack) -> None:
    asked = stack.slack.people.post("hana", "#general", "@mechachang 説明してください")
    await growing(stack, asked.ts, lambda m: streams(m) and "段落1" in m["text"])
    async with gemini_is_left(stack):
        stack.slack.people.delete("hana", "#general", asked.ts)
    await the_stopped_answer(stack, asked.ts)
    assert stack.slack.messages("#general", thread_ts=asked.ts)[0]["subtype"] == "tombstone"
    assert len(thread(stack, asked.ts)) == 1
