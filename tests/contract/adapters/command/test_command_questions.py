"""Questions in Socket Mode become tasks, with real sockets to simulated Slack and Pub/Sub."""

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from command_service.app import Service
from command_service.texts.replies import QUESTION_KEPT
from shared.task import Cancel, Mode, Source, task_id_of_message
from simulators.faults import Fault
from simulators.slack.state.model import Message
from tests.support.workbenches.command import SLACK, Stack, get_json, stack

pytestmark = pytest.mark.usefixtures("tracing")


def key_of(message: Message) -> str:
    return f"message:{message.channel}:{message.ts}"


async def test_a_mention_is_published_and_only_then_acked(world: Stack, service: Service) -> None:
    message = world.slack.people.post("hana", "#general", "@mechachang 素数とは何ですか")

    await world.wait_for_step("ack")
    steps = [
        entry.step
        for entry in world.journal.entries(key=key_of(message))
        if entry.step in {"envelope", "publish", "ack"}
    ]
    assert steps == ["envelope", "publish", "ack"]
    [task] = world.tasks()
    team_id = world.slack.workspace.team_id
    assert task.task_id == task_id_of_message(team_id, message.channel, message.ts)
    assert (task.source, task.text, task.thread_ts) == (
        Source.MENTION,
        "素数とは何ですか",
        message.ts,
    )


async def test_a_slow_queue_delays_the_ack(world: Stack, service: Service) -> None:
    world.faults.add("pubsub", "Publish", Fault("delay", seconds=0.3))

    world.slack.people.post("hana", "#general", "@mechachang hello")

    [ack] = await world.wait_for_step("ack")
    [publish] = world.journal.entries(step="publish")
    assert publish.seq < ack.seq
    assert ack.ms is not None
    assert ack.ms >= 300


async def test_while_the_queue_refuses_nothing_is_acked_and_slacks_redelivery_gets_through(
    impatient: Stack,
) -> None:
    world = impatient
    rule = world.faults.add("pubsub", "Publish", Fault("error", error="PERMISSION_DENIED"), -1)
    async with world.service():
        message = world.slack.people.post("hana", "#general", "@mechachang hello")
        await world.wait_for_step("ack_missed")
        assert world.journal.entries(step="ack") == []
        assert world.tasks() == []

        world.faults.remove(rule.id)
        await world.wait_for_step("ack")
    [task] = world.tasks()
    assert task.message_ts == message.ts


async def test_an_outage_of_the_queue_loses_no_question_and_makes_no_second_one(
    impatient: Stack,
) -> None:
    world = impatient
    async with world.service() as service:
        await world.pubsub.pause()
        world.slack.people.post("hana", "#general", "@mechachang hello")
        await world.wait_for_step("ack_missed")
        status, ready = await get_json(service.port, "/readyz")
        assert status == 503
        assert ready["dependencies"]["pubsub"]["state"] == "unavailable"

        await world.pubsub.resume()
        await world.wait_for_step("ack")
    assert len({task.task_id for task in world.tasks()}) == 1


async def test_an_event_delivered_twice_is_the_same_task_twice(
    world: Stack, service: Service
) -> None:
    world.faults.add("socket", "envelope", Fault("duplicate"))

    world.slack.people.post("hana", "#general", "@mechachang hello")

    first, second = await world.wait_for_tasks(2)
    assert first.task_id == second.task_id
    assert first.event_id == second.event_id


async def test_a_lost_ack_is_redelivered_as_the_same_task(impatient: Stack) -> None:
    world = impatient
    world.faults.add("socket", "ack", Fault("drop_before"))
    async with world.service():
        world.slack.people.post("hana", "#general", "@mechachang hello")
        first, second = await world.wait_for_tasks(2)
    assert first.task_id == second.task_id


async def test_a_direct_message_needs_no_mention(world: Stack, service: Service) -> None:
    channel = world.slack.people.dm("alice")
    world.slack.people.post("alice", channel.id, "what is a prime?")

    [task] = await world.wait_for_tasks()
    assert (task.source, task.text, task.channel_id) == (
        Source.DM,
        "what is a prime?",
        channel.id,
    )


def copied(payload: dict[str, Any]) -> str:
    """What the reply gives back to be copied."""
    [typed] = [block for block in payload["blocks"] if block["type"] == "rich_text"]
    [preformatted] = typed["elements"]
    return "".join(element["text"] for element in preformatted["elements"])


