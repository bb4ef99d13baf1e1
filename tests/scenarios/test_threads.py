"""Conversations in threads: what the model is told of them."""

from pathlib import Path
from typing import Any

from shared.ledger import Mark
from simulators.gemini import ReceivedRequest, Reply
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from simulators.stack.provisioning import DeliveryRules

QUICK = DeliveryRules(min_backoff_s=0.2, max_backoff_s=0.4)
DEADLINE_S = 30.0


def stack_in(folder: Path, **settings: str) -> LocalStack:
    return LocalStack(StackConfig(folder=folder, delivery=QUICK, settings=settings))


def answers(stack: LocalStack, thread_ts: str) -> list[str]:
    """The whole answers in a thread of #general, in order."""
    return [
        str(message["blocks"])
        for message in stack.slack.messages("#general", thread_ts=thread_ts)
        if (mark := Mark.of_message(message)) is not None and mark.role == "answer" and mark.parts
    ]


async def answered(stack: LocalStack, thread_ts: str, times: int) -> None:
    await stack.slack.wait_for(lambda: len(answers(stack, thread_ts)) == times, DEADLINE_S)


def told(request: ReceivedRequest) -> list[tuple[str, str]]:
    """Role and text of each turn that Gemini was sent."""
    contents: list[dict[str, Any]] = request.body["contents"]
    return [(each["role"], "".join(part["text"] for part in each["parts"])) for each in contents]


async def test_each_step_of_a_conversation_is_answered_with_the_ones_before_it(
    tmp_path: Path,
) -> None:
    async with stack_in(tmp_path) as stack:
        for word in ("one", "two", "three"):
            stack.gemini.script(f"step {word}", Reply(text=f"Answer **{word}**."))
        opening = stack.slack.people.post("alice", "#general", "@mechachang step one")
        await answered(stack, opening.ts, 1)
        for number, word in enumerate(("two", "three"), start=2):
            stack.slack.people.post(
                "hana", "#general", f"@mechachang step {word}", thread_ts=opening.ts
            )
            await answered(stack, opening.ts, number)

        first, second, third = (told(request) for request in stack.gemini.requests)
        assert first == [("user", "step one")]
        assert [role for role, _ in second] == ["user", "model", "user"]
        assert [role for role, _ in third] == ["user", "model", "user", "model", "user"]
        texts = [text for _, text in third]
        assert '"Alice Martin"' in texts[0]
        assert "step one" in texts[0]
        assert texts[1] == "Answer **one**."
        assert '"山田 花"' in texts[2]
        assert "step two" in texts[2]
        assert texts[3] == "Answer **two**."
        assert texts[4].endswith("step three")


async def test_a_follow_up_needs_no_mention_but_what_is_said_to_others_is_left_alone(
    tmp_path: Path,
) -> None:
    async with stack_in(tmp_path) as stack:
        people = stack.slack.people
        opening = people.post("alice", "#general", "@mechachang What is Redis?")
        await answered(stack, opening.ts, 1)
        people.post("alice", "#general", "@hana have you seen this?", thread_ts=opening.ts)
        people.post("hana", "#general", "ありがとう :tada:", thread_ts=opening.ts)
        elsewhere = people.post("alice", "#general", "Lunch, anybody?")
        people.post("hana", "#general", "Where shall we go?", thread_ts=elsewhere.ts)
        people.post("hana", "#general", "And what is Kafka?", thread_ts=opening.ts)
        await answered(stack, opening.ts, 2)
        asked = [request.prompt for request in stack.gemini.requests]
        assert len(asked) == 2
        assert asked[1].endswith("And what is Kafka?")
        assert answers(stack, elsewhere.ts) == []


async def test_a_mention_in_a_thread_is_answered_once_though_it_comes_as_two_events(
    tmp_path: Path,
) -> None:
    async with stack_in(tmp_path) as stack:
        people = stack.slack.people
        opening = people.post("alice", "#general", "@mechachang What is Redis?")
        await answered(stack, opening.ts, 1)
        people.post("hana", "#general", "@mechachang And Kafka?", thread_ts=opening.ts)
        await answered(stack, opening.ts, 2)
        assert len(stack.journal.entries(step="publish")) == 2


async def test_with_following_switched_off_only_a_mention_asks(tmp_path: Path) -> None:
    async with stack_in(tmp_path, FOLLOW_THREADS="false") as stack:
        people = stack.slack.people
        opening = people.post("alice", "#general", "@mechachang What is Redis?")
        await answered(stack, opening.ts, 1)
        people.post("hana", "#general", "And what is Kafka?", thread_ts=opening.ts)
        people.post("hana", "#general", "@mechachang And MySQL?", thread_ts=opening.ts)
        await answered(stack, opening.ts, 2)
        assert [request.prompt[-10:] for request in stack.gemini.requests][1:] == ["And MySQL?"]


async def test_two_quick_questions_in_one_thread_are_answered_in_order(tmp_path: Path) -> None:
    async with stack_in(tmp_path) as stack:
        stack.gemini.script("the first", Reply(text="One.", first_token_s=1.5))
        stack.gemini.script("the second", Reply(text="Two."))
        people = stack.slack.people
        opening = people.post("alice", "#general", "@mechachang the first")
        await stack.slack.wait_for(lambda: stack.gemini.requests, DEADLINE_S)
        people.post("hana", "#general", "@mechachang the second", thread_ts=opening.ts)
        await answered(stack, opening.ts, 2)
        first, second = answers(stack, opening.ts)
        assert "One." in first
        assert "Two." in second
        assert len(stack.gemini.requests) == 2
        turns = told(stack.gemini.requests[1])
        assert [role for role, _ in turns] == ["user", "model", "user"]
        assert turns[1] == ("model", "One.")
        await stack.slack.wait_for(lambda: len(stack.journal.entries(step="push")) == 2, DEADLINE_S)
        pushes = stack.journal.entries(step="push")
        assert [each.detail["attempt"] for each in pushes] == [1, 1], "waiting costs no delivery"
