"""Thirty answers a minute in one workspace, under Slack's own limits."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from shared.ledger import Mark
from simulators.gemini import GeminiConfig
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack

QUESTIONS = 30
EVERY_S = 1.0
DEADLINE_S = 90.0
WRITING = GeminiConfig(first_token_s=0.4, total_s=3.0)
WHO = ("hana", "kenji", "alice", "tom")


def messages(stack: LocalStack, role: str) -> list[tuple[str, dict[str, Any]]]:
    """Our messages of a role, each with its conversation."""
    return [
        (channel, message)
        for channel in stack.slack.workspace.channels
        for message in stack.slack.messages(channel)
        if (mark := Mark.of_message(message)) is not None and mark.role == role
    ]


def whole(stack: LocalStack) -> set[tuple[str, str]]:
    """The questions that have their answer."""
    return {
        (channel, str(message["thread_ts"]))
        for channel, message in messages(stack, "answer")
        if (mark := Mark.of_message(message)) is not None and mark.parts
    }


def logged(stack: LocalStack, action: str) -> list[dict[str, Any]]:
    lines = (json.loads(line) for line in stack.processors[0].log_text().splitlines() if line)
    return [line for line in lines if line.get("action") == action]


@pytest.mark.timeout(200)
async def test_thirty_answers_a_minute_are_all_whole_and_nobody_hears_of_limits(
    tmp_path: Path,
) -> None:
    config = StackConfig(folder=tmp_path, gemini=WRITING, settings={"LOG_FORMAT": "json"})
    async with LocalStack(config) as stack:
        asked: set[tuple[str, str]] = set()
        for number in range(QUESTIONS):
            who = WHO[number % len(WHO)]
            text = f"質問{number}: 素数について教えてください"
            channel = stack.slack.people.dm(who).id if number % 3 else "#general"
            message = stack.slack.people.post(
                who, channel, text if number % 3 else f"@mechachang {text}"
            )
            asked.add((message.channel, message.ts))
            await asyncio.sleep(EVERY_S)
        await stack.slack.wait_for(lambda: whole(stack) >= asked, DEADLINE_S)
        await stack.slack.wait_for(
            lambda: len(logged(stack, "answer_shown")) == QUESTIONS, DEADLINE_S
        )
        assert messages(stack, "notice") == []
        assert not stack.slack.workspace.live_streams()
        assert len(messages(stack, "answer")) == QUESTIONS
        ways = Counter("+".join(line["ways"]) for line in logged(stack, "answer_shown"))
        assert ways["stream"] >= 10
        assert sum(ways.values()) == QUESTIONS
