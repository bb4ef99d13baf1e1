"""What people do with an answer: vote on it, wish for another length, or change their question."""

import json
from typing import Any

import pytest

from processor_service.rendering.shown_letters import letters_of
from processor_service.slack.shown_body import body_shown
from shared.ledger import Mark
from simulators.faults import Fault
from simulators.stack.local_stack import LocalStack

DEADLINE_S = 60.0


def answers(stack: LocalStack) -> list[dict[str, Any]]:
    marks = [(message, Mark.of_message(message)) for message in stack.slack.messages("#general")]
    return [m for m, mark in marks if mark is not None and mark.role == "answer" and mark.parts]


async def answered(stack: LocalStack, count: int = 1) -> list[dict[str, Any]]:
    await stack.slack.wait_for(lambda: len(answers(stack)) >= count, DEADLINE_S)
    return answers(stack)


def logged(stack: LocalStack, action: str) -> list[dict[str, Any]]:
    """The processor's log lines with this action."""
    [processor] = stack.processors
    lines = map(json.loads, processor.log_path.read_text().splitlines())
    return [line for line in lines if line.get("action") == action]


async def vote(stack: LocalStack, who: str, answer: dict[str, Any], which: str) -> None:
    """Press one of the answer's feedback buttons."""
    [block] = [b for b in answer["blocks"] if b["type"] == "context_actions"]
    value = block["elements"][0][f"{which}_button"]["value"]
    await stack.slack.people.click(who, "#general", answer["ts"], "feedback", value=value)


def menu_of(answer: dict[str, Any]) -> dict[str, str]:
    """The entries of the answer's menu, by their wish or mode."""
    elements = [e for b in answer["blocks"] if b["type"] == "actions" for e in b["elements"]]
    options = [option["value"] for e in elements for option in e.get("options", ())]
    carried = [(json.loads(value), value) for value in options]
    return {told.get("wish") or told["mode"]: value for told, value in carried}


def pressable(answer: dict[str, Any]) -> bool:
    return any(block["type"] in {"actions", "context_actions"} for block in answer["blocks"])


async def pushed(stack: LocalStack, count: int) -> None:
    """So many deliveries have been dealt with."""

    def are() -> bool:
        done = [p for p in stack.journal.entries(step="push") if p.detail["status"] == 204]
        return len(done) >= count

    await stack.slack.wait_for(are, DEADLINE_S)


async def test_a_vote_is_logged_and_the_last_one_counts(stack: LocalStack) -> None:
    stack.slack.people.post("hana", "#general", "@mechachang What is Redis?")
    [answer] = await answered(stack)
    await vote(stack, "hana", answer, "positive")
    await pushed(stack, 2)
    await vote(stack, "hana", answer, "negative")
    await pushed(stack, 3)
    mark = Mark.of_message(answer)
    assert mark is not None
    lines = logged(stack, "feedback_given")
    assert [(line["vote"], line["changed"]) for line in lines] == [("up", False), ("down", True)]
    assert {line["answer_task_id"] for line in lines} == {mark.task_id}
    assert {line["mode"] for line in lines} == {"chat"}
    assert len(answers(stack)) == 1
    assert len(stack.gemini.requests) == 1


async def test_a_bad_vote_opens_a_modal_whose_reason_is_logged_and_which_closes_with_thanks(
    stack: LocalStack,
) -> None:
    stack.slack.people.post("hana", "#general", "@mechachang What is Redis?")
    [answer] = await answered(stack)
    await vote(stack, "hana", answer, "negative")
    hana = stack.slack.people.user("hana").id
    views = stack.slack.views
    view = await stack.slack.wait_for(lambda: views.top(hana), DEADLINE_S)
    assert view is not None
    options = view.payload["blocks"][1]["element"]["options"]
    [chosen] = [option for option in options if option["value"] == "wrong"]
    values = {"flaw": {"flaw": {"type": "static_select", "selected_option": chosen}}}
    await stack.slack.people.submit("hana", view.id, values)
    await stack.slack.wait_for(lambda: logged(stack, "feedback_explained"), DEADLINE_S)
    [line] = logged(stack, "feedback_explained")
    assert (line["flaw"], line["vote"]) == ("wrong", "down")
    assert "comment" not in line
    assert views.top(hana) is None
    await stack.slack.wait_for(lambda: stack.slack.ephemerals("hana"), DEADLINE_S)
    [thanks] = stack.slack.ephemerals("hana")
    assert "ありがとうございます" in thanks["text"]


