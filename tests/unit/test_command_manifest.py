"""The Slack app's manifest asks for exactly what the code uses."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from command_service.listeners import COMMANDS, SUBSCRIPTIONS
from command_service.preflight import CATCH_UP_SCOPES, FILE_SCOPES, NEEDED_SCOPES

MANIFEST = Path(__file__).parents[2] / "deploy" / "slack-manifest.yaml"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(MANIFEST.read_text())
    return loaded


def test_the_scopes_are_those_that_are_required_and_those_of_catching_up_and_files(
    manifest: dict[str, Any],
) -> None:
    scopes = manifest["oauth_config"]["scopes"]["bot"]

    assert scopes == sorted(NEEDED_SCOPES | CATCH_UP_SCOPES | FILE_SCOPES)


def test_the_events_are_those_somebody_listens_to(manifest: dict[str, Any]) -> None:
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == sorted(SUBSCRIPTIONS)


def test_the_commands_are_those_somebody_listens_to(manifest: dict[str, Any]) -> None:
    commands = manifest["features"]["slash_commands"]

    assert [each["command"] for each in commands] == list(COMMANDS)


def test_people_can_write_to_the_bot_and_press_its_buttons(manifest: dict[str, Any]) -> None:
    home = manifest["features"]["app_home"]

    assert home["messages_tab_enabled"]
    assert not home["messages_tab_read_only_enabled"]
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert manifest["settings"]["socket_mode_enabled"]
