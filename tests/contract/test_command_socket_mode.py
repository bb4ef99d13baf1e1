"""The Slack side in Socket Mode, with real sockets to simulated Slack and Pub/Sub."""

import asyncio
import json
from collections.abc import AsyncIterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest
from slack_bolt.async_app import AsyncApp

from command_service.app import Service
from command_service.slack_access import SlackAccess
from command_service.slack_replies import SlackReplies
from command_service.slots import Slots
from command_service.socket_mode import SocketMode, Timing, connected
from shared.ledger import Mark
from shared.slack import slack_client
from shared.task import Mode, Source, task_id_of_message, task_id_of_retry
from simulators.faults import Fault
from simulators.slack.model import Message
from tests.command_fakes import a_question
from tests.command_stack import IMPATIENT, SLACK, TOPIC, Stack, get_json, stack

pytestmark = pytest.mark.usefixtures("tracing")


@pytest.fixture
async def impatient() -> AsyncIterator[Stack]:
    """A Slack that waits a second for an ack."""
    async with stack(IMPATIENT) as opened:
        yield opened


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


async def test_the_thread_shows_that_the_bot_is_thinking(world: Stack, service: Service) -> None:
    message = world.slack.people.post("hana", "#general", "@mechachang hello")

    [publish] = await world.wait_for_step("publish")
    [call] = await world.wait_for_step("api", method="assistant.threads.setStatus")
    assert call.detail["ok"]
    [task] = world.tasks()
    assert task.thread_ts == message.ts
    assert publish.journey == call.journey, "the trace joins Pub/Sub's message and Slack's call"


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

    async with asyncio.timeout(5.0):
        while not await english():
            pass
    assert world.tasks()[0].locale == "ja"
    assert len(world.calls("users.info")) == 1


async def test_a_command_is_acked_with_a_text_that_says_it_is_being_answered(
    world: Stack, service: Service
) -> None:
    outcome = await world.slack.people.slash("hana", "#general", "/gemini", "素数とは")

    assert outcome.acked
    assert "質問を受け付けました" in outcome.payload["text"]
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

    outcome = await world.slack.people.slash("hana", "#general", "/gemini", "素数とは")

    assert outcome.acked
    assert "もう一度お試しください" in outcome.payload["text"]
    assert world.tasks() == []


async def test_a_command_without_a_question_explains_itself(world: Stack, service: Service) -> None:
    outcome = await world.slack.people.slash("hana", "#general", "/gemini", "  ")

    assert "/gemini 質問" in outcome.payload["text"]
    assert world.tasks() == []


@pytest.mark.parametrize("typed", ["help", "ヘルプ", "--foo 素数とは", "--mode poem 素数とは"])
async def test_help_and_unknown_options_are_answered_with_the_usage_alone(
    world: Stack, service: Service, typed: str
) -> None:
    outcome = await world.slack.people.slash("hana", "#general", "/gemini", typed)

    assert "/gemini creative: 質問" in outcome.payload["text"]
    assert "20,000 文字" in outcome.payload["text"]
    assert world.tasks() == []


async def test_a_private_command_says_that_nobody_else_will_see_its_answer(
    world: Stack, service: Service
) -> None:
    outcome = await world.slack.people.slash("hana", "#general", "/gemini", "--private code: x")

    assert "あなただけ" in outcome.payload["text"]
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


async def test_our_own_and_edited_messages_are_acked_without_a_task(
    world: Stack, service: Service
) -> None:
    channel = world.slack.people.dm("hana").id
    written = world.slack.people.post("hana", channel, "hello")
    await world.wait_for_step("ack", 1)
    world.slack.people.edit("hana", channel, written.ts, "hello again")
    await world.wait_for_step("ack", 2)
    world.slack.people.delete("hana", channel, written.ts)
    await world.wait_for_step("ack", 3)

    assert [task.text for task in world.tasks()] == ["hello"]


def answer_with_button(
    world: Stack, channel: str, thread_ts: str, asked_ts: str, action_id: str = "regenerate"
) -> str:
    """An answer or a notice as the processor posts it, in the thread of the question."""
    value = {"v": 1, "channel_id": channel, "thread_ts": thread_ts, "message_ts": asked_ts}
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
        blocks=[{"type": "actions", "block_id": "b1", "elements": [button]}],
        metadata=Mark("0" * 32, "answer").as_metadata(),
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


