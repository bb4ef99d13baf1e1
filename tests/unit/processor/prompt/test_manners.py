"""What settings say of how the model answers: manners, tools, and the operator's own text."""

from pathlib import Path
from typing import Any

import pytest

from processor_service.ports.generation_options import GenerationOptions, Thinking, Tool
from processor_service.prompt.operator_text import MAX_CHARS
from processor_service.settings import ProcessorSettings
from shared.settings import SettingsInvalid, load_settings
from shared.task import Mode

NEEDED = {
    "slack_bot_token": "xoxb-local",
    "gemini_api_key": "local",
    "pubsub_emulator_host": "127.0.0.1:8085",
}


@pytest.fixture(autouse=True)
def bare_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    for name in ProcessorSettings.model_fields:
        monkeypatch.delenv(name.upper(), raising=False)


def settings(**changes: Any) -> ProcessorSettings:
    return load_settings(ProcessorSettings, {**NEEDED, **changes})


def faults(**changes: Any) -> list[str]:
    with pytest.raises(SettingsInvalid) as caught:
        settings(**changes)
    return str(caught.value).splitlines()[1:-1]


def test_by_default_people_wait_little_and_programs_and_figures_are_thought_about() -> None:
    options_by_mode = settings().options_by_mode
    assert {mode: options_by_mode.of(mode).thinking for mode in Mode} == {
        Mode.AUTO: Thinking.LOW,
        Mode.CHAT: Thinking.LOW,
        Mode.GENERAL: Thinking.LOW,
        Mode.CODE: Thinking.MEDIUM,
        Mode.DATA: Thinking.MEDIUM,
        Mode.CREATIVE: Thinking.LOW,
    }
    assert options_by_mode.of(Mode.CHAT).tools == ()


def test_single_modes_are_changed_and_the_others_stay() -> None:
    options_by_mode = settings(
        gemini_thinking='{"chat": "minimal", "code": "high", "general": null}',
        gemini_tools="url_context, google_search",
    ).options_by_mode
    tools = (Tool.GOOGLE_SEARCH, Tool.URL_CONTEXT)
    assert options_by_mode.of(Mode.CHAT) == GenerationOptions(Thinking.MINIMAL, tools)
    assert options_by_mode.of(Mode.CODE) == GenerationOptions(Thinking.HIGH, tools)
    assert options_by_mode.of(Mode.GENERAL) == GenerationOptions(None, tools)
    assert options_by_mode.of(Mode.CREATIVE) == GenerationOptions(Thinking.LOW, tools)
    assert options_by_mode.of(Mode.DATA) == GenerationOptions(Thinking.MEDIUM, tools)


@pytest.mark.parametrize(
    ("name", "written", "fault"),
    [
        ("thinking", '{"chat": "fast"}', " (chat): Input should be 'minimal', 'low', "),
        ("thinking", '{"chat": 1}', " (chat): Input should be 'minimal', 'low', "),
        ("thinking", '{"cod": "low"}', " (cod): Input should be 'auto', 'chat', 'general', "),
        ("thinking", '"low"', ": Input should be a valid dictionary"),
        ("thinking", '{"chat": "low"', ': is not JSON; write it like {"chat": "low", "code": '),
        ("tools", "google", ': "google" is no tool (known: google_search, url_context)'),
        ("prices", "1.5", ": Input should be a valid dictionary"),
        ("prices", "m=1.5", ': is not JSON; write it like {"gemini-3.8-flash": {"input": '),
        ("prices", '{"m": {"input": -1, "output": 1}}', " (m, input): Input should be greater"),
        ("prices", '{"m": {"input": 1}}', " (m, output): is required but not set"),
    ],
)
def test_a_mistake_stops_the_start_and_is_named(
    monkeypatch: pytest.MonkeyPatch, name: str, written: str, fault: str
) -> None:
    name = f"GEMINI_{name.upper()}"
    monkeypatch.setenv(name, written)
    [told] = faults()
    assert told.startswith(f"  {name}{fault}")


@pytest.mark.parametrize("written", ["auto", "chat=low", "chat=low,code=model", "low"])
def test_the_form_before_json_is_told_how_it_is_written_now(
    monkeypatch: pytest.MonkeyPatch, written: str
) -> None:
    monkeypatch.setenv("GEMINI_THINKING", written)
    [told] = faults()
    assert told == (
        '  GEMINI_THINKING: is not JSON; write it like {"chat": "low", "code": "high"} '
        "in place of chat=low,code=high, null in place of model, and {} in place of auto"
    )


def test_the_operators_text_is_read_at_the_start(tmp_path: Path) -> None:
    file = tmp_path / "prompt.txt"
    file.write_text("\ufeff  敬称は「さん」です。\n", encoding="utf-8")
    assert settings(system_prompt_file=str(file)).system_prompt_file == "敬称は「さん」です。"
    file.write_text("𠮷" * MAX_CHARS, encoding="utf-8")
    assert settings(system_prompt_file=str(file)).system_prompt_file == "𠮷" * MAX_CHARS
    assert settings().system_prompt_file is None


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (None, "cannot be read (No such file or directory)"),
        (b" \n", "is empty"),
        (b"\x93\xfa\x96{", "is not a text in UTF-8"),
        (b"x" * (MAX_CHARS + 1), "is longer than 8000 characters"),
        ("𠮷".encode() * (MAX_CHARS + 1), "is longer than 8000 characters"),
        (b"x" + "𠮷".encode() * (2 * MAX_CHARS), "is longer than 8000 characters"),
    ],
)
def test_a_text_that_cannot_be_used_stops_the_start(
    tmp_path: Path, content: bytes | None, fault: str
) -> None:
    file = tmp_path / "prompt.txt"
    if content is not None:
        file.write_bytes(content)
    assert faults(system_prompt_file=str(file)) == [f"  SYSTEM_PROMPT_FILE: {file} {fault}"]


def test_a_folder_is_no_text(tmp_path: Path) -> None:
    assert faults(system_prompt_file=str(tmp_path)) == [
        f"  SYSTEM_PROMPT_FILE: {tmp_path} cannot be read (Is a directory)"
    ]
