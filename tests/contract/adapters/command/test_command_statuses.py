"""What the command service shows below a question, and that no failure of it costs a task."""

import asyncio
from dataclasses import replace

import pytest

from command_service.app import Service
from command_service.payloads.model import EphemeralTarget
from command_service.slack.access import SlackAccess
from command_service.slack.ephemeral import SlackUserSignals
from shared.ledger import Mark
from shared.retry import RetryPolicy
from shared.slack.client import slack_client
from shared.task import Locale
from simulators.faults import Fault
from tests.support import signed
from tests.support.fakes.command.payloads import a_question
from tests.support.fakes.processor.retrying import Naps
from tests.support.workbenches.command import Stack

pytestmark = pytest.mark.usefixtures("tracing")


async def in_japanese() -> Locale:
    return "ja"


async def test_the_thread_shows_that_the_bot_is_thinking(world: Stack, service: Service) -> None:
    message = world.slack.people.post("hana", "#general", "@mechachang hello")

    [publish] = await world.wait_for_step("publish")
    [call] = await world.wait_for_step("api", method="assistant.threads.setStatus")
    assert call.detail["ok"]
    [task] = world.tasks()
    assert task.thread_ts == message.ts
    assert publish.journey == call.journey, "the trace joins Pub/Sub's message and Slack's call"


async def test_slack_failing_to_show_signs_changes_nothing(world: Stack, service: Service) -> None:
    world.faults.add("slack", "assistant.threads.setStatus", Fault("error", status=500), -1)
    world.faults.add("slack", "users.info", Fault("error", status=429), -1)

    world.slack.people.post("hana", "#general", "@mechachang hello")

    await world.wait_for_step("ack")
    await world.wait_for_step("api", method="assistant.threads.setStatus")
    assert len(world.tasks()) == 1


async def test_a_status_that_slack_is_slow_to_show_is_given_up(world: Stack) -> None:
    rule = world.faults.add("slack", "assistant.threads.setStatus", Fault("hang"))
    async with slack_client("xoxb-local", world.api_url) as client, asyncio.timeout(60):
        replies = SlackUserSignals(
            SlackAccess(client, lambda _: None),
            signed.ledger_of(world),
            status_within_s=0.1,
        )
        await replies.show_thinking(a_question(), in_japanese)
    assert rule.times == 0


async def test_the_status_of_a_question_that_was_not_taken_is_cleared(world: Stack) -> None:
    question = a_question(channel_id=world.slack.people.channel("#general").id)
    asked = world.slack.people.post("hana", "#general", "hello")
    question = replace(question, thread_ts=asked.ts)
    async with slack_client("xoxb-local", world.api_url) as client:
        replies = SlackUserSignals(SlackAccess(client, lambda _: None), signed.ledger_of(world))
        for _ in range(2):
            await replies.show_thinking(question, in_japanese)
            await replies.show_thinking(question, in_japanese)
            await replies.hide_thinking(question)
        await replies.hide_thinking(question)
    calls = world.journal.entries(step="api")
    assert len([c for c in calls if c.detail["method"] == "assistant.threads.setStatus"]) == 4


@pytest.mark.parametrize("fault", [Fault("drop_before"), Fault("error", status=500)])
async def test_a_status_whose_clearing_is_lost_is_cleared_again(world: Stack, fault: Fault) -> None:
    general = world.slack.people.channel("#general").id
    asked = world.slack.people.post("hana", "#general", "hello")
    question = replace(a_question(channel_id=general), thread_ts=asked.ts)
    async with slack_client("xoxb-local", world.api_url) as client:
        replies = SlackUserSignals(
            SlackAccess(client, lambda _: None),
            signed.ledger_of(world),
            patience=RetryPolicy(4, Naps()),
        )
        await replies.show_thinking(question, in_japanese)
        world.faults.add("slack", "assistant.threads.setStatus", fault, 2)
        await replies.hide_thinking(question)
    assert world.slack.workspace.statuses == {}


