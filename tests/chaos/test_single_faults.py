"""One kind of fault at a time, driven to its end."""

import asyncio
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import partial
from pathlib import Path
from random import Random

import pytest

from shared.ledger import Mark
from simulators.faults import Fault
from simulators.journal import Entry
from simulators.slack.state.model import Message
from simulators.stack.provisioning import DeliveryRules
from tests.chaos.judge import FAILURES, Verdict
from tests.chaos.questions import Kind, Question, plan_questions
from tests.chaos.run import stack_config
from tests.chaos.trial import Judged, Trial, trial
from tests.support.workbenches.slack import ONE_EVENT_A_MENTION

DEADLINE_S = 60.0
QUICK = DeliveryRules(min_backoff_s=0.3, max_backoff_s=0.6)


def questions(count: int, *kinds: Kind, lines: int = 6, first: int = 0) -> list[Question]:
    """Different questions, all to be asked at once, the kinds in turn."""
    return [
        replace(
            one,
            number=first + number,
            at_s=0.0,
            kind=kinds[number % len(kinds)],
            marker=f"q{first + number:04d}",
            lines=lines,
        )
        for number, one in enumerate(plan_questions(count, 1000.0, Random(1)))
    ]


async def ask(running: Trial, asked: list[Question]) -> None:
    """Ask them now."""
    await running.askers.ask(asked, asyncio.get_running_loop().time())


def verdicts(running: Trial) -> Counter[Verdict]:
    """How many questions have which verdict."""
    return Counter(one.verdict for one in running.judged())


def broken(running: Trial) -> list[Judged]:
    """What is known of each question for which the promise was not kept."""
    return [one for one in running.judged() if one.verdict in FAILURES]


def seen(running: Trial, step: str, **detail: object) -> Iterator[Entry]:
    """The entries of the journal with that step and those details."""
    for entry in running.watch.entries:
        if entry.step == step and detail.items() <= entry.detail.items():
            yield entry


async def test_events_delivered_three_times_are_answered_once_each(tmp_path: Path) -> None:
    config = stack_config(tmp_path, QUICK)
    slack = replace(
        config.slack,
        ack_timeout_s=0.5,
        redelivery_delays_s=(0.2, 0.2, 0.2),
        subscriptions=ONE_EVENT_A_MENTION,
    )
    async with trial(replace(config, slack=slack)) as running:
        for question in questions(6, "mention", "thread"):
            running.stack.faults.add("socket", "ack", Fault("drop_before"), times=2)
            await ask(running, [question])
            assert await running.settled(quiet_s=0.2, within_s=DEADLINE_S) == ""
        envelopes = [one.detail["retry_attempt"] for one in seen(running, "envelope")]
        # A slow machine may miss the deadline of an ack once more.
        assert [attempt for attempt in envelopes if attempt <= 2] == [0, 1, 2] * 6
        assert len(list(seen(running, "publish"))) >= 18
        assert verdicts(running) == {Verdict.ANSWERED: 6}


@pytest.mark.parametrize("way", ["chat.startStream", "chat.postMessage"])
async def test_a_worker_that_dies_right_after_its_post_leaves_one_message(
    tmp_path: Path, way: str
) -> None:
    async with trial(stack_config(tmp_path)) as running:
        if way == "chat.postMessage":
            refused = Fault("error", status=200, error="channel_type_not_supported")
            running.stack.faults.add("slack", "chat.startStream", refused, times=2)
        # Slack has taken the post and answers too late for the worker, who hears nothing of it.
        held = Fault("drop_after", seconds=5.0)
        running.stack.faults.add("slack", way, held, times=2)
        await ask(running, questions(2, "mention", "dm", lines=25))
        await running.stack.slack.wait_for(
            lambda: len(_posts(running)) == 2 and running.stack.faults.rules() == [], DEADLINE_S
        )
        for processor in running.stack.processors:
            await processor.kill()
        posted = _posts(running)
        for processor in running.stack.processors:
            await processor.start()
        assert await running.settled(within_s=DEADLINE_S) == ""
        assert [each.ts for each in _posts(running)] == [each.ts for each in posted]
        assert verdicts(running) == {Verdict.ANSWERED: 2}


