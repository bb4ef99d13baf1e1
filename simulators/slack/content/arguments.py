"""The arguments of Web API calls: where they stand in the request, and what they must be.

slack_sdk sends chat.*, views.* and assistant.* as JSON, conversations.*, users.* and files.info as
a GET query, and others as a POST with a query and an empty body; Slack takes them all, and form
bodies besides.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from aiohttp import web

from simulators.slack.errors import Refusal

Kind = Literal["string", "boolean", "integer", "list", "object", "names"]
ALWAYS_ALLOWED = frozenset({"team_id", "token"})


@dataclass(frozen=True)
class Arg:
    """One argument. ``malformed`` is the error when its JSON can't be read or has a wrong type."""

    kind: Kind = "string"
    required: bool = False
    malformed: str = "invalid_arguments"


async def read_arguments(request: web.Request) -> dict[str, Any]:
    """Every argument of the request; the body wins over the query."""
    arguments: dict[str, Any] = dict(request.query)
    if request.method == "POST" and request.can_read_body:
        arguments |= await _read_body(request)
    return arguments


async def _read_body(request: web.Request) -> dict[str, Any]:
    if request.content_type == "application/json":
        try:
            body = json.loads(await request.text())
        except ValueError as error:
            raise Refusal("invalid_json") from error
        if not isinstance(body, dict):
            raise Refusal("json_not_object")
        return body
    if request.content_type in {"application/x-www-form-urlencoded", "multipart/form-data"}:
        form = await request.post()
        return {name: value for name, value in form.items() if isinstance(value, str)}
    if await request.read():
        raise Refusal("invalid_post_type")
    return {}


def check_arguments(
    given: Mapping[str, Any], known: Mapping[str, Arg], *, strict: bool
) -> dict[str, Any]:
    """The arguments in their proper types; None counts as left out. Raises ``Refusal``."""
    given = {name: value for name, value in given.items() if value is not None}
    for name, arg in known.items():
        if arg.required and given.get(name) in (None, ""):
            raise Refusal("invalid_arguments", f"[ERROR] missing required field: {name}")
    if strict:
        unknown = sorted(given.keys() - known.keys() - ALWAYS_ALLOWED)
        if unknown:
            raise Refusal("invalid_arguments", *(f"[ERROR] unknown argument: {x}" for x in unknown))
    return {name: _typed(name, given[name], known[name]) for name in given if name in known}


def _typed(name: str, value: Any, arg: Arg) -> Any:
    match arg.kind:
        case "string":
            if not isinstance(value, str):
                raise _wrong(name, "a string", arg)
            return value
        case "boolean":
            return _boolean(name, value, arg)
        case "integer":
            return _integer(name, value, arg)
        case "names":
            return _names(name, value, arg)
        case "list" | "object":
            return _decoded(name, value, arg)


def _wrong(name: str, expected: str, arg: Arg) -> Refusal:
    return Refusal(arg.malformed, f"[ERROR] must be {expected} [json-pointer:/{name}]")


def _boolean(name: str, value: Any, arg: Arg) -> bool:
    if isinstance(value, bool):
        return value
    if str(value).lower() in {"1", "true", "0", "false"}:
        return str(value).lower() in {"1", "true"}
    raise _wrong(name, "a boolean", arg)


def _integer(name: str, value: Any, arg: Arg) -> int:
    try:
        if isinstance(value, bool):
            raise _wrong(name, "an integer", arg)
        return int(value)
    except (TypeError, ValueError) as error:
        raise _wrong(name, "an integer", arg) from error


def _names(name: str, value: Any, arg: Arg) -> list[str]:
    """A list of names, also as text separated by commas."""
    if isinstance(value, str):
        return [part.strip() for part in value.split(",") if part.strip()]
    if isinstance(value, list) and all(isinstance(part, str) for part in value):
        return value
    raise _wrong(name, "a comma-separated list", arg)


def _decoded(name: str, value: Any, arg: Arg) -> Any:
    if isinstance(value, str):
        try:
            value = json.loads(value)
        except ValueError as error:
            raise _wrong(name, "valid JSON", arg) from error
    expected = list if arg.kind == "list" else dict
    if not isinstance(value, expected):
        raise _wrong(name, "an array" if arg.kind == "list" else "an object", arg)
    return value
