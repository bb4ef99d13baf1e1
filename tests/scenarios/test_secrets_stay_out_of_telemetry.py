"""Nothing that people write and nothing secret is logged or exported, at DEBUG either."""

import json
from pathlib import Path
from typing import Any

from shared.ledger import Mark
from simulators.faults import Fault
from simulators.gemini import ErrorReply, Reply
from simulators.slack import SlackConfig
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.scenarios.conftest import QUICK
from tests.support.workbenches.slack import ONE_EVENT_A_MENTION

DEADLINE_S = 60.0
PROMPT, ANSWER, FILE = "zq-prompt-zq", "zq-answer-zq", "zq-file-zq"
NAME = "Alice Martin"
BOT_TOKEN, APP_TOKEN = "xoxb-zq-bot-token-zq", "xapp-zq-app-token-zq"
GEMINI_SAYS = "zq-gemini-zq"


def observed(folder: Path) -> LocalStack:
    slack = SlackConfig(bot_token=BOT_TOKEN, app_token=APP_TOKEN, subscriptions=ONE_EVENT_A_MENTION)
    return LocalStack(
        StackConfig(
            folder=folder,
            telemetry=True,
            slack=slack,
            settings={"LOG_LEVEL": "DEBUG", "DEFAULT_LOCALE": "en"},
            processor={"RETRY_COUNT": "0"},
            delivery=QUICK,
        )
    )


def roles(stack: LocalStack, thread_ts: str) -> list[str]:
    thread = stack.slack.messages("#general", thread_ts=thread_ts)
    return [mark.role for mark in map(Mark.of_message, thread) if mark is not None]


async def succeed(stack: LocalStack) -> None:
    """A question with a file, one in its thread, a command answered through its response URL."""
    people = stack.slack.people
    stack.gemini.script("succeeds", Reply(text=f"{ANSWER} is the answer"))
    file = people.upload("alice", f"{FILE}.txt", b"content")
    asked = people.post("alice", "#general", f"@mechachang {PROMPT} succeeds", files=[file.id])
    await stack.slack.wait_for(lambda: roles(stack, asked.ts) == ["answer"], DEADLINE_S)
    people.post("alice", "#general", f"@mechachang {PROMPT} succeeds", thread_ts=asked.ts)
    await stack.slack.wait_for(lambda: roles(stack, asked.ts) == ["answer"] * 2, DEADLINE_S)
    stack.faults.add("slack", "response_url", Fault("error", status=500))
    await people.slash("alice", "#humans-only", "/gemini", f"{PROMPT} of a command")
    await stack.slack.wait_for(
        lambda: [e for e in stack.slack.ephemerals("alice") if e.get("blocks")], DEADLINE_S
    )


async def fail(stack: LocalStack) -> None:
    """Retries that end well, a refusal, and a question that becomes a dead letter."""
    people = stack.slack.people
    unavailable = Reply(error=ErrorReply(503, message=f"{GEMINI_SAYS} {PROMPT}"))
    stack.gemini.script("retries", unavailable, Reply(text=ANSWER))
    stack.gemini.script("blocked", Reply(block_reason="SAFETY"))
    stack.gemini.script("rejected", Reply(error=ErrorReply(400, message=GEMINI_SAYS)))
    stack.gemini.script("dies", unavailable)
    stack.faults.add(
        "slack", "chat.startStream", Fault("error", status=200, error="internal_error")
    )
    stack.faults.add("slack", "chat.stopStream", Fault("drop_after"))
    for text, role in (
        ("retries", "answer"),
        ("blocked", "notice"),
        ("rejected", "notice"),
        ("dies", "notice"),
    ):
        asked = people.post("alice", "#general", f"@mechachang {PROMPT} {text}")
        await stack.slack.wait_for(
            lambda ts=asked.ts, role=role: roles(stack, ts) == [role],  # type: ignore[misc] # no type for a lambda's default
            DEADLINE_S,
        )


def shown(stack: LocalStack) -> list[dict[str, Any]]:
    """Every message in every conversation, with what any app can read of it."""
    return [
        message
        for channel in stack.slack.workspace.channels
        for message in stack.slack.messages(channel)
    ]


async def test_no_canary_is_logged_or_exported(tmp_path: Path) -> None:
    async with observed(tmp_path) as stack:
        await succeed(stack)
        await fail(stack)
        response_urls = [
            key.removeprefix("response_url:")
            for entry in stack.journal.entries(step="api")
            for key in entry.keys
            if key.startswith("response_url:")
        ]
        assert response_urls
        told = [json.dumps(one["metadata"]) for one in shown(stack) if "metadata" in one]
        assert told
        assert not [one for one in told for word in (PROMPT, ANSWER, FILE, NAME) if word in one]
        await stack.telemetry.wait_for(
            lambda: [one for one in stack.telemetry.spans if one.name == "dead_letter"], DEADLINE_S
        )
        for service in stack.services:
            await service.terminate()
        said = {service.name: service.log_text() for service in stack.services}
        said["spans"] = "\n".join(one.text for one in stack.telemetry.spans)
        said["metrics"] = "\n".join(
            str(one) for name in stack.telemetry.names() for one in stack.telemetry.series(name)
        )
    canaries = [PROMPT, ANSWER, FILE, NAME, BOT_TOKEN, APP_TOKEN, GEMINI_SAYS, *response_urls]
    for where, text in said.items():
        leaks = [line for line in text.splitlines() if any(canary in line for canary in canaries)]
        assert leaks == [], where
    assert all("question_accepted" in said[one.name] for one in [stack.command])
    assert "task_dead_lettered" in said[stack.processors[0].name]
    assert "generate_content" in said["spans"]
