import sys
from pathlib import Path

import pytest

from simulators.__main__ import main
from simulators.processes.environment import PROJECT_ROOT, inherited, without_proxies
from simulators.stack.settings import (
    Addresses,
    SettingsConflict,
    SlackAccess,
    StackSettings,
    command_environment,
    processor_environment,
)

LOCAL = Addresses(
    pubsub="127.0.0.1:1",
    redis="redis://127.0.0.1:2/0",
    slack=SlackAccess("http://127.0.0.1:3/api/"),
    gemini="http://127.0.0.1:4",
)
PROXIES = {"HTTPS_PROXY": "http://proxy:3128", "http_proxy": "http://proxy:3128", "NO_PROXY": "*"}


def test_everything_is_simulated_without_settings_and_empty_ones_do_not_count() -> None:
    settings = StackSettings.read({"SLACK_BOT_TOKEN": "", "GEMINI_API_KEY": ""})
    assert not settings.real_slack
    assert not settings.real_gemini
    assert settings.project == "local"


@pytest.mark.parametrize(
    ("given", "missing"),
    [
        ({"SLACK_BOT_TOKEN": "xoxb-mine"}, "SLACK_APP_TOKEN is missing"),
        ({"SLACK_APP_TOKEN": "xapp-mine"}, "SLACK_BOT_TOKEN is missing"),
        (
            {"SLACK_BOT_TOKEN": "xoxb-mine", "SLACK_SOCKET_MODE": "false"},
            "SLACK_SIGNING_SECRET is missing",
        ),
    ],
)
def test_half_of_slacks_access_is_refused_naming_the_other_half(
    given: dict[str, str], missing: str
) -> None:
    with pytest.raises(SettingsConflict, match=missing):
        StackSettings.read(given)


@pytest.mark.parametrize(
    "given",
    [
        {"SLACK_BOT_TOKEN": "xoxb-mine", "SLACK_APP_TOKEN": "xapp-mine"},
        {
            "SLACK_BOT_TOKEN": "xoxb-mine",
            "SLACK_SIGNING_SECRET": "s",
            "SLACK_SOCKET_MODE": "false",
        },
    ],
)
def test_the_real_slack_is_used_when_both_of_its_secrets_are_given(given: dict[str, str]) -> None:
    assert StackSettings.read(given).real_slack


@pytest.mark.parametrize(
    "given", [{"GEMINI_API_KEY": "mine"}, {"GOOGLE_GENAI_USE_VERTEXAI": "true"}]
)
def test_the_real_gemini_is_used_with_a_key_or_vertex(given: dict[str, str]) -> None:
    assert StackSettings.read(given).real_gemini


def test_services_are_pointed_at_the_simulators() -> None:
    environment = processor_environment(StackSettings.read({"RETRY_COUNT": "1"}), LOCAL, {})
    told = {name: environment[name] for name in environment if name not in inherited()}
    assert told == {
        "GEMINI_API_KEY": "local",
        "GOOGLE_CLOUD_PROJECT": "local",
        "GOOGLE_GEMINI_BASE_URL": LOCAL.gemini,
        "PUBSUB_EMULATOR_HOST": LOCAL.pubsub,
        "REDIS_URL": LOCAL.redis,
        "RETRY_COUNT": "1",
        "SLACK_API_URL": "http://127.0.0.1:3/api/",
        "SLACK_APP_TOKEN": "xapp-local",
        "SLACK_BOT_TOKEN": "xoxb-local",
        "SLACK_SIGNING_SECRET": "local-signing-secret",
    }


def test_one_service_can_be_told_something_else() -> None:
    settings = StackSettings.read({"LOG_LEVEL": "INFO"})
    assert command_environment(settings, LOCAL, {"LOG_LEVEL": "DEBUG"})["LOG_LEVEL"] == "DEBUG"
    assert command_environment(settings, LOCAL, {})["LOG_LEVEL"] == "INFO"


def test_a_key_the_sdk_would_prefer_never_reaches_a_processor_with_the_simulated_gemini() -> None:
    settings = StackSettings.read({"GOOGLE_API_KEY": "mine", "GOOGLE_GENAI_USE_VERTEXAI": "false"})
    environment = processor_environment(settings, LOCAL, {})
    assert "GOOGLE_API_KEY" not in environment
    assert "GOOGLE_GENAI_USE_VERTEXAI" not in environment


def test_real_credentials_are_handed_over_untouched() -> None:
    given = {"SLACK_BOT_TOKEN": "xoxb-mine", "SLACK_APP_TOKEN": "xapp-mine", "GEMINI_API_KEY": "k"}
    addresses = Addresses(pubsub="a", redis="b", slack=None, gemini=None)
    environment = processor_environment(StackSettings.read(given), addresses, {})
    assert {name: environment[name] for name in given} == given
    assert "SLACK_API_URL" not in environment
    assert "GOOGLE_GEMINI_BASE_URL" not in environment


def test_proxies_reach_only_what_talks_to_the_outside() -> None:
    settings = StackSettings.read(PROXIES)
    real_gemini = Addresses(
        pubsub="a", redis="b", slack=SlackAccess("http://127.0.0.1:3/"), gemini=None
    )
    assert not PROXIES.keys() & processor_environment(settings, LOCAL, {}).keys()
    assert not PROXIES.keys() & command_environment(settings, real_gemini, {}).keys()
    assert processor_environment(settings, real_gemini, {}).keys() >= PROXIES.keys()


def test_children_inherit_what_programs_need_and_no_settings() -> None:
    shell = {"PATH": "/bin", "LC_ALL": "C", "SLACK_BOT_TOKEN": "xoxb-mine", "HTTP_PROXY": "p"}
    assert inherited(shell) == {
        "PATH": "/bin",
        "LC_ALL": "C",
        "PYTHONPATH": str(PROJECT_ROOT),
        "PYTHONUNBUFFERED": "1",
    }
    assert without_proxies({"a": "1", **PROXIES}) == {"a": "1"}


def test_an_env_file_of_another_encoding_is_named_and_not_quoted(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    env_file = tmp_path / ".env"
    env_file.write_bytes("# トークン\nSLACK_BOT_TOKEN=xoxb-secret\n".encode("cp932"))
    monkeypatch.setattr(sys, "argv", ["simulators", "--env-file", str(env_file)])
    assert main() == 2
    told = capsys.readouterr().err
    assert told == f"{env_file} is not written in UTF-8. Save it in that encoding.\n"