STREAM_FAULTS = (
    Fault("drop_before"),
    Fault("drop_after"),
    Fault("error", status=500),
    Fault("error", status=429, detail={"retry_after": 1}),
    Fault("delay", seconds=1.5),
)


@pytest.mark.parametrize("method", ["chat.startStream", "chat.appendStream", "chat.stopStream"])
async def test_a_fault_of_a_stream_that_its_worker_survives_leaves_no_second_fragment(
    tmp_path: Path, method: str
) -> None:
    async with trial(stack_config(tmp_path, QUICK)) as running:
        asked = questions(len(STREAM_FAULTS), "mention", "dm", "thread", lines=25)
        for one, fault in zip(asked, STREAM_FAULTS, strict=True):
            rule = running.stack.faults.add("slack", method, fault)
            await ask(running, [one])
            assert await running.settled(quiet_s=0.5, within_s=DEADLINE_S) == ""
            assert rule.times == 0
        assert running.unmarked() == []
        assert verdicts(running) == {Verdict.ANSWERED: len(asked)}


async def test_where_the_thread_cannot_be_read_the_stream_is_adopted_at_the_end(
    tmp_path: Path,
) -> None:
    async with trial(stack_config(tmp_path, QUICK)) as running:
        limited = Fault("error", status=429, detail={"retry_after": 1})
        for number, unread in enumerate((Fault("error", status=500), limited)):
            running.stack.faults.add("slack", "chat.startStream", Fault("drop_after"))
            await ask(running, questions(1, "mention", lines=130, first=number))
            await running.stack.slack.wait_for(lambda: not running.stack.faults.rules())
            running.stack.faults.add("slack", "conversations.replies", unread, times=2)
            assert await running.settled(quiet_s=0.5, within_s=DEADLINE_S) == ""
        assert running.unmarked() == []
        assert verdicts(running) == {Verdict.ANSWERED: 2}


@pytest.mark.parametrize("method", ["chat.startStream", "chat.postMessage"])
@pytest.mark.parametrize("seconds", [0.5, 2.5, 5.0])
async def test_what_slack_takes_after_it_hung_up_does_not_stay_beside_the_answer(
    tmp_path: Path, method: str, seconds: float
) -> None:
    async with trial(stack_config(tmp_path, QUICK)) as running:
        if method == "chat.postMessage":
            refused = Fault("error", status=200, error="channel_type_not_supported")
            running.stack.faults.add("slack", "chat.startStream", refused, times=2)
        late = running.stack.faults.add("slack", method, Fault("late", seconds=seconds))
        await ask(running, questions(1, "mention", lines=25))
        assert await running.settled(within_s=DEADLINE_S) == ""
        assert late.times == 0
        assert running.unmarked() == []
        assert verdicts(running) == {Verdict.ANSWERED: 1}
        assert len(_posts(running)) == 1


@pytest.mark.parametrize("seconds", [0.0, 3.0])
async def test_a_start_taken_while_its_worker_dies_and_redis_forgets_leaves_no_fragment(
    tmp_path: Path, seconds: float
) -> None:
    # Slow enough that both processors are back before the last delivery.
    async with trial(
        stack_config(tmp_path, DeliveryRules(min_backoff_s=2, max_backoff_s=6))
    ) as running:
        late = Fault("late", seconds=seconds) if seconds else Fault("drop_after", seconds=5.0)
        rule = running.stack.faults.add("slack", "chat.startStream", late)
        await ask(running, questions(1, "mention", lines=25))
        await running.stack.slack.wait_for(lambda: rule.times == 0, DEADLINE_S)
        for processor in running.stack.processors:
            await processor.kill()
        await running.stack.redis.kill()
        await running.stack.redis.start()
        for processor in running.stack.processors:
            await processor.start()
        assert await running.settled(within_s=DEADLINE_S) == ""
        assert running.unmarked() == []
        assert verdicts(running) == {Verdict.ANSWERED: 1}
        assert len(_posts(running)) == 1


def _posts(running: Trial) -> list[Message]:
    workspace = running.stack.slack.workspace
    return [
        message
        for channel in workspace.channels
        for message in workspace.log(channel).all()
        if message.bot_id
    ]


