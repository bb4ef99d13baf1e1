"""The settings of the Slack side, and how their faults are told."""

import sys
from pathlib import Path
from typing import Any

import pytest

from command_service.payloads.model import AskingReaction
from command_service.settings import CommandSettings
from shared.settings import SettingsInvalid, load_settings
from shared.task import Following


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in CommandSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def faults(**environment: Any) -> str:
    with pytest.raises(SettingsInvalid) as caught:
        load_settings(CommandSettings, environment)
    return str(caught.value)


def test_two_tokens_are_enough_for_socket_mode(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SLACK_BOT_TOKEN", "xoxb-local")
    monkeypatch.setenv("SLACK_APP_TOKEN", "xapp-local")

    settings = load_settings(CommandSettings)

    assert settings.slack_socket_mode
    assert settings.max_concurrent_requests == 80
    assert settings.pubsub_topic == "mechachang-tasks"
    assert settings.host == "0.0.0.0"


def test_ids_are_read_as_a_list_and_a_local_broker_keeps_us_on_this_machine(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in {
        "SLACK_BOT_TOKEN": "xoxb-local",
        "SLACK_APP_TOKEN": "xapp-local",
        "ALLOWED_CHANNEL_IDS": "C1, C2,",
        "PUBSUB_EMULATOR_HOST": "127.0.0.1:8085",
    }.items():
        monkeypatch.setenv(name, value)

    settings = load_settings(CommandSettings)

    assert settings.allowed_channel_ids == {"C1", "C2"}
    assert settings.host == "127.0.0.1"


def test_faults_of_single_settings_and_of_their_combination_are_told_together() -> None:
    text = faults(rollout_percent=101, port=-1)

    for name in ("SLACK_BOT_TOKEN", "SLACK_APP_TOKEN", "ROLLOUT_PERCENT", "PORT"):
        assert f"  {name}: " in text
    assert "SLACK_SIGNING_SECRET" not in text


def test_an_env_file_of_another_encoding_is_named_and_not_quoted() -> None:
    Path(".env").write_bytes("# トークン\nSLACK_BOT_TOKEN=xoxb-secret\n".encode("cp932"))

    text = faults()

    assert ".env is not written in UTF-8" in text
    assert "secret" not in text


@pytest.mark.skipif(sys.platform != "linux", reason="needs a file that exists and gives an error")
def test_an_env_file_that_may_not_be_read_is_named() -> None:
    Path(".env").symlink_to("/proc/self/mem")

    assert ".env cannot be read" in faults()


def test_http_mode_needs_the_signing_secret_and_no_app_token() -> None:
    text = faults(slack_socket_mode="false", slack_bot_token="xoxb-local")

    assert "SLACK_SIGNING_SECRET: is required" in text
    assert "SLACK_APP_TOKEN" not in text


def test_a_token_of_the_wrong_kind_is_named_without_being_shown() -> None:
    text = faults(slack_bot_token="xapp-private", slack_app_token="xoxb-private")

    assert "SLACK_BOT_TOKEN: must be a bot token beginning with xoxb-" in text
    assert "SLACK_APP_TOKEN: must be an app-level token" in text
    assert "private" not in text


def test_an_unreadable_mode_does_not_bring_false_faults_along() -> None:
    text = faults(slack_socket_mode="perhaps", slack_bot_token="xoxb-local")

    assert "SLACK_SOCKET_MODE" in text
    assert "SLACK_APP_TOKEN" not in text
    assert "SLACK_SIGNING_SECRET" not in text


@pytest.mark.parametrize(
    ("value", "follow_threads", "following"),
    [
        ("asker", "asker", Following.ASKER),
        ("judge", "judge", Following.JUDGE),
        ("mention", "mention", None),
        ("true", "asker", Following.ASKER),
        ("False", "mention", None),
    ],
)
def test_how_threads_are_followed_is_read_as_before_too(
    value: str, follow_threads: str, following: Following | None
) -> None:
    tokens = {"slack_bot_token": "xoxb-local", "slack_app_token": "xapp-local"}
    settings = load_settings(CommandSettings, {**tokens, "follow_threads": value})
    assert (settings.follow_threads, settings.following) == (follow_threads, following)


def test_another_way_to_follow_threads_is_none() -> None:
    assert "FOLLOW_THREADS" in faults(slack_bot_token="xoxb-local", follow_threads="always")


@pytest.mark.parametrize(
    ("written", "where", "asking"),
    [
        ("", "thread", None),
        ("gemini", "dm", AskingReaction("gemini")),
        (":gemini:", "thread", AskingReaction("gemini", in_thread=True)),
        ("+1", "dm", AskingReaction("+1")),
        ("了解です", "dm", AskingReaction("了解です")),
    ],
)
def test_an_emoji_is_named_with_or_without_its_colons(
    written: str, where: str, asking: AskingReaction | None
) -> None:
    tokens = {"slack_bot_token": "xoxb-local", "slack_app_token": "xapp-local"}
    wanted = {"reaction_ask": written, "reaction_answer_in": where}
    assert load_settings(CommandSettings, {**tokens, **wanted}).asking_reaction == asking


@pytest.mark.parametrize("written", ["gemini, eyes", ":gemini::eyes:", "<!channel>"])
def test_what_is_not_the_name_of_one_emoji_is_refused(written: str) -> None:
    assert "REACTION_ASK" in faults(slack_bot_token="xoxb-local", reaction_ask=written)