@pytest.mark.parametrize(
    ("mode", "expected"),
    [("data", Mode.DATA), ("auto", Mode.AUTO), ("poem", Mode.AUTO), (None, Mode.AUTO)],
)
async def test_regenerate_finds_the_question_of_a_command_in_our_own_message(
    world: Stack, service: Service, mode: str | None, expected: Mode
) -> None:
    channel = world.slack.people.channel("#general").id
    mark = Mark("1" * 32, "question")
    kept = mark.as_metadata(prompt="素数とは", **({"mode": mode} if mode else {}))
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
    assert len(world.tasks()) == 1


async def test_slack_failing_to_show_signs_changes_nothing(world: Stack, service: Service) -> None:
    world.faults.add("slack", "assistant.threads.setStatus", Fault("error", status=500), -1)
    world.faults.add("slack", "users.info", Fault("error", status=429), -1)

    world.slack.people.post("hana", "#general", "@mechachang hello")

    await world.wait_for_step("ack")
    await world.wait_for_step("api", method="assistant.threads.setStatus")
    assert len(world.tasks()) == 1


async def test_a_status_that_slack_is_slow_to_show_is_given_up(world: Stack) -> None:
    rule = world.faults.add("slack", "assistant.threads.setStatus", Fault("hang"))
    async with slack_client("xoxb-local", world.api_url) as client, asyncio.timeout(5.0):
        replies = SlackReplies(client, SlackAccess(client, lambda _: None), status_within_s=0.1)
        await replies.show_thinking(a_question(), "ja")
    assert rule.times == 0


async def test_the_status_of_a_question_that_was_not_taken_is_cleared(world: Stack) -> None:
    question = a_question(channel_id=world.slack.people.channel("#general").id)
    asked = world.slack.people.post("hana", "#general", "hello")
    question = replace(question, thread_ts=asked.ts)
    async with slack_client("xoxb-local", world.api_url) as client:
        replies = SlackReplies(client, SlackAccess(client, lambda _: None))
        for _ in range(2):
            await replies.show_thinking(question, "ja")
            await replies.show_thinking(question, "ja")
            await replies.hide_thinking(question)
        await replies.hide_thinking(question)
    calls = world.journal.entries(step="api")
    assert len([c for c in calls if c.detail["method"] == "assistant.threads.setStatus"]) == 4


@pytest.mark.parametrize("answered", [True, False])
async def test_a_status_that_came_late_is_cleared_only_if_the_answer_stands(
    world: Stack, answered: bool
) -> None:
    general = world.slack.people.channel("#general").id
    asked = world.slack.people.post("hana", "#general", "hello")
    question = replace(a_question(channel_id=general), thread_ts=asked.ts, message_ts=asked.ts)
    async with slack_client("xoxb-local", world.api_url) as client:
        if answered:
            mark = Mark(question.task_id, "answer").as_metadata()
            await client.chat_postMessage(
                channel=general, thread_ts=asked.ts, text="answer", metadata=mark
            )
        replies = SlackReplies(client, SlackAccess(client, lambda _: None), late_after_s=0.0)
        await replies.show_thinking(question, "ja")
    statuses = world.slack.workspace.statuses
    assert ((general, asked.ts) in statuses) is not answered


async def test_beyond_the_bound_envelopes_wait_and_then_all_are_handled(world: Stack) -> None:
    world.faults.add("pubsub", "Publish", Fault("delay", seconds=0.05), -1)
    async with world.service(max_concurrent_requests=2):
        for number in range(6):
            world.slack.people.post("hana", "#general", f"@mechachang question {number}")
        await world.wait_for_step("ack", 6)
    assert len({task.task_id for task in world.tasks()}) == 6
    assert world.journal.entries(step="ack_missed") == []


async def test_an_overloaded_command_is_told_so_and_an_event_left_to_redelivery(
    impatient: Stack,
) -> None:
    world = impatient
    rule = world.faults.add("pubsub", "Publish", Fault("delay", seconds=0.6), 1)
    async with world.service(max_concurrent_requests=1) as service:
        service.slots.wait_s = 0.1
        world.slack.people.post("hana", "#general", "@mechachang first")
        await world.slack.wait_for(lambda: service.slots.running == 1)
        outcome = await world.slack.people.slash("kenji", "#general", "/gemini", "second")
        world.slack.people.post("alice", "#general", "@mechachang third")
        tasks = await world.wait_for_tasks(2)
    assert rule.times == 0
    assert "混み合っています" in outcome.payload["text"]
    assert sorted(task.text for task in tasks) == ["first", "third"]
    assert service.socket is not None
    assert service.socket.overloaded == 2


