"""A question that was given up, taken out of the dead letters by an operator's command."""

import asyncio
import os
import sys
from pathlib import Path
from typing import Any

from shared.ledger import Mark
from simulators.gemini import Reply
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.scenarios.conftest import QUICK

DEADLINE_S = 60.0
ROOT = Path(__file__).parents[2]


async def dead_letters(stack: LocalStack, *arguments: str) -> str:
    """What ``python -m deploy.dead_letters`` prints."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "deploy.dead_letters", *arguments),
        cwd=ROOT,
        env={**os.environ, "PUBSUB_EMULATOR_HOST": stack.vendors.addresses.pubsub},
        stdout=asyncio.subprocess.PIPE,
    )
    async with asyncio.timeout(DEADLINE_S):
        out, _ = await process.communicate()
    assert process.returncode == 0
    return out.decode()


def roles(stack: LocalStack, thread_ts: str) -> list[str]:
    thread: list[dict[str, Any]] = stack.slack.messages("#general", thread_ts=thread_ts)
    return [mark.role for mark in map(Mark.of_message, thread) if mark is not None]


async def test_a_replayed_question_is_answered_once_and_its_notice_goes(tmp_path: Path) -> None:
    config = StackConfig(folder=tmp_path, delivery=QUICK, processor={"RETRY_COUNT": "0"})
    async with LocalStack(config) as stack:
        # Ends without a finish reason, which says nothing about whether the vendor works.
        stack.gemini.script("Redis", Reply(text="An in-mem", finish_reason=None))
        asked = stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")
        await stack.slack.wait_for(lambda: roles(stack, asked.ts) == ["notice"], DEADLINE_S)
        await stack.processors[0].terminate()
        await stack.processors[0].start()
        listed = await dead_letters(stack, "list")
        [task_id] = [line.split()[0] for line in listed.splitlines()[1:] if "mention" in line]
        assert "Redis" not in listed

        stack.gemini.script("Redis", Reply(text="An in-memory store."))
        await dead_letters(stack, "replay", task_id)
        await stack.slack.wait_for(lambda: roles(stack, asked.ts) == ["answer"], DEADLINE_S)
        assert task_id not in await dead_letters(stack, "list")
        replayed = stack.journal.entries(step="push")[-1].detail
        assert replayed["status"] == 204
