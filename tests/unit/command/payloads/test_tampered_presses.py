"""Attacks on what buttons carry: whose question, which channel, whose answer."""

import json
from typing import Any

import pytest

from command_service.payloads.buttons import is_genuine, read_regenerate
from command_service.payloads.model import Click
from processor_service.ports.answers import Answer
from processor_service.rendering.footer import answer_footer, stop_button
from shared.signing import Signing, signed_blocks, signed_value
from shared.slack.message import MessageRef
from shared.task import Mode
from tests.support.fakes.command.payloads import a_click
from tests.support.signed import SIGNING
from tests.support.tasks import a_task

THREAD = "1700000000.000100"
VALUE = {"v": 1, "thread_ts": THREAD, "message_ts": THREAD}


def pressed(value: str, **container: str) -> dict[str, Any]:
    body = a_click(value)
    return {**body, "container": {**body["container"], **container}}


def test_what_we_gave_a_button_is_taken_where_it_stands() -> None:
    assert is_genuine(pressed(signed_value(VALUE, "C1", SIGNING)), SIGNING)


def test_a_value_that_names_another_question_is_tampered() -> None:
    signed = json.loads(signed_value(VALUE, "C1", SIGNING))
    for change in ({"message_ts": "1.5"}, {"mode": "code"}, {"channel_id": "C2"}):
        assert not is_genuine(pressed(json.dumps({**signed, **change})), SIGNING)


@pytest.mark.parametrize(
    "value",
    [json.dumps(VALUE), signed_value(VALUE, "C1", Signing("xoxb-else")), "[]", "1", "", "{"],
)
def test_a_value_that_we_did_not_sign_is_tampered(value: str) -> None:
    assert not is_genuine(pressed(value), SIGNING)


def test_a_value_from_another_channel_or_thread_is_tampered() -> None:
    value = signed_value(VALUE, "C2", SIGNING)
    assert not is_genuine(pressed(value), SIGNING)
    elsewhere = signed_value(VALUE, "C1", SIGNING)
    assert not is_genuine(pressed(elsewhere, thread_ts="1700000000.000999"), SIGNING)


@pytest.mark.parametrize("thread_ts", [["17.1"], {"ts": "17.1"}, 5])
def test_a_press_in_a_thread_of_unknown_form_is_tampered(thread_ts: object) -> None:
    body = pressed(signed_value(VALUE, "C1", SIGNING))
    body["container"]["thread_ts"] = thread_ts
    assert not is_genuine(body, SIGNING)


def test_the_channel_of_a_click_is_the_one_it_was_made_in() -> None:
    click = read_regenerate(pressed(json.dumps({**VALUE, "channel_id": "C_SECRET"})))
    assert isinstance(click, Click)
    assert click.place.channel_id == "C1"


@pytest.mark.parametrize("mode", list(Mode))
def test_everything_below_an_answer_is_signed_and_fits_into_slacks_limits(mode: Mode) -> None:
    place = MessageRef("C1", THREAD, THREAD)
    task = a_task(mode=mode)
    blocks = [*answer_footer(task, Answer("x", "m", mode=mode), place, cached=False)]
    signed = signed_blocks([*blocks, stop_button(task)], "C1", SIGNING)
    values = [*_values(signed, "")]
    assert len(values) >= 6
    for kind, value in values:
        assert is_genuine(pressed(value), SIGNING)
        # docs.slack.dev: an option object's value has 150 characters, a button's 2,000.
        assert len(value) <= (150 if kind == "options" else 2_000)


def _values(part: Any, kind: str) -> list[tuple[str, str]]:
    if isinstance(part, dict):
        return [
            found
            for name, each in part.items()
            for found in ([(kind, each)] if name == "value" else _values(each, name))
        ]
    return [found for each in part for found in _values(each, kind)] if type(part) is list else []
