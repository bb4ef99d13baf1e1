"""Conversations in threads: what the model is told of them."""

from pathlib import Path
from typing import Any

from shared.ledger import Mark
from simulators.gemini import ReceivedRequest, Reply
from simulators.journal import Entry
from simulators.slack.state.changes import StatusChanged
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.scenarios.conftest import QUICK

DEADLINE_S = 60.0


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
        # Slack keeps Markdown as rich text, whose emphasis is not read back.
        assert texts[1] == "Answer one."
        assert '"山田 花"' in texts[2]
        assert "step two" in texts[2]
        assert texts[3] == "Answer two."
        assert texts[4].endswith("step three")


async def test_a_follow_up_needs_no_mention_but_what_is_said_to_others_is_left_alone(
    tmp_path: Path,
) -> None:
    async with stack_in(tmp_path) as stack:
        people = stack.slack.people
        opening = people.post("alice", "#general", "@mechachang What is Redis?")
        await answered(stack, opening.ts, 1)
        people.post("alice", "#general", "@hana have you seen this?", thread_ts=opening.ts)
        people.post("alice", "#general", "thanks! :tada:", thread_ts=opening.ts)
        elsewhere = people.post("alice", "#general", "Lunch, anybody?")
        people.post("hana", "#general", "Where shall we go?", thread_ts=elsewhere.ts)
        people.post("alice", "#general", "And what is Kafka?", thread_ts=opening.ts)
        await answered(stack, opening.ts, 2)
        asked = [request.prompt for request in stack.gemini.requests]
        assert len(asked) == 2
        assert asked[1].endswith("And what is Kafka?")
        assert answers(stack, elsewhere.ts) == []


def seen_in(stack: LocalStack) -> list[Any]:
    """What people see of the app from now on: its statuses, and its calls that write."""
    seen: list[Any] = []
    writing = ("chat.postMessage", "chat.postEphemeral", "chat.startStream", "reactions.add")

    def note(change: object) -> None:
        if isinstance(change, StatusChanged) and change.status.text:
            seen.append(change.status)

    def note_call(entry: Entry) -> None:
        if entry.step == "api" and entry.detail.get("method") in writing:
            seen.append(entry.detail)

    stack.slack.workspace.subscribe(note)
    stack.journal.subscribe(note_call)
    return seen


def not_followed(stack: LocalStack) -> int:
    return sum(
        1 for entry in stack.journal.entries(step="push") if entry.detail.get("status") == 204
    )


async def test_two_people_talk_below_an_answer_and_nobody_sees_a_sign_of_us(
    tmp_path: Path,
) -> None:
    async with stack_in(tmp_path) as stack:
        people = stack.slack.people
        opening = people.post("alice", "#general", "@mechachang 箱根と熱海を比べて")
        await answered(stack, opening.ts, 1)
        seen, delivered = seen_in(stack), not_followed(stack)
        talk = [
            ("hana", "箱根いいですね、どう行きますか"),
            ("alice", "車で行くつもりです。資料に入れておきます。"),
            ("hana", "1on1 はいつにしますか？"),
            ("alice", "木曜の夕方です"),
            ("hana", "Sounds good, is Thursday ok for Bob?"),
        ]
        for who, text in talk:
            people.post(who, "#general", text, thread_ts=opening.ts)
        await stack.slack.wait_for(lambda: not_followed(stack) >= delivered + len(talk), DEADLINE_S)
        assert seen == []
        assert len(stack.gemini.requests) == 1

        people.post("hana", "#general", "@mechachang 車だと何分？", thread_ts=opening.ts)
        await answered(stack, opening.ts, 2)
        people.post("hana", "#general", "電車だとどうですか", thread_ts=opening.ts)
        await answered(stack, opening.ts, 3)
        assert seen != []


async def test_a_short_yes_of_a_model_lets_a_second_person_ask_without_a_mention(
    tmp_path: Path,
) -> None:
    async with stack_in(tmp_path, FOLLOW_THREADS="judge") as stack:
        stack.gemini.script("Answer with one word, yes or no", Reply(text="yes"))
        people = stack.slack.people
        opening = people.post("alice", "#general", "@mechachang What is Redis?")
        await answered(stack, opening.ts, 1)
        people.post("hana", "#general", "And what is Kafka?", thread_ts=opening.ts)
        await answered(stack, opening.ts, 2)
        judged = stack.gemini.requests[1]
        assert judged.prompt.startswith("[")
        assert "And what is Kafka?" in judged.prompt


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
    async with stack_in(tmp_path, FOLLOW_THREADS="mention") as stack:
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


async def test_a_new_direct_message_goes_on_from_the_last_exchange_unless_it_starts_anew(
    tmp_path: Path,
) -> None:
    async with stack_in(tmp_path) as stack:
        people, channel = stack.slack.people, stack.slack.people.dm("alice").id
        stack.gemini.script("decline", Reply(text="I am **sorry**, I can't come."))

        async def answered_in_the_dm(text: str) -> ReceivedRequest:
            count = len(stack.gemini.requests)
            asked = people.post("alice", channel, text)

            def stands() -> bool:
                thread = stack.slack.messages(channel, thread_ts=asked.ts)
                marks = [Mark.of_message(message) for message in thread]
                return any(mark and mark.role == "answer" and mark.parts for mark in marks)

            await stack.slack.wait_for(stands, DEADLINE_S)
            assert len(stack.gemini.requests) == count + 1
            return stack.gemini.requests[-1]

        first = await answered_in_the_dm("Write a mail to decline a meeting")
        second = await answered_in_the_dm("a bit more casual, please")
        third = await answered_in_the_dm("New question: what is Kafka?")
        assert [role for role, _ in told(first)] == ["user"]
        (_, quote), (role, answer), (_, question) = told(second)
        assert "Write a mail to decline a meeting" in quote
        assert (role, answer) == ("model", "I am sorry, I can't come.")
        assert question.endswith("a bit more casual, please")
        assert [role for role, _ in told(third)] == ["user"]