async def test_a_command_that_waited_for_its_slot_is_still_answered_within_slacks_time(
    world: Stack,
) -> None:
    world.faults.add("pubsub", "Publish", Fault("delay", seconds=60.0), -1)
    async with world.service(max_concurrent_requests=1) as service:
        async with service.slots.slot():
            asking = asyncio.create_task(
                world.slack.people.slash("hana", "#general", "/gemini", "素数とは")
            )
            await world.wait_for_step("envelope")
            # Most of the time is gone when the command gets its slot.
            await asyncio.sleep(1.5)
        outcome = await asking
    assert outcome.acked
    assert "もう一度お試しください" in outcome.payload["text"]


async def test_closing_waits_for_envelopes_and_acks_them(world: Stack) -> None:
    world.faults.add("pubsub", "Publish", Fault("delay", seconds=0.5))
    async with world.service() as service:
        world.slack.people.post("hana", "#general", "@mechachang hello")
        await world.slack.wait_for(lambda: service.slots.running == 1)

    assert len(world.journal.entries(step="ack")) == 1
    assert world.journal.entries(step="ack_missed") == []
    assert len(world.pubsub.messages(TOPIC)) == 1


async def test_the_health_routes_tell_what_is_connected(world: Stack, service: Service) -> None:
    await world.slack.wait_for(lambda: world.slack.sockets.sockets)

    assert service.socket is not None
    assert (await service.socket.state()).connected
    status, health = await get_json(service.port, "/healthz")
    assert (status, health["status"]) == (200, "ok")
    assert health["slack_socket"]["connected"]
    status, ready = await get_json(service.port, "/readyz")
    assert status == 200
    assert {name: state["state"] for name, state in ready["dependencies"].items()} == {
        "pubsub": "ok",
        "slack": "ok",
        "slack_socket": "ok",
    }


async def test_the_socket_comes_back_after_slacks_refresh_and_after_a_cut(
    impatient: Stack,
) -> None:
    world = impatient
    async with world.service():
        await world.slack.sockets.disconnect("refresh_requested")
        await world.wait_for_step("api", 2, method="apps.connections.open")
        await world.slack.wait_for(lambda: world.slack.sockets.sockets)
        world.slack.people.post("hana", "#general", "@mechachang after the refresh")
        await world.wait_for_step("ack", 1)

        world.slack.sockets.cut()
        world.slack.people.post("hana", "#general", "@mechachang after the cut")
        await world.wait_for_step("ack", 2)
    assert {task.text for task in world.tasks()} == {"after the refresh", "after the cut"}


async def test_the_first_socket_is_opened_at_the_url_of_the_preflight(
    world: Stack, service: Service
) -> None:
    assert len(world.calls("apps.connections.open")) == 1
    world.slack.people.post("hana", "#general", "@mechachang hello")
    await world.wait_for_tasks()

    assert len(world.calls("auth.test")) == 1, "Bolt takes the preflight's answer"


async def test_a_refused_handshake_is_tried_again_at_a_new_url_that_is_not_logged(
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = replace(SLACK, ticket_lifetime_s=0.3)
    async with stack(config) as world, slack_client("xoxb-local", world.api_url) as client:
        opened = await client.apps_connections_open(app_token="xapp-local")
        rule = world.faults.add("socket", "connect", Fault("error", status=404), -1)
        bolt = AsyncApp(client=client)
        slots = Slots(1)
        timing = Timing(ping_every_s=0.2, url_life_s=0.4)
        socket = SocketMode(bolt, "xapp-local", slots, lambda _: "", lambda _: None, timing)
        async with connected(socket, str(opened["url"])):
            await world.wait_for_step("api", 2, method="apps.connections.open")
            assert not (await socket.state()).connected
            world.faults.remove(rule.id)
            await world.slack.wait_for(lambda: world.slack.sockets.sockets)
    assert "Failed to connect" in caplog.text
    ticket = parse_qs(urlsplit(str(opened["url"])).query)["ticket"][0]
    assert ticket not in caplog.text


async def test_a_socket_that_stays_away_makes_the_service_unready_but_not_yet_unhealthy(
    world: Stack, service: Service
) -> None:
    world.faults.add("socket", "connect", Fault("error", status=503), -1)
    world.slack.sockets.cut()
    await world.slack.wait_for(lambda: not world.slack.sockets.sockets)

    async with asyncio.timeout(5.0):
        while (await get_json(service.port, "/readyz"))[0] == 200:
            pass
    _, ready = await get_json(service.port, "/readyz")
    assert ready["dependencies"]["slack_socket"] == {
        "state": "unavailable",
        "reason": "not_connected",
    }
    status, health = await get_json(service.port, "/healthz")
    assert status == 200
    assert not health["slack_socket"]["connected"]
