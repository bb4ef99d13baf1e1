"""What people do with answers, through Bolt and simulated Slack: as tasks, modals and notes."""

import json
from typing import Any

import pytest

from command_service.app import Service
from shared.ledger import Mark
from shared.task import Cancel, Feedback, FeedbackReason, Kind, Mode, Source, Task, Vote, Wish
from simulators.faults import Fault
from simulators.slack.state.model import Message, Stream, View
from tests.support import signed
from tests.support.workbenches.command import Stack

ANSWER = "a" * 32


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTPS_PROXY", "https_proxy", "HTTP_PROXY", "http_proxy"):
        monkeypatch.delenv(name, raising=False)


def plain(text: str) -> dict[str, Any]:
    return {"type": "plain_text", "text": text}


def a_button(action_id: str, **value: Any) -> dict[str, Any]:
    carried = json.dumps({"v": 1, **value})
    return {"type": "button", "action_id": action_id, "text": plain("押す"), "value": carried}


def actions(*elements: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"type": "actions", "block_id": "b1", "elements": list(elements)}]


def voting() -> list[dict[str, Any]]:
    up, down = (
        {
            "text": plain(vote),
            "value": json.dumps({"v": 1, "task_id": ANSWER, "mode": "code", "vote": vote}),
        }
        for vote in Vote
    )
    element = {
        "type": "feedback_buttons",
        "action_id": "feedback",
        "positive_button": up,
        "negative_button": down,
    }
    return [{"type": "context_actions", "block_id": "b2", "elements": [element]}]


async def asked(world: Stack, text: str = "@mechachang 素数とは何ですか") -> Message:
    """A question of Hana's that was published."""
    message = world.slack.people.post("hana", "#general", text)
    await world.wait_for_tasks(1)
    return message


def answer_with(world: Stack, question: Message, blocks: list[dict[str, Any]]) -> str:
    """A message of ours below the question."""
    workspace = world.slack.workspace
    message = Message(
        question.channel,
        workspace.timestamps.next(),
        workspace.bot.id,
        "回答です",
        question.ts,
        blocks=signed.blocks(question.channel, blocks),
        metadata=signed.metadata(Mark(ANSWER, "answer"), question.channel),
    )
    message.bot_id = workspace.bot_id
    return workspace.post(message).ts


def shown(world: Stack, ts: str) -> list[dict[str, Any]]:
    """The blocks of a message of ours as they stand in Slack."""
    [message] = [one for one in world.slack.messages("#general") if one["ts"] == ts]
    blocks: list[dict[str, Any]] = message["blocks"]
    return blocks


def where(question: Message) -> dict[str, str]:
    return {
        "thread_ts": question.ts,
        "message_ts": question.ts,
    }


async def new_tasks(world: Stack, count: int) -> list[Task]:
    """What was published after the question itself."""
    tasks = await world.wait_for_tasks(1 + count)
    return tasks[1:]


async def test_shorter_asks_the_question_again_with_the_wish(
    world: Stack, service: Service
) -> None:
    question = await asked(world)
    button = a_button("shorter", **where(question), mode="chat", wish="shorter")
    ts = answer_with(world, question, actions(button))
    for who in ("hana", "kenji"):
        assert (await world.slack.people.click(who, "#general", ts, "shorter")).acked
    first, second = await new_tasks(world, 2)
    assert first.task_id == second.task_id
    assert (first.wish, first.mode, first.source) == (Wish.SHORTER, Mode.CHAT, Source.BUTTON)
    assert first.text == "素数とは何ですか"


async def test_an_entry_of_the_menu_asks_in_its_mode(world: Stack, service: Service) -> None:
    question = await asked(world)
    value = json.dumps({"v": 1, **where(question), "mode": "data"})
    menu = {
        "type": "overflow",
        "action_id": "mode",
        "options": [{"text": plain("データ"), "value": value}],
    }
    ts = answer_with(world, question, actions(menu))
    chosen = shown(world, ts)[0]["elements"][0]["options"][0]["value"]
    await world.slack.people.click("hana", "#general", ts, "mode", selected_option=chosen)
    [task] = await new_tasks(world, 1)
    assert (task.mode, task.text) == (Mode.DATA, "素数とは何ですか")


