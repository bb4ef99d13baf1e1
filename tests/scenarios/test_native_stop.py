"""Slack's own Stop on every way of answering, and servers that know less than Slack of today."""

import json
from pathlib import Path

import pytest

from shared.ledger import Mark
from simulators.faults import Fault
from simulators.gemini import Reply
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from simulators.stack.provisioning import DeliveryRules

DEADLINE_S = 60.0
# Longer than a restart takes, so that no delivery meets a closed door often.
RULES = DeliveryRules(min_backoff_s=2.0, max_backoff_s=4.0)
METHODS = ("agents.sessions.setStatus", "chat.startStream", "assistant.threads.setStatus")
# So slow that the worker shows that it is at work, and then its words one after the other.
WORDS = [f"Redis keeps its data in memory, reason {number}.\n\n" for number in range(8)]
SLOWLY = Reply(chunks=WORDS, first_token_s=1.5, between_s=0.3)


def stack_in(folder: Path) -> LocalStack:
    processor = {"LOG_FORMAT": "json"}
    return LocalStack(StackConfig(folder=folder, delivery=RULES, processor=processor))


def said(stack: LocalStack, role: str, thread_ts: str) -> int:
    thread = stack.slack.messages("#general", thread_ts=thread_ts)
    marks = (Mark.of_message(message) for message in thread)
    return sum(mark is not None and mark.role == role and mark.parts > 0 for mark in marks)


def refused(log: Path) -> list[str]:
    """The methods that the process has found missing."""
    lines = (json.loads(line) for line in log.read_text().splitlines() if line.startswith("{"))
    return sorted(line["method"] for line in lines if line.get("action") == "method_refused")


@pytest.mark.parametrize("missing", [*((one,) for one in METHODS), METHODS])
async def test_on_a_server_that_lacks_a_method_questions_are_answered_with_one_line_about_it(
    tmp_path: Path, missing: tuple[str, ...]
) -> None:
    async with stack_in(tmp_path) as stack:
        for method in missing:
            unknown = Fault("error", status=200, error="unknown_method")
            stack.faults.add("slack", method, unknown, times=-1)
        stack.gemini.script("Redis", SLOWLY)
        for number in range(2):
            text = f"@mechachang What is Redis {number}?"
            asked = stack.slack.people.post("alice", "#general", text)
            await stack.slack.wait_for(
                lambda ts=asked.ts: said(stack, "answer", ts) == 1,  # type: ignore[misc] # no type for a lambda's default
                DEADLINE_S,
            )
        [processor] = stack.processors
        await stack.slack.wait_for(
            lambda: not stack.slack.workspace.sessions.processing(), DEADLINE_S
        )
        assert refused(processor.log_path) == sorted(missing)


async def test_slacks_own_stop_ends_an_answer_that_has_not_begun(tmp_path: Path) -> None:
    async with stack_in(tmp_path) as stack:
        stack.gemini.script("Redis", Reply(hang_after=0))
        asked = stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")
        sessions = stack.slack.workspace.sessions
        await stack.slack.wait_for(sessions.processing, DEADLINE_S)
        assert [session.title for session in sessions.processing()] == ["What is Redis?"]
        stack.slack.people.stop_session("alice", "#general", asked.ts)
        await stack.slack.wait_for(lambda: said(stack, "notice", asked.ts) == 1, DEADLINE_S)
        await stack.slack.wait_for(lambda: not sessions.processing(), DEADLINE_S)
        await stack.gemini.wait_for(lambda: stack.gemini.requests[0].client_closed)


async def test_a_killed_worker_leaves_no_thread_at_work(tmp_path: Path) -> None:
    async with stack_in(tmp_path) as stack:
        stack.gemini.script("Redis", Reply(hang_after=0), Reply(text="An in-memory store."))
        asked = stack.slack.people.post("alice", "#general", "@mechachang What is Redis?")
        sessions = stack.slack.workspace.sessions
        await stack.slack.wait_for(sessions.processing, DEADLINE_S)
        [processor] = stack.processors
        await processor.kill()
        assert len(sessions.processing()) == 1
        await processor.start()
        await stack.slack.wait_for(lambda: said(stack, "answer", asked.ts) == 1, DEADLINE_S)
        await stack.slack.wait_for(lambda: not sessions.processing(), DEADLINE_S)
