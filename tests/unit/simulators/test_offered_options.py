"""A select of the simulated Slack begins with an option that it offers, or is refused."""

from typing import Any

import pytest

from simulators.slack.content.block_kit import block_errors


def option(value: str, text: str = "a") -> dict[str, Any]:
    return {"text": {"type": "plain_text", "text": text}, "value": value}


def select(initial: dict[str, Any] | None, **choices: Any) -> list[dict[str, Any]]:
    element = {"type": "static_select", "action_id": "s", "initial_option": initial, **choices}
    return [{"type": "actions", "elements": [element]}]


@pytest.mark.parametrize("initial", [None, option("1"), option("2")])
def test_an_offered_option_or_none_may_be_the_first(initial: dict[str, Any] | None) -> None:
    grouped = [{"label": {"type": "plain_text", "text": "g"}, "options": [option("2")]}]
    offered = {"options": [option("1")], "option_groups": grouped}
    assert block_errors(select(initial, **offered)) == []


@pytest.mark.parametrize("initial", [option("3"), option("1", "another text"), {"value": "1"}])
def test_any_other_is_refused_as_slack_refuses_it(initial: dict[str, Any]) -> None:
    [error] = block_errors(select(initial, options=[option("1")]))
    assert "initial_option" in error
