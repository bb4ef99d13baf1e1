"""The Slack app's manifest asks for exactly what the code uses."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from command_service.payloads.shortcuts import SHORTCUTS
from command_service.scopes import ALL_SCOPES
from command_service.texts.home import PROMPTS
from command_service.transport.command_listener import COMMANDS
from command_service.transport.event_listeners import SUBSCRIPTIONS

MANIFEST = Path(__file__).parents[3] / "deploy" / "slack-manifest.yaml"


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(MANIFEST.read_text())
    return loaded


def test_the_scopes_are_those_that_something_needs(manifest: dict[str, Any]) -> None:
    scopes = manifest["oauth_config"]["scopes"]["bot"]

    assert scopes == sorted(ALL_SCOPES)


def test_the_events_are_those_somebody_listens_to(manifest: dict[str, Any]) -> None:
    assert manifest["settings"]["event_subscriptions"]["bot_events"] == sorted(SUBSCRIPTIONS)


def test_the_commands_are_those_somebody_listens_to(manifest: dict[str, Any]) -> None:
    commands = manifest["features"]["slash_commands"]

    assert [each["command"] for each in commands] == list(COMMANDS)


def test_the_shortcuts_are_those_somebody_listens_to_and_slack_shows_them_whole(
    manifest: dict[str, Any],
) -> None:
    shortcuts = manifest["features"]["shortcuts"]

    assert [each["callback_id"] for each in shortcuts] == list(SHORTCUTS)
    assert {each["type"] for each in shortcuts} == {"message"}
    # docs.slack.dev, app manifest: 24 characters of a name, 150 of a description.
    assert all(len(each["name"]) <= 24 for each in shortcuts)
    assert all(len(each["description"]) <= 150 for each in shortcuts)


def test_a_new_conversation_begins_with_the_prompts_that_we_suggest_later_on(
    manifest: dict[str, Any],
) -> None:
    assert manifest["features"]["agent_view"]["suggested_prompts"] == PROMPTS["ja"]
    assert all(1 <= len(prompts) <= 4 for prompts in PROMPTS.values())


def test_people_can_write_to_the_bot_and_press_its_buttons(manifest: dict[str, Any]) -> None:
    home = manifest["features"]["app_home"]

    assert home["home_tab_enabled"]
    assert home["messages_tab_enabled"]
    assert not home["messages_tab_read_only_enabled"]
    assert manifest["settings"]["interactivity"]["is_enabled"]
    assert manifest["settings"]["socket_mode_enabled"]
