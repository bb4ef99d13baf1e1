"""What stands below an answer that has a mode."""

import json
from typing import Any

import pytest

from command_service.listeners import ACTIONS
from processor_service.modes import NAMES, mode_footer
from processor_service.ports import Place
from shared.task import Mode, Source
from tests.processor_fakes import a_task

HERE = Place("C1", "100.1", "100.2")
COMMAND: dict[str, Any] = {"source": Source.SLASH_COMMAND, "mode": Mode.AUTO}


def test_a_chosen_mode_is_named_as_chosen_and_a_wished_one_is_not() -> None:
    [chosen, _] = mode_footer(a_task(**COMMAND), Mode.CODE, HERE)
    [wished, _] = mode_footer(a_task(mode=Mode.CODE), Mode.CODE, HERE)
    [english, _] = mode_footer(a_task(**COMMAND, locale="en"), Mode.CODE, HERE)
    assert chosen["elements"][0]["text"].startswith("モード: コード（自動判定）")
    assert wished["elements"][0]["text"].startswith("モード: コード ·")
    assert english["elements"][0]["text"].startswith("Mode: Code (chosen automatically)")


def test_every_other_mode_has_a_button_that_names_question_and_mode() -> None:
    [_, actions] = mode_footer(a_task(**COMMAND), Mode.CODE, HERE)
    values = {one["action_id"]: json.loads(one["value"]) for one in actions["elements"]}
    assert list(values) == ["mode_general", "mode_data", "mode_creative"]
    assert values["mode_data"] == {
        "v": 1,
        "channel_id": "C1",
        "thread_ts": "100.1",
        "message_ts": "100.2",
        "mode": "data",
    }


def test_somebody_listens_to_every_button() -> None:
    assert {f"mode_{mode}" for mode in NAMES["ja"]} < set(ACTIONS)
    assert NAMES["ja"].keys() == NAMES["en"].keys()


@pytest.mark.parametrize(
    ("place", "text"), [(None, "x"), (HERE, "長" * 5_000)], ids=["unreadable", "not kept"]
)
def test_a_question_that_cannot_be_read_again_has_no_buttons(
    place: Place | None, text: str
) -> None:
    [note] = mode_footer(a_task(**COMMAND, text=text), Mode.DATA, place)
    assert note["elements"][0]["text"] == "モード: データ（自動判定）"


def test_free_markdown_has_no_footer() -> None:
    assert mode_footer(a_task(), Mode.CHAT, HERE) == []
