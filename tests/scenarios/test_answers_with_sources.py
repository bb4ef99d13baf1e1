"""What the model looked up stands below its answer, in the same message, by both services."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from shared.ledger import Mark
from simulators.gemini import GeminiConfig
from simulators.stack.config import StackConfig
from simulators.stack.local_stack import LocalStack
from tests.scenarios.conftest import QUICK

DEADLINE_S = 60.0
MODEL = "gemini-3.8-flash"
OPERATOR_TEXT = "社内では「冪等性」を「べきとうせい」と読みます。"


@pytest.fixture
async def stack(tmp_path: Path) -> AsyncIterator[LocalStack]:
    """The local stack with search switched on and an operator's own text."""
    operator_text = tmp_path / "prompt.txt"
    operator_text.write_text(OPERATOR_TEXT, encoding="utf-8")
    config = StackConfig(
        folder=tmp_path,
        delivery=QUICK,
        processor={"GEMINI_TOOLS": "google_search", "SYSTEM_PROMPT_FILE": str(operator_text)},
    )
    async with LocalStack(config) as started:
        yield started


async def answered(stack: LocalStack, count: int = 1) -> list[dict[str, Any]]:
    """So many answers in #general, when every delivery has been dealt with."""

    def answers() -> list[dict[str, Any]]:
        found = [(one, Mark.of_message(one)) for one in stack.slack.messages("#general")]
        return [one for one, mark in found if mark and mark.role == "answer" and mark.parts]

    def settled() -> bool:
        pushes = [p for p in stack.journal.entries(step="push") if p.detail["status"] == 204]
        return len(answers()) >= count and len(pushes) >= count

    await stack.slack.wait_for(settled, DEADLINE_S)
    return answers()


def notes(message: dict[str, Any]) -> list[str]:
    context = [block for block in message["blocks"] if block["type"] == "context"]
    return [element["text"] for block in context for element in block["elements"]]


async def test_sources_stand_below_the_one_answer_and_below_the_cached_one(
    stack: LocalStack,
) -> None:
    people = stack.slack.people
    people.post("hana", "#general", "@mechachang 冪等性とは何ですか？")
    [first] = await answered(stack)
    shown = notes(first)
    assert shown[:2] == ["*出典*", next(note for note in shown if note.startswith("1. <https://"))]
    assert "|example.com>" in shown[1]
    assert any("https://www.google.com/search?q=" in note for note in shown)
    mark = Mark.of_message(first)
    assert mark is not None
    assert (mark.part, mark.parts) == (1, 1)

    people.post("kenji", "#general", "@mechachang 冪等性とは何ですか？")
    [_, second] = await answered(stack, 2)
    assert notes(second)[: len(shown)] == shown
    [request] = stack.gemini.requests
    assert request.body["tools"] == [{"googleSearch": {}}]
    assert OPERATOR_TEXT in request.system_instruction
    assert stack.slack.workspace.config.team_domain in request.system_instruction


async def test_a_model_that_takes_no_tools_for_json_answers_and_says_that_nothing_was_searched(
    stack: LocalStack,
) -> None:
    stack.gemini.config = GeminiConfig(older=frozenset({MODEL}))
    await stack.slack.people.slash("hana", "#general", "/gemini", "冪等性とは？")
    [answer] = await answered(stack)
    assert any("検索は使われていません" in note for note in notes(answer))
    assert "主なポイント" in str(answer["blocks"])
    [request] = stack.gemini.requests
    assert "tools" not in request.body
