"""SIGTERM in the middle of an answer: the task is handed back and answered once, later."""

import asyncio
import os
import signal
from pathlib import Path

from shared.ledger import Mark
from simulators.gemini import Reply
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from simulators.stack.provisioning import DeliveryRules
from tests.support.machine import within

# Longer than a restart takes, so that no delivery meets a closed door twice.
RULES = DeliveryRules(min_backoff_s=2.0, max_backoff_s=4.0)
DEADLINE_S = 60.0
# Cloud Run's time between SIGTERM and SIGKILL (cloud.google.com/run/docs/container-contract).
GRACE_S = 10.0


def answers(stack: LocalStack, thread_ts: str) -> int:
    marks = (Mark.of_message(m) for m in stack.slack.messages("#general", thread_ts=thread_ts))
    return sum(mark is not None and mark.role == "answer" for mark in marks)


async def test_a_processor_told_to_end_hands_its_task_back_in_time(tmp_path: Path) -> None:
    async with LocalStack(StackConfig(folder=tmp_path, delivery=RULES)) as stack:
        stack.gemini.script("Redis", Reply(hang_after=0), Reply(text="An in-memory store."))
        asked = stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")
        await stack.slack.wait_for(lambda: stack.gemini.requests, DEADLINE_S)
        [processor] = stack.processors
        with within(GRACE_S):
            assert await processor.terminate() == 0
        await stack.gemini.wait_for(lambda: stack.gemini.requests[0].client_closed)
        await processor.start()
        await stack.slack.wait_for(lambda: answers(stack, asked.ts), DEADLINE_S)
        held = [e for e in stack.journal.entries(step="push") if e.detail["status"] == 409]
        assert held == []
        assert answers(stack, asked.ts) == 1


async def test_a_processor_told_to_end_hands_back_at_once_what_waits_for_a_dead_workers_lease(
    tmp_path: Path,
) -> None:
    async with LocalStack(StackConfig(folder=tmp_path, delivery=RULES)) as stack:
        stack.gemini.script("Redis", Reply(hang_after=0), Reply(text="An in-memory store."))
        asked = stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")
        await stack.slack.wait_for(lambda: stack.gemini.requests, DEADLINE_S)
        [processor] = stack.processors
        await processor.kill()
        await processor.start()
        await until_logged(processor.log_path, "lease_awaited")
        assert await processor.terminate() == 0
        # Had it waited for the lease's end, it would have asked anew.
        assert [e for e in stack.journal.entries(step="push") if e.detail["status"] == 409]
        assert len(stack.gemini.requests) == 1
        await processor.start()
        await stack.slack.wait_for(lambda: answers(stack, asked.ts), DEADLINE_S)
        assert answers(stack, asked.ts) == 1


async def test_a_processor_told_to_end_finishes_what_is_nearly_done(tmp_path: Path) -> None:
    async with LocalStack(StackConfig(folder=tmp_path, delivery=RULES)) as stack:
        stack.gemini.script("Redis", Reply(text="An in-memory store.", delay_s=1.0))
        asked = stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")
        await stack.slack.wait_for(lambda: stack.gemini.requests, DEADLINE_S)
        [processor] = stack.processors
        assert await processor.terminate() == 0
        assert answers(stack, asked.ts) == 1
        assert len(stack.gemini.requests) == 1


async def test_a_second_signal_while_it_ends_neither_hurries_it_nor_loses_the_answer(
    tmp_path: Path,
) -> None:
    async with LocalStack(StackConfig(folder=tmp_path, delivery=RULES)) as stack:
        stack.gemini.script("Redis", Reply(text="An in-memory store.", delay_s=2.0))
        asked = stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")
        await stack.slack.wait_for(lambda: stack.gemini.requests, DEADLINE_S)
        [processor] = stack.processors
        assert processor.pid is not None
        os.kill(processor.pid, signal.SIGTERM)
        await until_closed(processor.port)
        assert answers(stack, asked.ts) == 0
        with within(GRACE_S):
            assert await processor.terminate() == 0
        assert answers(stack, asked.ts) == 1
        assert len(stack.gemini.requests) == 1


async def until_logged(log: Path, action: str) -> None:
    """Until the process has written a line with the action."""
    async with asyncio.timeout(DEADLINE_S):
        while action not in await asyncio.to_thread(log.read_text):  # noqa: ASYNC110 - bounded above
            await asyncio.sleep(0.02)


async def until_closed(port: int) -> None:
    """Until it takes no more connections, which is the first thing it does at its end."""
    async with asyncio.timeout(DEADLINE_S):
        while True:
            try:
                _, writer = await asyncio.open_connection("127.0.0.1", port)
            except ConnectionRefusedError:
                return
            writer.close()
            await asyncio.sleep(0.02)