async def test_a_persons_language_is_learnt_for_the_next_question(
    world: Stack, service: Service
) -> None:
    channel = world.slack.people.dm("alice").id
    world.slack.people.post("alice", channel, "first")
    await world.wait_for_step("api", method="users.info")
    await world.slack.wait_for(lambda: world.calls("users.info")[0].detail["ok"])

    async def english() -> bool:
        world.slack.people.post("alice", channel, "again")
        return (await world.wait_for_tasks(len(world.tasks()) + 1))[-1].locale == "en"

    async with asyncio.timeout(60):
        while not await english():
            pass
    assert world.tasks()[0].locale == "ja"
    assert len(world.calls("users.info")) == 1


async def test_a_command_leaves_nothing_behind_that_only_its_user_sees(
    world: Stack, service: Service
) -> None:
    outcome = await world.slack.people.slash("hana", "#general", "/gemini", "素数とは")

    assert outcome.acked
    assert outcome.payload is None
    assert world.slack.ephemerals("hana") == []
    [task] = world.tasks()
    assert (task.source, task.mode, task.text) == (Source.SLASH_COMMAND, Mode.AUTO, "素数とは")
    assert task.response_url is not None
    [publish] = world.journal.entries(step="publish")
    [ack] = world.journal.entries(step="ack")
    assert publish.seq < ack.seq


async def test_a_command_is_asked_to_try_again_while_the_queue_refuses(
    world: Stack, service: Service
) -> None:
    world.faults.add("pubsub", "Publish", Fault("error", error="NOT_FOUND"), -1)

    outcome = await world.slack.people.slash("hana", "#general", "/gemini", "code: a < `b`")

    assert outcome.acked
    assert "もう一度お試しください" in outcome.payload["text"]
    assert copied(outcome.payload) == "/gemini code: a < `b`"
    assert world.tasks() == []


async def test_a_mention_that_cannot_be_queued_is_told_to_be_kept_once_and_queued_later(
    world: Stack, service: Service
) -> None:
    world.faults.add("pubsub", "Publish", Fault("error", error="NOT_FOUND"), 2)

    world.slack.people.post("hana", "#general", "@mechachang 素数とは")

    await world.wait_for_tasks(1)
    await world.slack.wait_for(lambda: world.slack.ephemerals("hana"))
    assert [told["text"] for told in world.slack.ephemerals("hana")] == [QUESTION_KEPT["ja"]]


async def test_a_command_where_we_are_no_member_says_that_it_is_being_answered(
    world: Stack, service: Service
) -> None:
    world.slack.people.channel("#general").members.discard(world.slack.workspace.bot.id)
    outcome = await world.slack.people.slash("hana", "#general", "/gemini", "素数とは")

    assert "質問を受け付けました" in outcome.payload["text"]


async def test_a_command_without_a_question_explains_itself(world: Stack, service: Service) -> None:
    outcome = await world.slack.people.slash("hana", "#general", "/gemini", "  ")

    assert "/gemini 質問" in outcome.payload["text"]
    assert world.tasks() == []


@pytest.mark.parametrize(
    ("typed", "option"), [("--foo 素数とは", "--foo"), ("--mode poem 素数とは", "--mode poem")]
)
async def test_an_unknown_option_is_named_and_the_command_given_back(
    world: Stack, service: Service, typed: str, option: str
) -> None:
    outcome = await world.slack.people.slash("hana", "#general", "/gemini", typed)

    assert f"`{option}`" in outcome.payload["text"]
    assert copied(outcome.payload) == f"/gemini {typed}"
    assert world.tasks() == []


@pytest.mark.parametrize("typed", ["help", "ヘルプ"])
async def test_help_is_answered_with_the_usage_alone(
    world: Stack, service: Service, typed: str
) -> None:
    outcome = await world.slack.people.slash("hana", "#general", "/gemini", typed)

    assert "/gemini creative: 質問" in outcome.payload["text"]
    assert "20,000 文字" in outcome.payload["text"]
    assert world.tasks() == []


async def test_a_private_command_leaves_nothing_in_the_channel(
    world: Stack, service: Service
) -> None:
    outcome = await world.slack.people.slash("hana", "#general", "/gemini", "--private code: x")

    assert outcome.acked
    assert not outcome.payload
    [task] = world.tasks()
    assert (task.text, task.mode, task.private) == ("x", Mode.CODE, True)


async def test_a_mention_without_a_question_is_explained_to_its_writer_alone(
    world: Stack, service: Service
) -> None:
    world.slack.people.post("hana", "#general", "@mechachang")

    await world.slack.wait_for(lambda: world.slack.ephemerals("hana"))
    [told] = world.slack.ephemerals("hana")
    assert "/gemini 質問" in told["text"]
    assert world.slack.ephemerals("alice") == []
    assert len(world.slack.messages("#general")) == 1
    await world.wait_for_step("ack")
    assert world.tasks() == []


