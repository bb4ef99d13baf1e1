"""``.env.example`` tells every setting with the default it really has."""

import re
from typing import Any

import pytest
from pydantic_settings import BaseSettings

from command_service.settings import CommandSettings
from processor_service.settings import ProcessorSettings
from simulators.processes.environment import PROJECT_ROOT

LINES = (PROJECT_ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
MATCHES = [re.fullmatch(r"#?([A-Z_]+)=(.*)", line) for line in LINES]
WRITTEN = {match[1]: match[2] for match in MATCHES if match}
SETTINGS = [
    (kind, name) for kind in (CommandSettings, ProcessorSettings) for name in kind.model_fields
]


def as_written(value: Any) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if value is None or value in (frozenset(), ()):
        return ""
    return f"{value:g}" if isinstance(value, float) else str(value)


@pytest.mark.parametrize(
    ("kind", "name"), SETTINGS, ids=[f"{kind.__name__}-{name}" for kind, name in SETTINGS]
)
def test_a_setting_is_explained_with_its_default(kind: type[BaseSettings], name: str) -> None:
    field = kind.model_fields[name]
    assert name.upper() in WRITTEN
    default = "" if field.is_required() else as_written(field.default)
    assert WRITTEN[name.upper()] == default


def test_no_secret_is_written_and_none_of_the_defaults_is_active() -> None:
    active = [line for line in LINES if line and not line.startswith("#")]
    assert active == [
        "SLACK_BOT_TOKEN=",
        "SLACK_APP_TOKEN=",
        "SLACK_SIGNING_SECRET=",
        "GEMINI_API_KEY=",
    ]