async def test_shorter_asks_once_however_often_it_is_pressed_and_tells_the_model_how(
    stack: LocalStack,
) -> None:
    stack.slack.people.post("hana", "#general", "@mechachang Redisとは何ですか")
    [first] = await answered(stack)
    shorter_entry = menu_of(first)["shorter"]
    for who in ("hana", "kenji", "hana"):
        await stack.slack.people.click(
            who, "#general", first["ts"], "mode", selected_option=shorter_entry
        )
    await pushed(stack, 4)
    [again, shorter] = answers(stack)
    assert again["ts"] == first["ts"]
    assert shorter["thread_ts"] == first["thread_ts"]
    said = str(shorter["blocks"])
    assert f"p{first['ts'].replace('.', '')}?thread_ts=" in said
    assert "山田 花 さんの依頼で、" in said
    assert len(shorter["text"]) < len(first["text"])
    plain, wished = stack.gemini.requests
    assert wished.prompt.startswith("直前の回答を短く")
    assert "短い回答を求めています" in wished.system_instruction
    assert "短い回答を求めています" not in plain.system_instruction


async def test_regenerate_shows_the_model_its_answer_and_takes_another_approach(
    stack: LocalStack,
) -> None:
    stack.slack.people.post("hana", "#general", "@mechachang Redisとは何ですか")
    [first] = await answered(stack)
    await stack.slack.people.click("kenji", "#general", first["ts"], "regenerate")
    _, again = await answered(stack, 2)
    assert again["text"] != first["text"]
    assert "佐藤 健二 さんの依頼で、" in str(again["blocks"])
    assert "別の答え方をしました" in str(again["blocks"])
    question, earlier, request = stack.gemini.requests[1].body["contents"]
    assert question["parts"] == [{"text": "Redisとは何ですか"}]
    assert (earlier["role"], request["role"]) == ("model", "user")
    # Slack keeps Markdown as rich text, whose emphasis is not read back.
    assert _letters(earlier["parts"][0]["text"]) == _letters(first["text"])


async def test_an_edited_question_is_answered_anew_when_its_author_wishes_so(
    stack: LocalStack,
) -> None:
    people = stack.slack.people
    asked = people.post("hana", "#general", "@mechachang Redisとは何ですか")
    await answered(stack)
    people.edit("hana", "#general", asked.ts, "@mechachang Pub/Subとは何ですか")
    await stack.slack.wait_for(lambda: stack.slack.ephemerals("hana"), DEADLINE_S)
    [note] = stack.slack.ephemerals("hana")
    assert stack.slack.ephemerals("kenji") == []
    assert len(stack.gemini.requests) == 1
    await people.click("hana", "#general", note["ts"], "ask_edited")
    await answered(stack, 2)
    assert [request.prompt for request in stack.gemini.requests] == [
        "Redisとは何ですか",
        "Pub/Subとは何ですか",
    ]
    await stack.slack.wait_for(lambda: not stack.slack.ephemerals("hana"), DEADLINE_S)


@pytest.mark.parametrize("streams", [True, False], ids=["streamed", "posted"])
async def test_only_the_newest_answer_of_a_thread_has_buttons(
    stack: LocalStack, streams: bool
) -> None:
    if not streams:
        refused = Fault("error", status=200, error="method_not_supported_for_channel_type")
        stack.faults.add("slack", "chat.startStream", refused, times=-1)
    people = stack.slack.people
    people.post("hana", "#general", "@mechachang What is Redis? Show a table.")
    [first] = await answered(stack)
    said = letters_of(body_shown(first))
    for count, question in ((2, "What is Pub/Sub?"), (3, "And a lease?")):
        people.post("hana", "#general", f"@mechachang {question}", thread_ts=first["thread_ts"])
        await answered(stack, count)
        await pushed(stack, count)
        assert [pressable(one) for one in answers(stack)] == [False] * (count - 1) + [True]
    again = answers(stack)[0]
    assert letters_of(body_shown(again)) == said
    assert again["metadata"] == first["metadata"]


def _letters(text: str) -> str:
    return "".join(filter(str.isalnum, text))
