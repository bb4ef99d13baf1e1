"""What was asked while the command service was gone is answered once it is back, only once."""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from shared.ledger import Mark
from simulators.slack import SlackConfig
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.scenarios.conftest import QUICK
from tests.support.workbenches.slack import ONE_EVENT_A_MENTION

DEADLINE_S = 60.0
# Slack gives up almost at once.
SLACK = SlackConfig(redelivery_delays_s=(0.05, 0.1), subscriptions=ONE_EVENT_A_MENTION)


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[LocalStack]:
    config = StackConfig(
        folder=tmp_path,
        slack=SLACK,
        delivery=QUICK,
    )
    async with LocalStack(config) as opened:
        yield opened


@dataclass(frozen=True)
class Asked:
    """Where a question was asked and where its answer belongs."""

    where: str
    thread_ts: str


def answers(stack: LocalStack, asked: Asked) -> int:
    thread = stack.slack.messages(asked.where, thread_ts=asked.thread_ts)
    marks = [mark for message in thread if (mark := Mark.of_message(message)) is not None]
    return len([mark for mark in marks if mark.role == "answer" and mark.part == 1])


def sweeps(stack: LocalStack) -> int:
    return stack.command.log_text().count("Looked for missed questions")


def ask_everywhere(stack: LocalStack, old_thread_ts: str) -> list[Asked]:
    """A direct message, a mention and a mention in a thread, none of which anybody hears."""
    people = stack.slack.people
    direct = people.dm("alice").id
    in_dm = people.post("alice", direct, "What is Redis?")
    mention = people.post("hana", "#general", "@mechachang Redisとは何ですか")
    private = people.post("kenji", "#planning", "@mechachang What is Redis?")
    people.post("tom", "#random", "@mechachang What is Redis?", thread_ts=old_thread_ts)
    return [
        Asked(direct, in_dm.ts),
        Asked("#general", mention.ts),
        Asked("#planning", private.ts),
        Asked("#random", old_thread_ts),
    ]


async def restart(stack: LocalStack) -> None:
    """The command service again, with its sweep done and all of its tasks pushed."""
    before = sweeps(stack)
    await stack.command.start()
    await stack.slack.wait_for(lambda: sweeps(stack) > before, DEADLINE_S)
    published = len(stack.journal.entries(step="publish"))
    await stack.slack.wait_for(
        lambda: len(stack.journal.entries(step="push")) >= published, DEADLINE_S
    )


async def test_what_slack_gave_up_delivering_is_answered_once_after_the_start(
    stack: LocalStack,
) -> None:
    begun = stack.slack.people.post("tom", "#random", "今日の予定です")
    await stack.command.kill()
    asked = ask_everywhere(stack, begun.ts)
    await stack.slack.wait_for(lambda: len(stack.slack.delivery.undelivered) == 4, DEADLINE_S)

    await restart(stack)
    await stack.slack.wait_for(lambda: all(answers(stack, each) for each in asked), DEADLINE_S)
    assert [answers(stack, each) for each in asked] == [1, 1, 1, 1]

    published = len(stack.journal.entries(step="publish"))
    await stack.command.kill()
    await restart(stack)
    assert [answers(stack, each) for each in asked] == [1, 1, 1, 1]
    assert len(stack.journal.entries(step="publish")) == published, "nothing is asked again"
