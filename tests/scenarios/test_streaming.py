"""The first words stand in Slack long before the last ones are written."""

from pathlib import Path
from typing import Any

import pytest

from shared.ledger import Mark
from simulators.gemini import GeminiConfig, Reply
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.support.workbenches.redis import PATIENT_REDIS

DEADLINE_S = 60.0
# A model that takes its time: the first words after 0.4 s, the last after 3 s.
UNHURRIED = GeminiConfig(first_token_s=0.4, total_s=3.0)
WORDS = "\n\n".join(f"段落{number}です。" + "詳しく説明します。" * 3 for number in range(12))


def answer_parts(stack: LocalStack, where: str, thread_ts: str) -> list[dict[str, Any]]:
    return [
        message
        for message in stack.slack.messages(where, thread_ts=thread_ts)
        if (mark := Mark.of_message(message)) is not None and mark.parts > 0
    ]


def text_of(parts: list[dict[str, Any]]) -> str:
    return "\n".join(
        block["text"] for part in parts for block in part["blocks"] if block["type"] == "markdown"
    )


@pytest.mark.parametrize("where", ["#general", "a direct message"])
async def test_the_first_words_are_streamed_while_the_model_still_writes(
    tmp_path: Path, where: str
) -> None:
    async with LocalStack(
        StackConfig(folder=tmp_path, processor=PATIENT_REDIS, gemini=UNHURRIED)
    ) as stack:
        stack.gemini.script("説明", Reply(text=WORDS))
        if where == "#general":
            asked = stack.slack.people.post("hana", where, "@mechachang 説明してください")
        else:
            where = stack.slack.people.dm("hana").id
            asked = stack.slack.people.post("hana", where, "説明してください")
        await stack.slack.wait_for(lambda: answer_parts(stack, where, asked.ts), DEADLINE_S)
        calls = {e.detail["method"]: e for e in stack.journal.entries(step="api")}
        [done] = stack.journal.entries(step="done")
        [begun] = stack.journal.entries(step="first_token")
        first_words_s = calls["chat.startStream"].at - begun.at
        assert first_words_s < (done.at - begun.at) / 2
        assert "chat.appendStream" in calls
        assert "chat.postMessage" not in calls
        assert len(stack.gemini.requests) == 1
        [answer] = answer_parts(stack, where, asked.ts)
        assert text_of([answer]) == WORDS
        assert not stack.slack.workspace.live_streams()


async def test_where_no_stream_is_wanted_the_answer_grows_by_edits(tmp_path: Path) -> None:
    config = StackConfig(folder=tmp_path, gemini=UNHURRIED, processor={"STREAM_IN": "dm"})
    async with LocalStack(config) as stack:
        stack.gemini.script("説明", Reply(text=WORDS))
        asked = stack.slack.people.post("hana", "#general", "@mechachang 説明してください")
        await stack.slack.wait_for(lambda: answer_parts(stack, "#general", asked.ts), DEADLINE_S)
        calls = [entry.detail["method"] for entry in stack.journal.entries(step="api")]
        assert "chat.startStream" not in calls
        assert calls.count("chat.update") >= 2
        assert text_of(answer_parts(stack, "#general", asked.ts)) == WORDS


async def test_a_long_answer_rolls_over_and_is_whole_in_the_end(tmp_path: Path) -> None:
    async with LocalStack(
        StackConfig(folder=tmp_path, processor=PATIENT_REDIS, gemini=UNHURRIED)
    ) as stack:
        long = "\n\n".join(f"{number}. " + "長い説明の一文です。" * 12 for number in range(120))
        stack.gemini.script("説明", Reply(text=long))
        asked = stack.slack.people.post("hana", "#general", "@mechachang 説明してください")

        def finished() -> bool:
            parts = answer_parts(stack, "#general", asked.ts)
            return bool(parts) and len(parts) == parts[0]["metadata"]["event_payload"]["parts"]

        await stack.slack.wait_for(finished, DEADLINE_S)
        parts = answer_parts(stack, "#general", asked.ts)
        assert len(parts) >= 2
        assert text_of(parts).replace("\n", "") == long.replace("\n", "")
        thread = stack.slack.messages("#general", thread_ts=asked.ts)
        assert len(thread) == 1 + len(parts)
