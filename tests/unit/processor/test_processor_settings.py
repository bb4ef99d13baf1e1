"""The processor's settings: what contradicts itself is told before anything starts."""

from pathlib import Path
from typing import Any

import pytest

from processor_service.settings import ProcessorSettings
from shared.settings import SettingsInvalid, load_settings

LOCAL = {
    "_env_file": None,
    "slack_bot_token": "xoxb-local",
    "gemini_api_key": "local",
    "pubsub_emulator_host": "127.0.0.1:1",
}


def load(**changes: Any) -> ProcessorSettings:
    return load_settings(ProcessorSettings, {**LOCAL, **changes})


def test_an_authority_for_redis_is_taken_with_tls(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text("-----BEGIN CERTIFICATE-----")
    settings = load(redis_url="rediss://:secret@10.0.0.3:6378/0", redis_ca_file=ca_file)
    assert settings.redis_ca_file == ca_file


def test_an_authority_for_redis_without_tls_is_refused(tmp_path: Path) -> None:
    ca_file = tmp_path / "ca.pem"
    ca_file.write_text("-----BEGIN CERTIFICATE-----")
    with pytest.raises(SettingsInvalid, match="REDIS_CA_FILE: is set, but REDIS_URL does not"):
        load(redis_url="redis://10.0.0.3:6379/0", redis_ca_file=ca_file)


def test_an_authority_that_is_not_there_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SettingsInvalid, match="REDIS_CA_FILE"):
        load(redis_url="rediss://10.0.0.3:6378/0", redis_ca_file=tmp_path / "forgotten.pem")


def test_answers_are_streamed_in_places_that_exist() -> None:
    assert load().stream_in == "everywhere"
    assert load(stream_in="dm").stream_in == "dm"
    with pytest.raises(SettingsInvalid, match="STREAM_IN"):
        load(stream_in="channels")


def test_without_push_authentication_the_processor_listens_on_this_machine_only() -> None:
    assert (load().push_is_authenticated, load().host) == (False, "127.0.0.1")
    pushed = {"pubsub_push_audience": "a", "pubsub_push_service_account": "a@b.example"}
    production = load(pubsub_emulator_host=None, **pushed)
    assert (production.push_is_authenticated, production.host) == (True, "0.0.0.0")
