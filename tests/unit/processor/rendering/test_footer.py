"""What stands below an answer: notes, one row of buttons that ask again, and a vote."""

import json
from dataclasses import replace
from typing import Any

import pytest

from command_service.transport.interaction_listeners import ACTIONS
from processor_service.ports.answers import Answer
from processor_service.ports.conversations import Body
from processor_service.rendering.button_row import has_row, without_row
from processor_service.rendering.footer import (
    NAMES,
    answer_footer,
    stop_button,
)
from shared.signing import signed_blocks
from shared.slack.message import MessageRef
from shared.task import Mode, Source, Task, Wish
from simulators.slack.content.block_kit import block_errors
from tests.support.signed import SIGNING
from tests.support.tasks import a_task

HERE = MessageRef("C12345678901", "1700000000.000100", "1700000000.000200")
WHERE = {
    "v": 1,
    "thread_ts": "1700000000.000100",
    "message_ts": "1700000000.000200",
}
COMMAND: dict[str, Any] = {"source": Source.SLASH_COMMAND, "mode": Mode.AUTO}
CHAT = Answer("はい。", "m")
CODE = Answer("はい。", "m", mode=Mode.CODE)


def footer(
    task: Task, answer: Answer, place: MessageRef | None = HERE, *, cached: bool = False
) -> list[dict[str, Any]]:
    """The footer, as Slack takes it."""
    blocks = answer_footer(task, answer, place, cached=cached)
    assert block_errors(blocks) == []
    return blocks


def note(blocks: list[dict[str, Any]]) -> str:
    return "".join(b["elements"][0]["text"] for b in blocks if b["type"] == "context")


def row(blocks: list[dict[str, Any]]) -> dict[str, Any]:
    """The row's buttons with what they carry."""
    elements = [e for b in blocks if b["type"] == "actions" for e in b["elements"]]
    return {
        e["action_id"]: [json.loads(o["value"]) for o in e["options"]]
        if e["type"] == "overflow"
        else json.loads(e["value"])
        for e in elements
    }


def votes(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    found = [e for b in blocks if b["type"] == "context_actions" for e in b["elements"]]
    return [
        json.loads(e[f"{side}_button"]["value"]) for e in found for side in ("positive", "negative")
    ]


def test_a_free_answer_can_be_asked_for_again_and_voted_on() -> None:
    task = a_task()
    blocks = footer(task, CHAT)
    assert [block["type"] for block in blocks] == ["actions", "context_actions"]
    assert row(blocks) == {
        "regenerate": {**WHERE, "mode": "chat"},
        "mode": [
            {**WHERE, "mode": "chat", "wish": "shorter"},
            {**WHERE, "mode": "chat", "wish": "longer"},
        ],
    }
    about = {"v": 1, "task_id": task.task_id, "mode": "chat"}
    assert votes(blocks) == [{**about, "vote": "up"}, {**about, "vote": "down"}]


def test_an_answer_in_a_mode_offers_the_other_ones() -> None:
    blocks = footer(a_task(**COMMAND), CODE)
    assert list(row(blocks)) == ["regenerate", "mode"]
    assert row(blocks)["mode"] == [
        {**WHERE, "mode": "auto", "wish": "shorter"},
        {**WHERE, "mode": "auto", "wish": "longer"},
        *({**WHERE, "mode": mode} for mode in ("general", "data", "creative")),
    ]
    assert row(blocks)["regenerate"] == {**WHERE, "mode": "auto"}


def test_the_mode_is_named_in_two_words() -> None:
    assert note(footer(a_task(**COMMAND), CODE)) == "コードモード"
    assert note(footer(a_task(**COMMAND, locale="en"), CODE)) == "Code mode"


def test_the_longest_entry_of_the_menu_fits_when_it_is_signed() -> None:
    blocks = footer(a_task(mode=Mode.CREATIVE), replace(CODE, mode=Mode.CREATIVE))
    assert block_errors(signed_blocks(blocks, HERE.channel_id, SIGNING)) == []


def test_without_its_row_a_message_keeps_its_words_and_notes() -> None:
    said = {"type": "markdown", "text": "はい。"}
    body = Body("はい。", (said, *footer(a_task(**COMMAND), CODE)))
    assert has_row(body.blocks)
    bare = without_row(body)
    assert not has_row(bare.blocks)
    assert [block["type"] for block in bare.blocks] == ["markdown", "context"]
    assert bare.text == body.text


def test_a_cached_answer_says_so() -> None:
    assert "以前の同じ質問" in note(footer(a_task(), CHAT, cached=True))
    assert note(footer(a_task(), CHAT)) == ""


def test_a_shorter_answer_says_so_and_its_regenerate_asks_for_another_approach_instead() -> None:
    blocks = footer(a_task(wish=Wish.SHORTER), CHAT)
    assert note(blocks) == "短い版"
    assert list(row(blocks)) == ["regenerate", "mode"]
    assert "wish" not in row(blocks)["regenerate"]


def test_a_stopped_answer_says_so_and_can_be_regenerated_but_not_judged() -> None:
    blocks = footer(a_task(), Answer("は", "m", stopped=True))
    assert note(blocks) == "ここで停止しました。"
    assert list(row(blocks)) == ["regenerate"]
    assert votes(blocks) == []
    english = footer(a_task(locale="en"), Answer("は", "m", stopped=True))
    assert note(english) == "Stopped here."


@pytest.mark.parametrize(
    ("place", "text"), [(None, "x"), (HERE, "長" * 5_000)], ids=["unreadable", "not kept"]
)
def test_a_question_that_cannot_be_read_again_has_only_its_vote(
    place: MessageRef | None, text: str
) -> None:
    blocks = footer(a_task(**COMMAND, text=text), CODE, place)
    assert [block["type"] for block in blocks] == ["context", "context_actions"]
    assert note(blocks) == "コードモード"


def test_stop_names_the_task_and_its_asker() -> None:
    block = stop_button(a_task())
    assert block_errors([block]) == []
    [stop] = block["elements"]
    value = {"v": 1, "task_id": a_task().task_id, "user_id": "U1"}
    assert (stop["action_id"], json.loads(stop["value"])) == ("stop", value)


def test_somebody_listens_to_every_button() -> None:
    assert set(row(footer(a_task(**COMMAND), CODE))) <= set(ACTIONS)
    assert NAMES["ja"].keys() == NAMES["en"].keys()
