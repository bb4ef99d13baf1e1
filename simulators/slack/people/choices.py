"""What people can enter and choose in interactive elements, as Slack's client lets them."""

from typing import Any

from simulators.slack.content.block_kit import text_length
from simulators.slack.errors import Refusal
from simulators.slack.state.model import JSON, View, elements_of


def choose(element: JSON, given: JSON) -> JSON:
    """What using ``element`` sends, checked against what it offers. Raises ``Refusal``."""
    kind = element["type"]
    if kind in {"button", "icon_button"}:
        return {"value": element["value"]} if element.get("value") else {}
    if kind == "feedback_buttons":
        buttons = (element["positive_button"], element["negative_button"])
        for button in buttons:
            if button["value"] == given.get("value"):
                return {"value": button["value"], "text": button["text"]}
        raise Refusal("no_such_choice")
    if kind in {"static_select", "radio_buttons", "overflow"}:
        return {"selected_option": _option(element, given.get("selected_option"))}
    if kind in {"checkboxes", "multi_static_select"}:
        options = given.get("selected_options") or []
        return {"selected_options": [_option(element, option) for option in options]}
    return {name: value for name, value in given.items() if name not in _NAMES}


_NAMES = {"type", "action_id", "block_id"}


def _option(element: JSON, given: Any) -> JSON:
    value = given.get("value") if isinstance(given, dict) else given
    groups = [{"options": element.get("options", [])}, *element.get("option_groups", [])]
    for group in groups:
        for option in group["options"]:
            if option["value"] == value:
                return dict(option)
    raise Refusal("no_such_choice")


def missing_inputs(view: View, values: JSON) -> dict[str, str]:
    """The required inputs of a modal that were left empty, as Slack's client marks them."""
    errors = {}
    for block in view.payload["blocks"]:
        if block["type"] != "input" or block.get("optional"):
            continue
        action_id = elements_of(block)[0]["action_id"]
        state = values.get(block["block_id"], {}).get(action_id, {})
        filled = [value for name, value in state.items() if name != "type" and value]
        if not filled or (isinstance(filled[0], dict) and not text_length(filled)):
            errors[block["block_id"]] = "Please complete this required field."
    return errors