async def test_with_redis_lost_redeliveries_one_after_the_other_double_nothing(
    tmp_path: Path,
) -> None:
    async with trial(stack_config(tmp_path, QUICK)) as running:
        await running.stack.redis.kill()
        running.stack.faults.add("push", "mechachang-tasks-push", Fault("drop_after"), times=24)
        asked = questions(12, "mention", "dm", "thread", "command", lines=130)
        await ask(running, asked)
        assert await running.settled(within_s=DEADLINE_S) == ""
        assert len(list(seen(running, "push"))) >= 24 + 12
        assert verdicts(running) == {Verdict.ANSWERED: 12}


async def test_after_an_outage_of_gemini_everybody_was_told_once_and_answers_come_again(
    tmp_path: Path,
) -> None:
    """It lasts until every delivery has failed: 130 s with production's pauses, about 20 s here."""
    delivery = DeliveryRules(min_backoff_s=2, max_backoff_s=6)
    config = stack_config(tmp_path, delivery)
    async with trial(replace(config, processor={"RETRY_COUNT": "0"})) as running:
        outage = running.stack.faults.add("gemini", "*", Fault("error", status=503), times=-1)
        before = questions(12, "mention", "dm", "thread", "command", "outside")
        await ask(running, before)
        assert await running.settled(within_s=DEADLINE_S) == ""
        assert verdicts(running) == {Verdict.NOTICED: 12}, broken(running)
        assert running.stack.faults.remove(outage.id)
        pushes = len(list(seen(running, "push")))
        await ask(running, questions(5, "mention", "dm", "thread", "command", first=100))
        assert await running.settled(within_s=DEADLINE_S) == ""
        assert verdicts(running) == {Verdict.NOTICED: 12, Verdict.ANSWERED: 5}
        asked_before = {f"q{number:04d}" for number in range(12)}
        late = list(seen(running, "push"))[pushes:]
        assert late
        assert not _tasks_of(running, asked_before) & {key for one in late for key in one.keys}


async def test_a_delay_told_where_slack_shows_no_status_outlives_its_worker_and_no_answer(
    tmp_path: Path,
) -> None:
    async with trial(stack_config(tmp_path, QUICK)) as running:
        refused = Fault("error", status=200, error="feature_disabled")
        running.stack.faults.add("slack", "assistant.threads.setStatus", refused, times=-1)
        outage = running.stack.faults.add("gemini", "*", Fault("error", status=503), times=-1)
        await ask(running, questions(4, "mention", "dm"))
        told = partial(_delays, running)
        await running.stack.slack.wait_for(lambda: len(told()) == 4, 15.0)
        for one in running.stack.processors:
            await one.kill()
        assert len(told()) == 4
        for one in running.stack.processors:
            await one.start()
        assert running.stack.faults.remove(outage.id)
        assert await running.settled(within_s=DEADLINE_S) == ""
        assert told() == []
        assert verdicts(running) == {Verdict.ANSWERED: 4}


def _delays(running: Trial) -> list[str]:
    """The threads that are told of a delay, each by one message."""
    slack = running.stack.slack
    found = [
        message["thread_ts"]
        for channel in slack.workspace.channels
        for message in slack.messages(channel)
        if (mark := Mark.of_message(message)) is not None and mark.role == "delay"
    ]
    assert len(set(found)) == len(found)
    return found


def _tasks_of(running: Trial, markers: set[str]) -> set[str]:
    """The journal's task keys of questions."""
    return {
        key
        for one in running.judged()
        if one.case.asked.question.marker in markers
        for key in one.case.keys
        if key.startswith("task:")
    }


async def test_a_message_posted_again_or_removed_behind_everybodys_back_is_noticed(
    tmp_path: Path,
) -> None:
    async with trial(stack_config(tmp_path, QUICK)) as running:
        await ask(running, questions(2, "mention"))
        assert await running.settled(within_s=DEADLINE_S) == ""
        workspace = running.stack.slack.workspace
        [first, second] = _posts(running)
        again = workspace.post(replace(first, ts=workspace.timestamps.next()))
        assert verdicts(running) == {Verdict.ANSWERED: 1, Verdict.DOUBLED: 1}
        workspace.delete(again)
        workspace.delete(second)
        assert verdicts(running) == {Verdict.ANSWERED: 1, Verdict.LOST: 1}
