"""Regenerate and Retry: the question of an answer becomes a task again."""

import json
from dataclasses import replace
from typing import Any

import pytest

from command_service.app import Service
from shared.ledger import Mark
from shared.task import Kind, Mode, Source, task_id_of_retry
from simulators.slack.state.model import Message
from tests.support import signed
from tests.support.workbenches.command import SLACK, Stack, stack

pytestmark = pytest.mark.usefixtures("tracing")


def answer_with_button(
    world: Stack, channel: str, thread_ts: str, asked_ts: str, action_id: str = "regenerate"
) -> str:
    """An answer or a notice as the processor posts it, in the thread of the question."""
    value = {"v": 1, "thread_ts": thread_ts, "message_ts": asked_ts}
    button = {
        "type": "button",
        "action_id": action_id,
        "text": {"type": "plain_text", "text": "回答を再生成"},
        "value": json.dumps(value),
    }
    return post_as_bot(
        world,
        channel,
        thread_ts,
        blocks=signed.blocks(
            channel, [{"type": "actions", "block_id": "b1", "elements": [button]}]
        ),
        metadata=signed.metadata(Mark("0" * 32, "answer"), channel),
    ).ts


def post_as_bot(
    world: Stack,
    channel: str,
    thread_ts: str | None = None,
    text: str = "回答です",
    **content: Any,
) -> Message:
    workspace = world.slack.workspace
    message = Message(
        channel, workspace.timestamps.next(), workspace.bot.id, text, thread_ts, **content
    )
    message.bot_id = workspace.bot_id
    return workspace.post(message)


async def test_regenerate_asks_the_question_of_the_thread_again(
    world: Stack, service: Service
) -> None:
    asked = world.slack.people.post("hana", "#general", "@mechachang 1 &lt; 2 ですか")
    await world.wait_for_tasks(1)
    world.slack.people.post("kenji", "#general", "別の話です", thread_ts=asked.ts)
    answer_ts = answer_with_button(world, asked.channel, asked.ts, asked.ts)

    outcome = await world.slack.people.click("kenji", "#general", answer_ts, "regenerate")

    first, again = await world.wait_for_tasks(2)
    assert outcome.acked
    assert (again.source, again.text) == (Source.BUTTON, first.text)
    assert (again.message_ts, again.thread_ts) == (asked.ts, asked.ts)
    assert again.user_id == world.slack.people.user("kenji").id
    assert again.task_id != first.task_id


async def test_retry_asks_about_the_files_of_its_question_again(
    world: Stack, service: Service
) -> None:
    people = world.slack.people
    file = people.upload("hana", "図.png", b"image")
    asked = people.post("hana", "#general", "@mechachang", files=[file.id])
    await world.wait_for_tasks()
    notice_ts = answer_with_button(world, asked.channel, asked.ts, asked.ts, "retry")
    await people.click("hana", "#general", notice_ts, "retry")
    first, again = await world.wait_for_tasks(2)
    assert (again.text, [each.name for each in again.files]) == ("", ["図.png"])
    assert again.files == first.files


async def test_retry_asks_one_task_however_often_it_is_clicked(
    world: Stack, service: Service
) -> None:
    asked = world.slack.people.post("hana", "#general", "@mechachang hello")
    await world.wait_for_step("api", method="assistant.threads.setStatus")
    # Its sign is shown beside the publishing.
    await world.wait_for_tasks(1)
    notice_ts = answer_with_button(world, asked.channel, asked.ts, asked.ts, "retry")

    for person in ("hana", "kenji"):
        outcome = await world.slack.people.click(person, "#general", notice_ts, "retry")
        assert outcome.acked

    first, *again = await world.wait_for_tasks(3)
    team_id = world.slack.workspace.team_id
    assert {task.task_id for task in again} == {task_id_of_retry(team_id, asked.channel, notice_ts)}
    assert {task.source for task in again} == {Source.RETRY}
    assert {(task.text, task.mode, task.message_ts) for task in again} == {
        (first.text, Mode.CHAT, asked.ts)
    }
    await world.wait_for_step("api", 2, method="assistant.threads.setStatus")
    assert len(world.calls("assistant.threads.setStatus")) == 2, "the second click shows no status"


async def test_regenerate_finds_a_question_that_was_asked_inside_a_thread(
    world: Stack, service: Service
) -> None:
    begun = world.slack.people.post("hana", "#general", "今日の予定です")
    world.slack.people.post("kenji", "#general", "了解です", thread_ts=begun.ts)
    asked = world.slack.people.post(
        "hana", "#general", "@mechachang まとめてください", thread_ts=begun.ts
    )
    world.slack.people.post("kenji", "#general", "お願いします", thread_ts=begun.ts)
    await world.wait_for_tasks(1)
    answer_ts = answer_with_button(world, asked.channel, begun.ts, asked.ts)

    await world.slack.people.click("hana", "#general", answer_ts, "regenerate")

    _, again = await world.wait_for_tasks(2)
    assert again.text == "まとめてください"
    assert (again.message_ts, again.thread_ts) == (asked.ts, begun.ts)


async def test_regenerate_finds_its_question_where_slack_returns_short_pages() -> None:
    """docs.slack.dev, conversations.replies: fewer than asked for may come before the end."""
    async with stack(replace(SLACK, longest_page=2)) as world, world.service():
        people = world.slack.people
        begun = people.post("hana", "#general", "今日の予定です")
        asked = people.post("hana", "#general", "@mechachang まとめて", thread_ts=begun.ts)
        await world.wait_for_tasks(1)
        answer_ts = answer_with_button(world, asked.channel, begun.ts, asked.ts)
        await people.click("hana", "#general", answer_ts, "regenerate")
        _, again = await world.wait_for_tasks(2)
        assert (again.text, again.message_ts) == ("まとめて", asked.ts)


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("data", Mode.DATA), ("auto", Mode.AUTO), ("poem", Mode.AUTO), (None, Mode.AUTO)],
)
async def test_regenerate_finds_the_question_of_a_command_in_our_own_message(
    world: Stack, service: Service, mode: str | None, expected: Mode
) -> None:
    channel = world.slack.people.channel("#general").id
    mark = Mark("1" * 32, "question")
    kept = signed.metadata(mark, channel, prompt="素数とは", **({"mode": mode} if mode else {}))
    asked = post_as_bot(world, channel, text="hana さんの質問です。", metadata=kept)
    answer_ts = answer_with_button(world, channel, asked.ts, asked.ts)

    await world.slack.people.click("hana", channel, answer_ts, "regenerate")

    [task] = await world.wait_for_tasks()
    assert (task.text, task.mode) == ("素数とは", expected)


async def test_regenerate_says_when_the_question_is_gone(world: Stack, service: Service) -> None:
    asked = world.slack.people.post("hana", "#general", "@mechachang hello")
    await world.wait_for_tasks(1)
    answer_ts = answer_with_button(world, asked.channel, asked.ts, asked.ts)
    world.slack.people.delete("hana", "#general", asked.ts)

    outcome = await world.slack.people.click("hana", "#general", answer_ts, "regenerate")

    assert outcome.acked
    await world.slack.wait_for(lambda: world.slack.ephemerals("hana"))
    assert "元の質問が見つからない" in world.slack.ephemerals("hana")[0]["text"]
    assert [task.text for task in world.tasks() if task.kind is Kind.QUESTION] == ["hello"]
