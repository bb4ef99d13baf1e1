"""Rules for JSON values, and error messages in the words Slack uses."""

from collections.abc import Callable, Mapping
from typing import Any

Rule = Callable[[Any, str, list[str]], None]
"""A check of ``(value, JSON pointer, errors)``; what is wrong is appended to ``errors``."""


def complain(errors: list[str], what: str, pointer: str) -> None:
    """Append an error the way Slack words it in ``response_metadata.messages``."""
    errors.append(f"[ERROR] {what} [json-pointer:{pointer}]")


def string(most: int, least: int = 1) -> Rule:
    """A string of ``least`` to ``most`` characters."""

    def rule(value: Any, pointer: str, errors: list[str]) -> None:
        if not isinstance(value, str):
            complain(errors, "must be a string", pointer)
        elif len(value) > most:
            complain(errors, f"must be less than {most + 1} characters", pointer)
        elif len(value) < least:
            complain(errors, f"must be more than {least - 1} characters", pointer)

    return rule


def one_of(*allowed: str) -> Rule:
    """One of the allowed strings."""

    def rule(value: Any, pointer: str, errors: list[str]) -> None:
        if value not in allowed:
            complain(errors, f"must be one of {', '.join(allowed)}", pointer)

    return rule


def boolean(value: Any, pointer: str, errors: list[str]) -> None:
    """True or false."""
    if not isinstance(value, bool):
        complain(errors, "must be a boolean", pointer)


def number(value: Any, pointer: str, errors: list[str]) -> None:
    """A number."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        complain(errors, "must be a number", pointer)


def anything(value: Any, pointer: str, errors: list[str]) -> None:
    """Whatever it is."""


def items(rule: Rule, most: int, least: int = 1) -> Rule:
    """A list of ``least`` to ``most`` values that each follow ``rule``."""

    def check(value: Any, pointer: str, errors: list[str]) -> None:
        if not isinstance(value, list):
            complain(errors, "must be an array", pointer)
            return
        if len(value) > most:
            complain(errors, f"no more than {most} items allowed", pointer)
        if len(value) < least:
            complain(errors, f"no fewer than {least} items allowed", pointer)
        for index, item in enumerate(value):
            rule(item, f"{pointer}/{index}", errors)

    return check


def shape(
    required: Mapping[str, Rule], optional: Mapping[str, Rule] | None = None, *, typed: bool = True
) -> Rule:
    """An object with exactly these fields, and a ``type`` if ``typed``."""
    known = {**required, **(optional or {})}
    allowed = {*known, "type"} if typed else set(known)

    def rule(value: Any, pointer: str, errors: list[str]) -> None:
        if not isinstance(value, dict):
            complain(errors, "must be an object", pointer)
            return
        for name in required:
            if value.get(name) is None:
                complain(errors, f"missing required field: {name}", pointer)
        for name, field in value.items():
            if name not in allowed:
                complain(errors, f"invalid additional property: {name}", pointer)
            elif name in known and field is not None:
                known[name](field, f"{pointer}/{name}", errors)

    return rule


def by_type(shapes: Mapping[str, Rule]) -> Rule:
    """An object whose ``type`` decides which rule holds."""

    def rule(value: Any, pointer: str, errors: list[str]) -> None:
        if not isinstance(value, dict):
            complain(errors, "must be an object", pointer)
        elif "type" not in value:
            complain(errors, "missing required field: type", pointer)
        elif value["type"] not in shapes:
            complain(errors, f"unsupported type: {value['type']}", f"{pointer}/type")
        else:
            shapes[value["type"]](value, pointer, errors)

    return rule


def either(*names: str) -> Rule:
    """An object that has at least one of the fields."""

    def rule(value: Any, pointer: str, errors: list[str]) -> None:
        if isinstance(value, dict) and not any(value.get(name) for name in names):
            complain(errors, f"must define either {' or '.join(names)}", pointer)

    return rule


def both(*rules: Rule) -> Rule:
    """Everything the rules ask for."""

    def rule(value: Any, pointer: str, errors: list[str]) -> None:
        for each in rules:
            each(value, pointer, errors)

    return rule
