"""The chat page's trace names what happened in words: people need no Web API's method names."""

import re
from collections.abc import Iterator

import yaml

from simulators.processes.environment import PROJECT_ROOT

STATIC = PROJECT_ROOT / "simulators/page/static"
FAMILIES = "agents|assistant|bots|chat|conversations|files|reactions|usergroups|users|views"
# Their words depend on what is written.
BY_CONTENT = {
    "assistant.threads.setStatus",
    "chat.postMessage",
    "chat.stopStream",
    "chat.update",
}


def _called() -> Iterator[str]:
    """The methods that the services call, by the SDK or by name."""
    for room in ("command_service", "processor_service", "shared"):
        for path in (PROJECT_ROOT / room).rglob("*.py"):
            text = path.read_text(encoding="utf-8")
            by_sdk = re.findall(rf"client\.({FAMILIES})_(\w+)\(", text)
            yield from (f"{family}.{method.replace('_', '.')}" for family, method in by_sdk)
            yield from re.findall(rf'"((?:{FAMILIES})\.[a-z]+(?:\.[a-z]+)?[A-Z]?\w*)"', text)


def _named() -> set[str]:
    text = (STATIC / "steps.js").read_text(encoding="utf-8")
    return set(re.findall(r'^  "?([a-zA-Z._]+)"?: "s\w+"', text, re.MULTILINE))


def test_each_method_that_the_services_call_has_words_on_the_page() -> None:
    called = set(_called())
    assert {"conversations.replies", "agents.sessions.setStatus", "usergroups.list"} <= called
    assert called - BY_CONTENT - _named() == set()


def test_each_event_that_the_app_subscribes_to_has_words_on_the_page() -> None:
    manifest = yaml.safe_load((PROJECT_ROOT / "deploy/slack-manifest.yaml").read_text("utf-8"))
    subscribed = {
        event.split(".")[0] for event in manifest["settings"]["event_subscriptions"]["bot_events"]
    }
    assert "app_mention" in subscribed
    assert subscribed - _named() == set()


def test_each_word_of_the_trace_is_there_in_both_languages() -> None:
    text = (STATIC / "texts_trace.js").read_text(encoding="utf-8")
    japanese, english = (
        set(re.findall(r"^  (\w+):", part, re.MULTILINE)) for part in text.split("TRACE_EN")
    )
    used = set(re.findall(r'"([sej][A-Z]\w+)"', (STATIC / "steps.js").read_text(encoding="utf-8")))
    assert japanese == english
    assert used - english == set()