@pytest.mark.parametrize("answered", [True, False])
async def test_a_status_that_came_late_is_cleared_only_if_the_answer_stands(
    world: Stack, answered: bool
) -> None:
    general = world.slack.people.channel("#general").id
    asked = world.slack.people.post("hana", "#general", "hello")
    question = replace(a_question(channel_id=general), thread_ts=asked.ts, message_ts=asked.ts)
    async with slack_client("xoxb-local", world.api_url) as client:
        if answered:
            mark = signed.metadata(Mark(question.task_id, "answer"), general)
            await client.chat_postMessage(
                channel=general, thread_ts=asked.ts, text="answer", metadata=mark
            )
        replies = SlackUserSignals(
            SlackAccess(client, lambda _: None), signed.ledger_of(world), late_after_s=0.0
        )
        await replies.show_thinking(question, in_japanese)
    statuses = world.slack.workspace.statuses
    assert ((general, asked.ts) in statuses) is not answered


@pytest.mark.parametrize(
    ("fault", "calls"),
    [
        (Fault("error", status=200, error="missing_scope"), 1),
        (Fault("error", status=200, error="feature_disabled"), 1),
        (Fault("error", status=200, error="some_code_of_tomorrow"), 2),
        (Fault("error", status=429, detail={"retry_after": 30}), 1),
    ],
    ids=["no scope", "switched off", "for this thread", "limited"],
)
async def test_a_refused_status_is_neither_late_nor_asked_for_again_with_each_question(
    world: Stack, fault: Fault, calls: int
) -> None:
    rule = world.faults.add("slack", "assistant.threads.setStatus", fault, 10)
    general = world.slack.people.channel("#general").id
    async with slack_client("xoxb-local", world.api_url) as client:
        replies = SlackUserSignals(
            SlackAccess(client, lambda _: None), signed.ledger_of(world), late_after_s=0.0
        )
        for number in range(2):
            asked = world.slack.people.post("hana", "#general", f"hello {number}")
            question = replace(
                a_question(channel_id=general, message_ts=asked.ts), thread_ts=asked.ts
            )
            await replies.show_thinking(question, in_japanese)
            await replies.hide_thinking(question)
    assert 10 - rule.times == calls
    reads = [c for c in world.journal.entries(step="api") if "replies" in c.detail["method"]]
    assert reads == []


async def test_a_note_whose_layout_is_refused_says_its_summary(world: Stack) -> None:
    refused = Fault("error", status=200, error="invalid_blocks")
    world.faults.add("slack", "chat.postEphemeral", refused)
    alice = world.slack.people.user("alice").id
    recipient = EphemeralTarget(world.slack.people.channel("#general").id, alice)
    section = {"type": "section", "text": {"type": "mrkdwn", "text": "long"}}
    async with slack_client("xoxb-local", world.api_url) as client:
        replies = SlackUserSignals(SlackAccess(client, lambda _: None), signed.ledger_of(world))
        await replies.tell(recipient, "short", [section])
    [shown] = world.slack.ephemerals("alice")
    assert shown["text"] == "short"


async def test_a_flood_of_late_statuses_leaves_reading_threads_to_the_processor(
    world: Stack,
) -> None:
    general = world.slack.people.channel("#general").id
    asked = world.slack.people.post("hana", "#general", "hello")
    async with slack_client("xoxb-local", world.api_url) as client:
        replies = SlackUserSignals(
            SlackAccess(client, lambda _: None), signed.ledger_of(world), late_after_s=0.0
        )
        for number in range(40):
            question = a_question(channel_id=general, task_id=f"question-{number:04d}")
            await replies.show_thinking(replace(question, thread_ts=asked.ts), in_japanese)
    assert world.slack.api.limits.calls["assistant.threads.setStatus"] >= 40
    assert world.slack.api.limits.calls["conversations.replies"] <= 6
