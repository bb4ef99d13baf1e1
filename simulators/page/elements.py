"""Block Kit's interactive elements as HTML controls.

Each control carries ``data-action-id``, ``data-block-id``, ``data-type`` and, where it has one,
``data-value``; the page's script turns clicks and choices into actions by these alone.
"""

import json
from collections.abc import Callable
from typing import Any

from simulators.page.html_text import Json, Names, escape, objects, safe_url, tag, text_of, void_tag
from simulators.page.mrkdwn import plain_label, plain_text, text_object

_INPUT_TYPES = {
    "email_text_input": "email",
    "url_text_input": "url",
    "number_input": "number",
    "datepicker": "date",
    "timepicker": "time",
}
_INITIALS = {"datepicker": "initial_date", "timepicker": "initial_time"}


def element(value: object, block_id: str, names: Names) -> str:
    """One element; an unknown type is shown as such."""
    if not isinstance(value, dict):
        return ""
    kind = text_of(value, "type")
    return _ELEMENTS.get(kind, _unsupported)(value, block_id, names)


def image(value: Json) -> str:
    """A picture from a public address; only its description where it has none that is allowed."""
    source = safe_url(text_of(value, "image_url"))
    alt = text_of(value, "alt_text")
    if source is None:
        return tag("span", escape(alt), class_="unsupported-inline")
    return void_tag(
        "img", src=source, alt=alt, loading="lazy", referrerpolicy="no-referrer", class_="bk-image"
    )


def _hooks(value: Json, block_id: str, **more: str | None) -> dict[str, str | None]:
    confirm = value.get("confirm")
    return {
        "data_type": text_of(value, "type"),
        "data_action_id": text_of(value, "action_id"),
        "data_block_id": block_id,
        "data_confirm": _confirmation(confirm) if isinstance(confirm, dict) else None,
        **more,
    }


def _confirmation(confirm: Json) -> str:
    labels = {key: plain_label(confirm.get(key)) for key in ("title", "text", "confirm", "deny")}
    return json.dumps(labels, ensure_ascii=False)


def _button(value: Json, block_id: str, _: Names) -> str:
    style = text_of(value, "style")
    known = style if style in ("primary", "danger") else ""
    shared = _hooks(value, block_id, data_value=text_of(value, "value") or None) | {
        "class_": f"bk-button {known}".strip(),
        "aria_label": text_of(value, "accessibility_label") or None,
    }
    label = plain_text(plain_label(value.get("text")))
    href = safe_url(text_of(value, "url"))
    if href is None:
        return tag("button", label, type="button", **shared)
    return tag("a", label, href=href, target="_blank", rel="noopener noreferrer", **shared)


def _feedback(value: Json, block_id: str, _: Names) -> str:
    buttons = []
    for side in ("positive", "negative"):
        choice = value.get(f"{side}_button")
        if isinstance(choice, dict):
            label = plain_label(choice.get("text"))
            hooks = _hooks(value, block_id, data_value=text_of(choice, "value"))
            spoken = text_of(choice, "accessibility_label") or label
            buttons.append(_icon(side, label, spoken, hooks | {"aria_pressed": "false"}))
    return tag("span", "".join(buttons), class_="feedback", role="group")


def _icon_button(value: Json, block_id: str, _: Names) -> str:
    label = plain_label(value.get("text"))
    hooks = _hooks(value, block_id, data_value=text_of(value, "value") or None)
    spoken = text_of(value, "accessibility_label") or label
    return _icon(text_of(value, "icon"), label, spoken, hooks)


def _icon(icon: str, label: str, spoken: str, hooks: dict[str, str | None]) -> str:
    return tag(
        "button",
        tag("span", "", class_="icon", data_icon=icon, aria_hidden="true"),
        type="button",
        class_="bk-icon-button",
        title=label,
        aria_label=spoken,
        **hooks,
    )


def _select(value: Json, block_id: str, _: Names) -> str:
    several = text_of(value, "type").startswith("multi_")
    chosen = _initial(value)
    options = "" if several else _placeholder(value)
    options += "".join(_option(option, chosen) for option in objects(value.get("options")))
    for group in objects(value.get("option_groups")):
        members = "".join(_option(option, chosen) for option in objects(group.get("options")))
        options += tag("optgroup", members, label=plain_label(group.get("label")))
    return tag(
        "select",
        options,
        class_="bk-select bk-overflow" if text_of(value, "type") == "overflow" else "bk-select",
        aria_label=plain_label(value.get("placeholder")) or text_of(value, "action_id"),
        **_hooks(value, block_id),
        multiple=several,
    )


def _placeholder(value: Json) -> str:
    label = "⋯" if value.get("type") == "overflow" else plain_label(value.get("placeholder"))
    return tag("option", escape(label), value="", class_="placeholder")


def _initial(value: Json) -> set[str]:
    several = objects(value.get("initial_options"))
    one = value.get("initial_option")
    return {text_of(option, "value") for option in [*several, *objects([one])]}


def _option(option: Json, chosen: set[str]) -> str:
    value = text_of(option, "value")
    label = escape(plain_label(option.get("text")))
    return tag("option", label, value=value, selected=value in chosen)


def _choices(value: Json, block_id: str, names: Names) -> str:
    """Radio buttons or check boxes."""
    kind = "radio" if value.get("type") == "radio_buttons" else "checkbox"
    chosen = _initial(value)
    group = f"{block_id}/{text_of(value, 'action_id')}"
    rows = []
    for option in objects(value.get("options")):
        own = text_of(option, "value")
        box = void_tag("input", type=kind, name=group, value=own, checked=own in chosen)
        text = tag("span", text_object(option.get("text"), names), class_="choice-text")
        note = option.get("description")
        about = tag("small", text_object(note, names)) if note else ""
        rows.append(tag("label", box + tag("span", text + about), class_="bk-choice"))
    return tag("div", "".join(rows), class_="bk-choices", role="group", **_hooks(value, block_id))


def _text_input(value: Json, block_id: str, _: Names) -> str:
    initial = text_of(value, "initial_value")
    shared: dict[str, Any] = _hooks(value, block_id) | {
        "class_": "bk-text",
        "placeholder": plain_label(value.get("placeholder")) or None,
        "maxlength": _number(value, "max_length"),
        "minlength": _number(value, "min_length"),
    }
    if value.get("multiline") is True:
        return tag("textarea", escape(initial), rows="4", **shared)
    return void_tag("input", type="text", value=initial, **shared)


def _typed_input(value: Json, block_id: str, _: Names) -> str:
    kind = text_of(value, "type")
    initial = text_of(value, _INITIALS.get(kind, "initial_value"))
    hooks = _hooks(value, block_id)
    step = "any" if value.get("is_decimal_allowed") is True else None
    return void_tag(
        "input", type=_INPUT_TYPES[kind], value=initial, class_="bk-text", step=step, **hooks
    )


def _number(value: Json, key: str) -> str | None:
    number = value.get(key)
    return str(number) if isinstance(number, int) else None


def _unsupported(value: Json, _block_id: str, _: Names) -> str:
    return tag("span", escape(f"[{text_of(value, 'type')}]"), class_="unsupported-inline")


_ELEMENTS: dict[str, Callable[[Json, str, Names], str]] = {
    "button": _button,
    "image": lambda value, _block_id, _: image(value),
    "feedback_buttons": _feedback,
    "icon_button": _icon_button,
    "static_select": _select,
    "multi_static_select": _select,
    "overflow": _select,
    "radio_buttons": _choices,
    "checkboxes": _choices,
    "plain_text_input": _text_input,
    **dict.fromkeys(_INPUT_TYPES, _typed_input),
}
