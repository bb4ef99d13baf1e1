"""Text objects and block elements of Block Kit with their limits.

Limits: slack_sdk.models.blocks (block_elements, basic_components) and the reference it links to,
docs.slack.dev/reference/block-kit.
"""

from typing import Any

from simulators.slack.content.schema import (
    Rule,
    anything,
    boolean,
    both,
    by_type,
    complain,
    either,
    items,
    number,
    one_of,
    shape,
    string,
)

_ACTION_ID = string(255)


def plain_text(most: int) -> Rule:
    """A ``plain_text`` object."""
    return by_type({"plain_text": shape({"text": string(most)}, {"emoji": boolean})})


def any_text(most: int) -> Rule:
    """A ``plain_text`` or ``mrkdwn`` object."""
    return by_type(
        {
            "plain_text": shape({"text": string(most)}, {"emoji": boolean}),
            "mrkdwn": shape({"text": string(most)}, {"verbatim": boolean}),
        }
    )


_CONFIRM = shape(
    {
        "title": plain_text(100),
        "text": any_text(300),
        "confirm": plain_text(30),
        "deny": plain_text(30),
    },
    {"style": one_of("primary", "danger")},
    typed=False,
)

_OPTION = shape(
    {"text": any_text(75), "value": string(150)},
    {"description": any_text(75), "url": string(3000)},
    typed=False,
)

_OPTION_GROUP = shape(
    {"label": plain_text(75), "options": items(_OPTION, 100)},
    typed=False,
)

_FEEDBACK_BUTTON = shape(
    {"text": plain_text(75), "value": string(2000)},
    {"accessibility_label": string(75)},
    typed=False,
)

_DISPATCH_CONFIG = shape(
    {}, {"trigger_actions_on": items(one_of("on_enter_pressed", "on_character_entered"), 2)}
)

_INPUT = {
    "action_id": _ACTION_ID,
    "placeholder": plain_text(150),
    "focus_on_load": boolean,
    "confirm": _CONFIRM,
}

button = shape(
    {"text": plain_text(75)},
    {
        "action_id": _ACTION_ID,
        "url": string(3000),
        "value": string(2000, 0),
        "style": one_of("primary", "danger"),
        "confirm": _CONFIRM,
        "accessibility_label": string(75),
        "agent_prompt": string(4000),
    },
)

feedback_buttons = shape(
    {"positive_button": _FEEDBACK_BUTTON, "negative_button": _FEEDBACK_BUTTON},
    {"action_id": _ACTION_ID},
)

icon_button = shape(
    {"icon": one_of("trash"), "text": plain_text(75)},
    {
        "action_id": _ACTION_ID,
        "value": string(2000, 0),
        "accessibility_label": string(75),
        "visible_to_user_ids": items(string(20), 10),
        "confirm": _CONFIRM,
    },
)

image = both(
    shape(
        {"alt_text": string(2000)},
        {"image_url": string(3000), "slack_file": anything},
    ),
    either("image_url", "slack_file"),
)

_SELECT = {**_INPUT, "options": items(_OPTION, 100), "option_groups": items(_OPTION_GROUP, 100)}


def _offered(value: Any, pointer: str, errors: list[str]) -> None:
    """Slack refuses an initial option that is not, to the letter, one of the offered ones."""
    if errors or not isinstance(value, dict):
        return
    groups = [value, *(value.get("option_groups") or [])]
    options = [option for group in groups for option in group.get("options") or []]
    if value.get("initial_option") not in [None, *options]:
        complain(errors, "must be one of the options", f"{pointer}/initial_option")


static_select = both(
    shape({}, {**_SELECT, "initial_option": anything}),
    either("options", "option_groups"),
    _offered,
)
multi_static_select = both(
    shape({}, {**_SELECT, "initial_options": anything, "max_selected_items": number}),
    either("options", "option_groups"),
)

_FREE_SELECT = shape(
    {},
    {
        **_INPUT,
        "initial_user": anything,
        "initial_users": anything,
        "initial_channel": anything,
        "initial_channels": anything,
        "initial_conversation": anything,
        "initial_conversations": anything,
        "default_to_current_conversation": boolean,
        "response_url_enabled": boolean,
        "filter": anything,
        "max_selected_items": number,
    },
)

overflow = shape({"options": items(_OPTION, 5, 1)}, {"action_id": _ACTION_ID, "confirm": _CONFIRM})

_CHOICE = {**_INPUT, "initial_option": anything, "initial_options": anything}
radio_buttons = shape({"options": items(_OPTION, 10)}, _CHOICE)
checkboxes = shape({"options": items(_OPTION, 10)}, _CHOICE)

_TYPED_INPUT = {**_INPUT, "initial_value": string(3000, 0), "dispatch_action_config": anything}
plain_text_input = shape(
    {},
    {
        **_TYPED_INPUT,
        "multiline": boolean,
        "min_length": number,
        "max_length": number,
        "dispatch_action_config": _DISPATCH_CONFIG,
    },
)
number_input = shape(
    {"is_decimal_allowed": boolean},
    {**_TYPED_INPUT, "min_value": string(20), "max_value": string(20)},
)
_PICKER = shape(
    {},
    {
        **_INPUT,
        "initial_date": string(10),
        "initial_time": string(5),
        "initial_date_time": number,
        "timezone": string(100),
    },
)
file_input = shape({}, {"action_id": _ACTION_ID, "filetypes": anything, "max_files": number})

_SELECTS = {
    f"{prefix}{kind}_select": _FREE_SELECT
    for prefix in ("", "multi_")
    for kind in ("users", "conversations", "channels")
}
_STATEFUL: dict[str, Rule] = {
    "static_select": static_select,
    "multi_static_select": multi_static_select,
    "radio_buttons": radio_buttons,
    "checkboxes": checkboxes,
    "datepicker": _PICKER,
    "timepicker": _PICKER,
    "datetimepicker": _PICKER,
    **_SELECTS,
}

in_actions = by_type({"button": button, "overflow": overflow, **_STATEFUL})
as_accessory = by_type({"button": button, "image": image, "overflow": overflow, **_STATEFUL})
in_context = by_type(
    {
        "image": image,
        "plain_text": shape({"text": string(2000)}, {"emoji": boolean}),
        "mrkdwn": shape({"text": string(2000)}, {"verbatim": boolean}),
    }
)
in_context_actions = by_type({"feedback_buttons": feedback_buttons, "icon_button": icon_button})
in_input = by_type(
    {
        "plain_text_input": plain_text_input,
        "email_text_input": shape({}, _TYPED_INPUT),
        "url_text_input": shape({}, _TYPED_INPUT),
        "number_input": number_input,
        "file_input": file_input,
        **_STATEFUL,
    }
)
