"""Forty thousand characters with tables and code arrive whole, in the thread or in a file."""

import re
from pathlib import Path
from typing import Any

import pytest

from processor_service.delivery.answer_file import LONGEST_THREAD
from processor_service.ports.answers import Answer
from processor_service.rendering.messages import render_answer
from shared.ledger import Mark
from simulators.gemini import GeminiConfig, Reply
from simulators.slack import SlackConfig
from simulators.slack.config import SCOPES
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.support.workbenches.redis import PATIENT_REDIS

DEADLINE_S = 60.0
QUESTION = "@mechachang 詳しく説明してください"
# Growing takes a few steps and Slack's limits stay as they are.
UNHURRIED = GeminiConfig(first_token_s=0.2, total_s=4.0, chunk_tokens=60)


def chapter(number: int, sentence: str) -> str:
    code = "\n".join(f"value_{number}_{line} = compute({line})  # 注釈" for line in range(12))
    rows = "\n".join(f"| 項目{number}-{row} | **{row * 7}** |" for row in range(6))
    return (
        f"## {number}. Chapter\n\n{sentence * 8}\n\n```python\n{code}\n```\n\n"
        f"| 名前 | 値 |\n|---|--:|\n{rows}\n\n- 一つ目の点\n- 二つ目の点"
    )


def document(sentence: str, chars: int) -> str:
    chapters: list[str] = []
    while sum(map(len, chapters)) < chars:
        chapters.append(chapter(len(chapters) + 1, sentence))
    return "\n\n".join(chapters)


def answer_parts(stack: LocalStack, thread_ts: str) -> list[dict[str, Any]]:
    """The parts of the whole answer, once it is whole."""
    marked = [
        (message, mark)
        for message in stack.slack.messages("#general", thread_ts=thread_ts)
        if (mark := Mark.of_message(message)) is not None and mark.role == "answer"
    ]
    whole = [message for message, mark in marked if mark.parts == len(marked)]
    return whole if len(whole) == len(marked) else []


def files(stack: LocalStack, thread_ts: str) -> list[dict[str, Any]]:
    thread = stack.slack.messages("#general", thread_ts=thread_ts)
    return [file for message in thread for file in message.get("files", [])]


def content_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    kinds = ("markdown", "table")
    blocks = [block for block in message["blocks"] if block["type"] in kinds]
    return [{k: v for k, v in block.items() if k != "block_id"} for block in blocks]


def check_joints(parts: list[dict[str, Any]]) -> None:
    """No code block and no table is broken at a joint."""
    for part in parts:
        for block in content_of(part):
            if block["type"] == "markdown":
                assert len(re.findall(r"^```", block["text"], re.MULTILINE)) % 2 == 0
            else:
                assert "名前" in str(block["rows"][0])


async def asked_and_answered(
    stack: LocalStack, text: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """The parts of the answer, and the files in the thread."""
    stack.gemini.script("詳しく", Reply(text=text))
    asked = stack.slack.people.post("hana", "#general", QUESTION)
    await stack.slack.wait_for(lambda: answer_parts(stack, asked.ts), DEADLINE_S)
    published = len(stack.journal.entries(step="publish"))
    await stack.slack.wait_for(
        lambda: len(stack.journal.entries(step="push")) >= published, DEADLINE_S
    )
    assert not stack.slack.workspace.live_streams()
    assert (asked.channel, asked.ts) not in stack.slack.workspace.statuses
    return answer_parts(stack, asked.ts), files(stack, asked.ts)


async def test_forty_thousand_latin_characters_stand_in_the_thread_as_rendered(
    tmp_path: Path,
) -> None:
    text = document("This is one sentence of a rather long explanation. " * 4, 40_000)
    async with LocalStack(
        StackConfig(folder=tmp_path, processor=PATIENT_REDIS, gemini=UNHURRIED)
    ) as stack:
        parts, shared = await asked_and_answered(stack, text)
        rendered = render_answer(Answer(text, "m"), "ja", 1_000)
        if len(rendered) <= LONGEST_THREAD:
            assert shared == []
            assert [content_of(part) for part in parts] == [list(b.blocks) for b in rendered]
        check_joints(parts)


@pytest.mark.parametrize("scopes", [SCOPES, SCOPES - {"files:write"}], ids=["file", "no scope"])
async def test_forty_thousand_japanese_characters_arrive_whole(
    tmp_path: Path, scopes: frozenset[str]
) -> None:
    text = document("これは長い説明の中の一文です。", 40_000)
    rendered = render_answer(Answer(text, "m"), "ja", 1_000)
    assert len(rendered) > LONGEST_THREAD
    slack = SlackConfig(scopes=scopes)
    config = StackConfig(folder=tmp_path, processor=PATIENT_REDIS, gemini=UNHURRIED, slack=slack)
    async with LocalStack(config) as stack:
        parts, shared = await asked_and_answered(stack, text)
        check_joints(parts)
        expected = [list(body.blocks) for body in rendered]
        if "files:write" in scopes:
            [file] = shared
            assert stack.slack.workspace.files[file["id"]].content.decode() == text
            expected = expected[:LONGEST_THREAD]
        else:
            assert shared == []
        assert [content_of(part) for part in parts] == expected
