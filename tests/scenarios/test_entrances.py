"""Shortcuts, App Home and the doctor over both services and real sockets."""

from typing import Any

from shared.ledger import Mark
from simulators.faults import Fault
from simulators.slack.state.model import Message
from simulators.stack.local_stack import LocalStack

DEADLINE_S = 60.0
DEAD_LETTER_TOPIC = "projects/local/topics/mechachang-dead-letter"


def a_thread(stack: LocalStack, where: str = "#general") -> Message:
    people = stack.slack.people
    opening = people.post("kenji", where, "リリースは金曜日でよいですか。")
    people.post("hana", where, "SLA の試験がまだです。月曜日にしましょう。", thread_ts=opening.ts)
    return opening


def in_direct_messages(stack: LocalStack, who: str, role: str) -> list[dict[str, Any]]:
    """Our messages of one role in a person's direct messages, whole ones only."""
    marks = [
        (message, Mark.of_message(message))
        for message in stack.slack.messages(stack.slack.people.dm(who).id)
    ]
    return [m for m, mark in marks if mark is not None and mark.role == role and mark.parts]


async def seen(stack: LocalStack, who: str, role: str, count: int = 1) -> list[dict[str, Any]]:
    await stack.slack.wait_for(
        lambda: len(in_direct_messages(stack, who, role)) >= count, DEADLINE_S
    )
    published = len(stack.journal.entries(step="publish"))
    await stack.slack.wait_for(
        lambda: len(stack.journal.entries(step="push")) >= published, DEADLINE_S
    )
    return in_direct_messages(stack, who, role)


async def test_a_thread_is_summarised_in_its_askers_direct_messages(stack: LocalStack) -> None:
    opening = a_thread(stack)
    await stack.slack.people.shortcut("alice", "#general", opening.ts, "summarise_thread")
    [answer] = await seen(stack, "alice", "answer")
    [shown] = in_direct_messages(stack, "alice", "question")

    assert answer["thread_ts"] == shown["ts"]
    assert "archives" in shown["text"]
    [request] = stack.gemini.requests
    assert "SLA の試験がまだです" in str(request.body["contents"])
    assert "Summarise the quoted thread" in str(request.body["contents"])
    assert not any(m.get("bot_id") for m in stack.slack.messages("#general"))


async def test_the_buttons_below_a_shortcuts_answer_ask_about_the_same_message(
    stack: LocalStack,
) -> None:
    people = stack.slack.people
    opening = a_thread(stack)
    await people.shortcut("alice", "#general", opening.ts, "summarise_thread")
    [first] = await seen(stack, "alice", "answer")
    await people.click("alice", people.dm("alice").id, first["ts"], "regenerate")
    _, second = await seen(stack, "alice", "answer", 2)

    assert second["thread_ts"] == first["thread_ts"]
    asked = [str(request.body["contents"]) for request in stack.gemini.requests]
    assert len(asked) == 2
    assert all("SLA の試験がまだです" in each for each in asked)
    assert len(in_direct_messages(stack, "alice", "question")) == 1


async def test_a_shortcut_is_answered_once_through_duplicates_and_a_lost_post(
    stack: LocalStack,
) -> None:
    opening = a_thread(stack)
    stack.faults.add("socket", "envelope", Fault("duplicate"))
    stack.faults.add("push", "*", Fault("duplicate"))
    stack.faults.add("slack", "chat.postMessage", Fault("drop_after"))
    await stack.slack.people.shortcut("alice", "#general", opening.ts, "explain_message")

    assert len(await seen(stack, "alice", "answer")) == 1
    assert len(in_direct_messages(stack, "alice", "question")) == 1


