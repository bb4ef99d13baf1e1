"""A choice in a select of App Home: what it changes, and what it must not believe."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from command_service.payloads.home import Opened, read_home_choice
from command_service.payloads.model import NotAQuestion, RejectReason
from shared.home.view import home_view, signed_home
from shared.signing import Signing
from shared.task import Locale, Mode, Preferences
from tests.support.signed import SIGNING
from tests.support.tasks import NOON

KEPT = Preferences(language="ja", mode=Mode.DATA, chosen_at=NOON)


def option(**choice: Any) -> dict[str, Any]:
    return {"selected_option": {"value": json.dumps({"v": 1, **choice})}}


def chosen(
    action_id: str, pressed: dict[str, Any], signing: Signing = SIGNING, **state: dict[str, Any]
) -> dict[str, Any]:
    """The payload of a choice in U1's Home; ``state`` is what the selects showed before it."""
    view = signed_home(home_view("ja", None, "unknown", KEPT), "U1", signing)
    values = {name: {name: shown} for name, shown in state.items()}
    return {
        "type": "block_actions",
        "team": {"id": "T1"},
        "user": {"id": "U1", "team_id": "T1"},
        "container": {"type": "view", "view_id": "V1"},
        "view": {**view, "state": {"values": values}},
        "actions": [{"action_id": action_id, "action_ts": "1700000020.5", **pressed}],
    }


def preferences(body: dict[str, Any]) -> Preferences:
    read = read_home_choice(body, SIGNING)
    assert isinstance(read, Opened)
    assert read.preferences is not None
    assert read.preferences.chosen_at == datetime.fromtimestamp(1700000020.5, UTC)
    return read.preferences


@pytest.mark.parametrize("language", ["ja", "en", None])
def test_a_language_is_chosen_and_the_mode_stays(language: Locale | None) -> None:
    found = preferences(chosen("language", option(language=language)))
    assert (found.language, found.mode) == (language, Mode.DATA)


def test_a_mode_is_chosen_and_the_language_stays() -> None:
    found = preferences(chosen("default_mode", option(mode="code")))
    assert (found.language, found.mode) == ("ja", Mode.CODE)
    assert preferences(chosen("default_mode", option())).mode is None


def test_of_two_quick_choices_none_is_lost() -> None:
    body = chosen("default_mode", option(mode="code"), language=option(language="en"))
    found = preferences(body)
    assert (found.language, found.mode) == ("en", Mode.CODE)


def test_an_option_chooses_nothing_for_the_other_select() -> None:
    assert preferences(chosen("language", option(mode="code"))).mode is Mode.DATA


@pytest.mark.parametrize("value", ["{", "7", json.dumps({"v": 2, "language": "en"}), None])
def test_an_option_that_nobody_knows_changes_nothing(value: str | None) -> None:
    found = preferences(chosen("language", {"selected_option": {"value": value}}))
    assert (found.language, found.mode) == ("ja", Mode.DATA)


def test_a_home_that_we_did_not_sign_for_its_user_chooses_nothing() -> None:
    forged = chosen("language", option(language="en"), signing=Signing("xoxb-else"))
    assert read_home_choice(forged, SIGNING) == NotAQuestion(RejectReason.TAMPERED)
    another = {**chosen("language", option(language="en")), "user": {"id": "U2"}}
    assert read_home_choice(another, SIGNING) == NotAQuestion(RejectReason.TAMPERED)


@pytest.mark.parametrize("missing", ["user", "view", "actions"])
def test_an_ill_formed_choice_is_ignored(missing: str) -> None:
    body = chosen("language", option(language="en"))
    del body[missing]
    assert read_home_choice(body, SIGNING) == NotAQuestion(RejectReason.ILL_FORMED)