async def test_the_stop_button_is_a_cancel_of_its_task_for_the_asker_only(
    world: Stack, service: Service
) -> None:
    question = await asked(world)
    hana = world.slack.people.user("hana").id
    button = a_button("stop", task_id=ANSWER, user_id=hana)
    ts = answer_with(world, question, actions(button))
    assert (await world.slack.people.click("kenji", "#general", ts, "stop")).acked
    await world.slack.wait_for(lambda: world.slack.ephemerals("kenji"))
    assert "質問した方だけ" in world.slack.ephemerals("kenji")[0]["text"]
    assert (await world.slack.people.click("hana", "#general", ts, "stop")).acked
    [task] = await new_tasks(world, 1)
    assert (task.kind, task.cancel) == (Kind.CANCEL, Cancel(task_id=ANSWER))
    assert (task.user_id, task.thread_ts) == (hana, question.ts)


async def test_slacks_own_stop_is_a_cancel_of_the_streams_it_ended_and_comes_again_if_it_must(
    world: Stack, service: Service
) -> None:
    question = await asked(world)
    rule = world.faults.add("pubsub", "Publish", Fault("error", error="PERMISSION_DENIED"), -1)
    workspace = world.slack.workspace
    streamed = Message(
        question.channel,
        workspace.timestamps.next(),
        workspace.bot.id,
        "回答",
        question.ts,
        stream=Stream(workspace.now()),
    )
    streamed.bot_id = workspace.bot_id
    workspace.post(streamed)
    world.slack.people.stop("hana", "#general", streamed.ts)
    await world.wait_for_step("api", method="assistant.threads.setStatus")
    await world.wait_for_step("envelope", event="agent_session_stopped")
    assert len(world.tasks()) == 1
    world.faults.remove(rule.id)
    [task, *_] = await new_tasks(world, 1)
    assert (task.kind, task.cancel) == (Kind.CANCEL, Cancel(streams=(streamed.ts,)))
    assert task.thread_ts == question.ts


async def voted(world: Stack, vote: Vote) -> None:
    question = await asked(world)
    blocks = voting()
    ts = answer_with(world, question, blocks)
    side = "positive_button" if vote is Vote.UP else "negative_button"
    value = shown(world, ts)[0]["elements"][0][side]["value"]
    outcome = await world.slack.people.click("kenji", "#general", ts, "feedback", value=value)
    assert outcome.acked


def modal(world: Stack) -> View | None:
    return world.slack.views.top(world.slack.people.user("kenji").id)


async def test_a_good_vote_is_published_and_thanked_for(world: Stack, service: Service) -> None:
    await voted(world, Vote.UP)
    [task] = await new_tasks(world, 1)
    assert (task.kind, task.text) == (Kind.FEEDBACK, "")
    assert task.feedback == Feedback(task_id=ANSWER, vote=Vote.UP, mode=Mode.CODE)
    await world.slack.wait_for(lambda: world.slack.ephemerals("kenji"))
    assert "ありがとう" in world.slack.ephemerals("kenji")[0]["text"]
    assert modal(world) is None


