"""Commands are answered in a mode, and again in another, by both services over real sockets."""

import json
from typing import Any

import pytest

from shared.ledger import Mark
from simulators.stack.local_stack import LocalStack

DEADLINE_S = 60.0
HAIKU = "秋の朝の俳句を詠んでください"
PRIMES = "素数を判定するPython関数"


def answers(stack: LocalStack) -> list[dict[str, Any]]:
    """Our whole answers in the threads of #general, the oldest first."""
    marks = [(message, Mark.of_message(message)) for message in stack.slack.messages("#general")]
    return [
        message
        for message, mark in marks
        if mark is not None and mark.role == "answer" and mark.parts
    ]


async def answered(stack: LocalStack, count: int = 1) -> list[dict[str, Any]]:
    """So many answers, when every delivery has been dealt with."""

    def settled() -> bool:
        pushes = [p for p in stack.journal.entries(step="push") if p.detail["status"] == 204]
        return len(answers(stack)) >= count and len(pushes) >= count

    await stack.slack.wait_for(settled, DEADLINE_S)
    return answers(stack)


def other_modes(message: dict[str, Any]) -> dict[str, str]:
    """The entries of the answer's menu of modes, by mode."""
    actions = [block for block in message["blocks"] if block["type"] == "actions"]
    menus = [e for block in actions for e in block["elements"] if e["action_id"] == "mode"]
    values = [option["value"] for menu in menus for option in menu["options"]]
    return {json.loads(value)["mode"]: value for value in values if "wish" not in value}


@pytest.mark.parametrize(
    ("typed", "mode", "said"),
    [
        (PRIMES, "コード", "```python"),
        (HAIKU, "創作", "### バリエーション"),
        ("冪等性とは？", "一般", "### 主なポイント"),
        ("12, 18, 25 の平均を分析して", "データ", "### 推奨事項"),
        (f"general: {HAIKU}", "一般", "### 主なポイント"),
        (f"code: {HAIKU}", "コード", "### 提案"),
        (f"データ：{HAIKU}", "データ", "### 発見事項"),
        (f"--mode creative {PRIMES}", "創作", "### スタイル"),
    ],
)
async def test_a_command_is_answered_in_the_mode_that_suits_it_or_that_was_wished(
    stack: LocalStack, typed: str, mode: str, said: str
) -> None:
    await stack.slack.people.slash("hana", "#general", "/gemini", typed)
    [answer] = await answered(stack)
    assert said in str(answer["blocks"]).replace("\\n", "\n")
    assert f"{mode}モード" in str(answer["blocks"])
    assert len(stack.gemini.requests) == 1


async def test_the_menu_of_modes_answers_the_question_again_once_however_often_one_is_chosen(
    stack: LocalStack,
) -> None:
    people = stack.slack.people
    await people.slash("hana", "#general", "/gemini", PRIMES)
    [first] = await answered(stack)
    modes = other_modes(first)
    assert list(modes) == ["general", "data", "creative"]
    for who in ("hana", "kenji", "hana"):
        await people.click(who, "#general", first["ts"], "mode", selected_option=modes["creative"])

    def delivered() -> bool:
        pushes = [p for p in stack.journal.entries(step="push") if p.detail["status"] == 204]
        return len(pushes) == 4

    await stack.slack.wait_for(delivered, DEADLINE_S)
    [again, other] = answers(stack)
    assert again["ts"] == first["ts"]
    assert other["thread_ts"] == first["thread_ts"]
    assert "創作モード" in str(other["blocks"])
    assert list(other_modes(other)) == ["general", "code", "data"]
    assert [request.prompt for request in stack.gemini.requests] == [PRIMES] * 2


async def test_a_private_command_is_answered_in_its_askers_direct_messages_alone(
    stack: LocalStack,
) -> None:
    dm = stack.slack.people.dm("hana").id

    def ours(role: str) -> list[dict[str, Any]]:
        marks = [(m, Mark.of_message(m)) for m in stack.slack.messages(dm)]
        return [m for m, mark in marks if mark and mark.role == role and mark.parts]

    outcome = await stack.slack.people.slash(
        "hana", "#general", "/gemini", f"--private code: {PRIMES}"
    )

    assert not outcome.payload
    await stack.slack.wait_for(lambda: ours("answer"), DEADLINE_S)
    [question], [answer] = ours("question"), ours("answer")
    assert PRIMES in question["text"]
    assert answer["thread_ts"] == question["ts"]
    assert "def is_prime" in str(answer["blocks"])
    assert "コードモード" in str(answer["blocks"])
    assert list(other_modes(answer)) == ["general", "data", "creative"]
    assert stack.slack.ephemerals("hana") == []
    assert not [m for m in stack.slack.messages("#general") if m.get("bot_id")]
    assert stack.slack.ephemerals("kenji") == []


async def test_a_private_answer_is_shared_to_its_channel_once(stack: LocalStack) -> None:
    people, dm = stack.slack.people, stack.slack.people.dm("hana").id
    await people.slash("hana", "#general", "/gemini", f"--private code: {PRIMES}")

    def private() -> list[dict[str, Any]]:
        marks = [(m, Mark.of_message(m)) for m in stack.slack.messages(dm)]
        return [m for m, mark in marks if mark and mark.role == "answer" and mark.parts]

    await stack.slack.wait_for(private, DEADLINE_S)
    [answer] = private()
    for _ in range(2):
        await people.click("hana", dm, answer["ts"], "share")
    [shared] = await answered(stack)
    [question] = [m for m in stack.slack.messages("#general") if m["ts"] == shared["thread_ts"]]
    assert "山田 花 さんが共有した質問と回答です。" in question["text"]
    assert PRIMES in question["text"]
    assert "def is_prime" in str(shared["blocks"])
    assert list(other_modes(shared)) == ["general", "data", "creative"]
    await stack.slack.wait_for(lambda: "に共有しました" in str(private()), DEADLINE_S)
    assert '"share"' not in str(private()).replace("'", '"')

    await people.click("hana", dm, answer["ts"], "regenerate")
    await stack.slack.wait_for(lambda: len(private()) == 2, DEADLINE_S)
    assert "'share'" in str(private()[-1]["blocks"])
    assert len(answers(stack)) == 1
    assert len(stack.gemini.requests) == 2
