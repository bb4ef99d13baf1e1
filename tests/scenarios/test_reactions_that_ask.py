"""A reaction that asks, over both services and real sockets."""

from pathlib import Path
from typing import Any

from shared.ledger import Mark
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.scenarios.conftest import QUICK

DEADLINE_S = 60.0


def whole(messages: list[dict[str, Any]], role: str) -> list[dict[str, Any]]:
    """Our messages of one role among these, whole ones only."""
    marks = [(message, Mark.of_message(message)) for message in messages]
    return [m for m, mark in marks if mark is not None and mark.role == role and mark.parts]


def told(stack: LocalStack, who: str, role: str) -> list[dict[str, Any]]:
    """Our messages of one role in a person's direct messages."""
    return whole(stack.slack.messages(stack.slack.people.dm(who).id), role)


async def test_a_reaction_is_answered_once_in_direct_messages_and_never_to_who_has_left(
    tmp_path: Path,
) -> None:
    config = StackConfig(folder=tmp_path, delivery=QUICK, settings={"REACTION_ASK": "gemini"})
    async with LocalStack(config) as stack:
        people = stack.slack.people
        opening = people.post("kenji", "#planning", "リリースは金曜日です。")
        said = people.post("hana", "#planning", "SLA を満たせません。", thread_ts=opening.ts)

        people.react("alice", "#planning", said.ts, "gemini")
        await stack.slack.wait_for(lambda: told(stack, "alice", "answer"), DEADLINE_S)
        people.react("alice", "#planning", said.ts, "gemini")
        people.react("alice", "#planning", said.ts, "gemini")
        await stack.slack.wait_for(lambda: len(stack.journal.entries(step="push")) == 2, DEADLINE_S)
        people.react("alice", "#planning", opening.ts, "gemini")
        people.leave("alice", "#planning")
        [notice] = await stack.slack.wait_for(lambda: told(stack, "alice", "notice"), DEADLINE_S)
        [answer] = told(stack, "alice", "answer")
        first, second = told(stack, "alice", "question")

        assert (answer["thread_ts"], notice["thread_ts"]) == (first["ts"], second["ts"])
        assert "You're not in that channel" in notice["text"]
        [request] = stack.gemini.requests
        assert "SLA を満たせません" in str(request.body["contents"])
        assert "Answer in English" in str(request.body["contents"])
        assert not any(m.get("bot_id") for m in stack.slack.messages("#planning"))


async def test_in_thread_mode_everybody_reads_the_answer_below_the_message_and_who_asked(
    tmp_path: Path,
) -> None:
    in_thread = {"REACTION_ASK": "gemini", "REACTION_ANSWER_IN": "thread"}
    config = StackConfig(folder=tmp_path, delivery=QUICK, settings=in_thread)
    async with LocalStack(config) as stack:
        people = stack.slack.people
        opening = people.post("kenji", "#planning", "リリースは金曜日です。")
        said = people.post("hana", "#planning", "SLA を満たせません。", thread_ts=opening.ts)
        apart = people.post("kenji", "#planning", "Redis とは何ですか。")

        def below(ts: str, role: str) -> list[dict[str, Any]]:
            return whole(stack.slack.messages("#planning", thread_ts=ts), role)

        people.react("alice", "#planning", said.ts, "gemini")
        await stack.slack.wait_for(lambda: below(opening.ts, "answer"), DEADLINE_S)
        # The emoji is taken away, and put back; then another person asks about the same message.
        people.react("alice", "#planning", said.ts, "gemini")
        people.react("alice", "#planning", said.ts, "gemini")
        people.react("hana", "#planning", said.ts, "gemini")
        await stack.slack.wait_for(lambda: len(below(opening.ts, "answer")) == 2, DEADLINE_S)
        people.react("alice", "#planning", apart.ts, "gemini")
        await stack.slack.wait_for(lambda: below(apart.ts, "answer"), DEADLINE_S)

        [alices, hanas] = below(opening.ts, "question")
        assert alices["text"].startswith("Alice Martin asked about")
        assert hanas["text"].startswith("山田 花 さんがリアクションで")
        [question] = below(apart.ts, "question")
        assert question["text"].startswith("Alice Martin asked about")
        assert [len(below(ts, "answer")) for ts in (opening.ts, apart.ts)] == [2, 1]
        prompts = [str(request.body["contents"]) for request in stack.gemini.requests]
        assert ["SLA を満たせません" in prompt for prompt in prompts] == [True, True, False]
        for name in ("alice", "hana", "kenji"):
            assert not told(stack, name, "answer")