async def test_a_bad_vote_opens_a_modal_and_its_reason_follows_the_vote(world: Stack) -> None:
    async with world.service(feedback_reasons="log"):
        await voted(world, Vote.DOWN)
        view = await world.slack.wait_for(lambda: modal(world))
        assert view is not None
        [chosen] = [
            option
            for option in view.payload["blocks"][1]["element"]["options"]
            if option["value"] == "outdated"
        ]
        values = {
            "flaw": {"flaw": {"type": "static_select", "selected_option": chosen}},
            "comment": {"comment": {"type": "plain_text_input", "value": "去年の情報です"}},
        }
        outcome = await world.slack.people.submit("kenji", view.id, values)
        assert outcome is not None
        assert outcome.acked
        vote, reason = await new_tasks(world, 2)
    assert vote.feedback == Feedback(task_id=ANSWER, vote=Vote.DOWN, mode=Mode.CODE)
    assert reason.feedback == Feedback(
        task_id=ANSWER,
        vote=Vote.DOWN,
        mode=Mode.CODE,
        flaw=FeedbackReason.OUTDATED,
        comment="去年の情報です",
    )
    assert modal(world) is None
    await world.slack.wait_for(lambda: world.slack.ephemerals("kenji"))
    assert "ありがとう" in str(world.slack.ephemerals("kenji"))


async def test_by_default_nobody_is_asked_to_write_and_an_empty_modal_just_closes(
    world: Stack, service: Service
) -> None:
    await voted(world, Vote.DOWN)
    view = await world.slack.wait_for(lambda: modal(world))
    assert view is not None
    assert "comment" not in str(view.payload["blocks"])
    await world.slack.people.submit("kenji", view.id, {"flaw": {"flaw": {"selected_option": None}}})
    assert modal(world) is None
    assert len(world.tasks()) == 2


async def test_a_reason_that_cannot_be_queued_stays_in_the_modal_to_be_sent_again(
    world: Stack, service: Service
) -> None:
    await voted(world, Vote.DOWN)
    await new_tasks(world, 1)
    view = await world.slack.wait_for(lambda: modal(world))
    assert view is not None
    world.faults.add("pubsub", "Publish", Fault("error", error="PERMISSION_DENIED"), -1)
    option = view.payload["blocks"][1]["element"]["options"][0]
    await world.slack.people.submit(
        "kenji", view.id, {"flaw": {"flaw": {"selected_option": option}}}
    )
    assert modal(world) is view
    assert "もう一度押してください" in str(view.errors)


async def test_an_edit_is_offered_to_its_author_and_asked_once_and_the_note_goes(
    world: Stack, service: Service
) -> None:
    dm = world.slack.people.dm("hana").id
    question = world.slack.people.post("hana", dm, "素数とは何ですか")
    await world.wait_for_tasks(1)
    world.slack.people.edit("hana", dm, question.ts, "合成数とは何ですか")
    await world.slack.wait_for(lambda: world.slack.ephemerals("hana"))
    [note] = world.slack.ephemerals("hana")
    assert len(world.tasks()) == 1
    outcome = await world.slack.people.click("hana", dm, note["ts"], "ask_edited")
    assert outcome.acked
    [task] = await new_tasks(world, 1)
    assert (task.text, task.message_ts) == ("合成数とは何ですか", question.ts)
    await world.slack.wait_for(lambda: not world.slack.ephemerals("hana"))


async def test_each_edit_is_offered_once_and_a_preview_of_a_link_is_no_edit(
    world: Stack, service: Service
) -> None:
    dm = world.slack.people.dm("hana").id
    question = world.slack.people.post("hana", dm, "https://example.com は何ですか")
    await world.wait_for_tasks(1)

    def unfurl(message: Message) -> None:
        message.attachments = [*message.attachments, {"title": "Example"}]

    world.slack.workspace.edit(question, unfurl)
    world.slack.people.edit("hana", dm, question.ts, "https://example.com は誰のものですか")
    await world.slack.wait_for(lambda: world.slack.ephemerals("hana"))
    world.slack.workspace.edit(question, unfurl)
    world.slack.people.edit("hana", dm, question.ts, "https://example.com は安全ですか")
    await world.wait_for_step("ack", 5)
    await world.slack.wait_for(lambda: len(world.slack.ephemerals("hana")) >= 2)
    assert len(world.slack.ephemerals("hana")) == 2