@pytest.mark.parametrize("should_escape", [False, True])
async def test_a_commands_code_arrives_as_it_was_typed(should_escape: bool) -> None:
    command = replace(SLACK.commands[0], should_escape=should_escape)
    typed = "why is List<String> no <div>, if a<b && c>d? see https://example.com/a"
    async with stack(replace(SLACK, commands=(command,))) as world, world.service():
        await world.slack.people.slash("hana", "#general", "/gemini", typed)
        [task] = await world.wait_for_tasks()
    assert task.text == typed


async def test_refusals_are_acked_and_told_by_the_policy(world: Stack) -> None:
    channel = world.slack.people.channel("#random").id
    async with world.service(
        allowed_channel_ids=frozenset({channel}), max_prompt_chars=5, default_locale="en"
    ):
        world.slack.people.post("hana", "#general", "@mechachang hello")
        world.slack.people.post("hana", "#random", "@mechachang much too long")
        world.slack.people.post("hana", "#random", "@mechachang short")

        await world.wait_for_step("ack", 3)
        await world.slack.wait_for(lambda: len(world.slack.ephemerals("hana")) == 2)
    assert [task.text for task in world.tasks()] == ["short"]


@pytest.mark.parametrize(
    ("subscription", "cause"), [("app_home_opened", "home"), ("message.channels", "message")]
)
async def test_an_event_nobody_listens_to_is_acked_without_a_task(
    subscription: str, cause: str
) -> None:
    config = replace(SLACK, subscriptions=frozenset({subscription}))
    async with stack(config) as world, world.service():
        if cause == "home":
            world.slack.people.open_home("hana")
        else:
            world.slack.people.post("hana", "#general", "just talking")
        await world.wait_for_step("ack")
        assert world.tasks() == []
        assert world.journal.entries(step="ack_missed") == []


async def test_our_own_and_edited_messages_are_acked_without_a_task_and_a_deleted_one_is_a_stop(
    world: Stack, service: Service
) -> None:
    channel = world.slack.people.dm("hana").id
    written = world.slack.people.post("hana", channel, "hello")
    await world.wait_for_step("ack", 1)
    world.slack.people.edit("hana", channel, written.ts, "hello again")
    await world.wait_for_step("ack", 2)
    world.slack.people.delete("hana", channel, written.ts)
    await world.wait_for_step("ack", 3)

    question, stop = world.tasks()
    assert question.text == "hello"
    assert stop.cancel == Cancel(task_id=question.task_id)


@pytest.mark.parametrize("flag", ["is_ext_shared", "is_pending_ext_shared"])
async def test_a_command_where_other_organisations_read_is_answered_to_nobody(
    world: Stack, service: Service, flag: str
) -> None:
    setattr(world.slack.people.channel("#general"), flag, True)
    outcome = await world.slack.people.slash("hana", "#general", "/gemini", "素数とは")

    assert "社外の方と共有しているチャンネル" in outcome.payload["text"]
    assert world.tasks() == []


async def test_a_command_where_slack_does_not_tell_who_reads_is_answered_privately(
    world: Stack, service: Service
) -> None:
    world.faults.add("slack", "conversations.info", Fault("error", status=500), -1)
    outcome = await world.slack.people.slash("hana", "#general", "/gemini", "素数とは")

    assert "確認できなかったため、回答はダイレクトメッセージで" in outcome.payload["text"]
    [task] = world.tasks()
    assert task.private


async def test_thanks_get_a_thumb_and_no_task(world: Stack, service: Service) -> None:
    written = world.slack.people.post("hana", world.slack.people.dm("hana").id, "ありがとう！")
    await world.slack.wait_for(lambda: written.reactions)
    assert written.reactions == {"+1": [world.slack.workspace.bot.id]}
    assert world.tasks() == []


async def test_without_the_scope_for_reactions_thanks_are_acked_and_nothing_happens() -> None:
    scopes = SLACK.scopes - {"reactions:write"}
    async with stack(replace(SLACK, scopes=scopes)) as world, world.service():
        written = world.slack.people.post("hana", world.slack.people.dm("hana").id, "thanks")
        await world.wait_for_step("ack", 1)
        world.slack.people.post("hana", written.channel, "hello")
        await world.wait_for_tasks(1)
        assert written.reactions == {}
        assert [task.text for task in world.tasks()] == ["hello"]