async def test_where_we_are_no_member_a_thread_is_refused_and_summarised_after_an_invitation(
    stack: LocalStack,
) -> None:
    opening = a_thread(stack, "#humans-only")
    people = stack.slack.people
    await people.shortcut("alice", "#humans-only", opening.ts, "summarise_thread")
    [notice] = await seen(stack, "alice", "notice")
    assert "/invite" in str(notice["blocks"])
    assert stack.gemini.requests == []

    channel = people.channel("#humans-only")
    stack.slack.workspace.join(channel, stack.slack.workspace.bot.id)
    await people.click("alice", people.dm("alice").id, notice["ts"], "retry")
    [answer] = await seen(stack, "alice", "answer")
    assert answer["thread_ts"] == notice["thread_ts"]
    assert "SLA の試験がまだです" in str(stack.gemini.requests[0].body["contents"])


async def test_home_shows_what_its_person_has_asked_today(stack: LocalStack) -> None:
    people, alice = stack.slack.people, stack.slack.people.user("alice").id
    people.post("alice", people.dm("alice").id, "What is Redis?")
    await seen(stack, "alice", "answer")
    people.open_home("alice")

    def usage() -> str | None:
        home = stack.slack.views.home(alice)
        shown = str(home.payload) if home is not None else ""
        return shown if "*Questions*" in shown else None

    shown = await stack.slack.wait_for(usage, DEADLINE_S)
    assert shown is not None
    assert "*Questions*\\n1'" in shown
    assert "1 of 10" in shown


async def test_what_is_chosen_on_home_is_how_the_next_plain_question_is_answered(
    stack: LocalStack,
) -> None:
    people, hana = stack.slack.people, stack.slack.people.user("hana").id

    def home(said: str) -> str | None:
        view = stack.slack.views.home(hana)
        return view.id if view is not None and said in str(view.payload) else None

    people.open_home("hana")
    view_id = str(await stack.slack.wait_for(lambda: home("*質問*"), DEADLINE_S))
    for action_id, value in (
        ("language", '{"v":1,"language":"en"}'),
        ("default_mode", '{"v":1,"mode":"code"}'),
    ):
        await people.click_in_view("hana", view_id, action_id, selected_option={"value": value})
    await stack.slack.wait_for(lambda: home("*Questions*"), DEADLINE_S)
    people.post("hana", people.dm("hana").id, "素数を判定する Python の関数を書いてください")
    [answer] = await seen(stack, "hana", "answer")
    assert "Code mode" in str(answer["blocks"])
    assert "```" in str(answer["blocks"])


async def test_the_doctor_reports_from_both_services(stack: LocalStack) -> None:
    outcome = await stack.slack.people.slash("alice", "#general", "/gemini", "doctor")
    assert outcome.acked
    await stack.slack.wait_for(lambda: len(stack.slack.ephemerals("alice")) == 2, DEADLINE_S)
    taking, answering = (message["text"] for message in stack.slack.ephemerals("alice"))

    assert "Command service 0." in taking
    assert "Processor service 0." in answering
    assert taking.startswith("✅ *Health check, intake")
    assert answering.startswith("✅ *Health check, answers")
    # Each model is tried out with a word or two, and nothing else is asked.
    assert {request.prompt for request in stack.gemini.requests} == {"Say ok."}
    assert not any(m.get("bot_id") for m in stack.slack.messages("#general"))


async def test_the_doctor_and_home_leave_no_dead_letter_when_slack_fails_them(
    stack: LocalStack,
) -> None:
    stack.faults.add("slack", "response_url", Fault("error", status=500), 20)
    stack.faults.add("slack", "views.publish", Fault("error", status=500), 20)
    await stack.slack.people.slash("alice", "#general", "/gemini", "doctor")
    stack.slack.people.open_home("alice")

    def pushed() -> bool:
        return len(stack.journal.entries(step="push")) >= 2

    await stack.slack.wait_for(pushed, DEADLINE_S)
    assert {entry.detail["status"] for entry in stack.journal.entries(step="push")} == {204}
    assert stack.pubsub is not None
    assert list(stack.pubsub.messages(DEAD_LETTER_TOPIC)) == []
