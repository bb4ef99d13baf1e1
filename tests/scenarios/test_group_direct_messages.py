"""Group direct messages: people talk there, and who mentions the bot is answered in a thread."""

from pathlib import Path

import pytest

from shared.ledger import Mark
from simulators.slack import SlackConfig
from simulators.slack.config import SCOPES
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.scenarios.conftest import QUICK

DEADLINE_S = 60.0


def stack_in(folder: Path, slack: SlackConfig) -> LocalStack:
    return LocalStack(StackConfig(folder=folder, slack=slack, delivery=QUICK))


def answers(stack: LocalStack, where: str, thread_ts: str) -> int:
    """The whole answers in a thread."""
    thread = stack.slack.messages(where, thread_ts=thread_ts)
    marks = [mark for message in thread if (mark := Mark.of_message(message)) is not None]
    return len([mark for mark in marks if mark.role == "answer" and mark.part == 1])


async def answered(stack: LocalStack, where: str, thread_ts: str, times: int) -> None:
    await stack.slack.wait_for(lambda: answers(stack, where, thread_ts) == times, DEADLINE_S)


@pytest.mark.parametrize("twin", [True, False], ids=["two events", "one event"])
async def test_a_mention_is_answered_once_in_its_thread_and_talk_between_people_never(
    tmp_path: Path, twin: bool
) -> None:
    async with stack_in(tmp_path, SlackConfig(mentions_in_group_dms=twin)) as stack:
        people = stack.slack.people
        group = people.group("hana", "alice", "tom").id
        talk = people.post("alice", group, "What is Redis, anyway?")
        opening = people.post("hana", group, "@mechachang What is Redis?")
        await answered(stack, group, opening.ts, 1)
        people.post("hana", group, "And what is Kafka?", thread_ts=opening.ts)
        await answered(stack, group, opening.ts, 2)
        people.post("alice", group, "@tom have you seen this?", thread_ts=opening.ts)
        people.post("tom", group, "@mechachang And what is Pulsar?", thread_ts=opening.ts)
        await answered(stack, group, opening.ts, 3)

        assert answers(stack, group, talk.ts) == 0
        asked = [request.prompt.rsplit("\n", 1)[-1] for request in stack.gemini.requests]
        assert asked == ["What is Redis?", "And what is Kafka?", "And what is Pulsar?"]


async def test_a_mention_that_nobody_heard_is_answered_after_the_start(tmp_path: Path) -> None:
    slack = SlackConfig(redelivery_delays_s=(0.05, 0.1), mentions_in_group_dms=False)
    async with stack_in(tmp_path, slack) as stack:
        people = stack.slack.people
        group = people.group("hana", "alice").id
        await stack.command.kill()
        people.post("alice", group, "Lunch, anybody?")
        missed = people.post("hana", group, "@mechachang What is Redis?")
        await stack.slack.wait_for(lambda: len(stack.slack.delivery.undelivered) == 2, DEADLINE_S)

        await stack.command.start()
        await answered(stack, group, missed.ts, 1)
        assert len(stack.gemini.requests) == 1


async def test_without_the_scopes_nothing_is_heard_there_and_the_rest_works(
    tmp_path: Path,
) -> None:
    scopes = SCOPES - {"mpim:history", "mpim:read"}
    slack = SlackConfig(scopes=scopes, mentions_in_group_dms=False)
    async with stack_in(tmp_path, slack) as stack:
        people = stack.slack.people
        group = people.group("hana", "alice").id
        unheard = people.post("hana", group, "@mechachang What is Redis?")
        heard = people.post("hana", "#general", "@mechachang What is Redis?")
        await answered(stack, "#general", heard.ts, 1)
        assert answers(stack, group, unheard.ts) == 0
        assert len(stack.gemini.requests) == 1


async def test_a_mention_that_is_heard_without_the_scopes_is_told_about_to_its_author_alone(
    tmp_path: Path,
) -> None:
    slack = SlackConfig(scopes=SCOPES - {"mpim:history", "mpim:read"}, mentions_in_group_dms=True)
    async with stack_in(tmp_path, slack) as stack:
        people = stack.slack.people
        group = people.group("hana", "alice").id
        asked = people.post("hana", group, "@mechachang What is Redis?")
        direct = people.dm("hana").id
        await stack.slack.wait_for(lambda: stack.slack.messages(direct), DEADLINE_S)
        [notice] = stack.slack.messages(direct)
        mark = Mark.of_message(notice)
        assert mark is not None
        assert mark.role == "notice"
        assert "権限" in str(notice["blocks"])
        assert len(stack.slack.messages(group, thread_ts=asked.ts)) == 1
