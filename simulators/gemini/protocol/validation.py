"""Refuses what Gemini refuses, with Google's wording where it is known."""

import json
from collections.abc import Sequence
from typing import Any, TypeVar

from pydantic import ValidationError
from pydantic.alias_generators import to_snake
from pydantic_core import ErrorDetails

from simulators.gemini.protocol import media, schema_rules
from simulators.gemini.protocol.catalogue import OUTPUT_TOKEN_LIMIT
from simulators.gemini.protocol.errors import ApiError, ErrorReply, invalid_argument
from simulators.gemini.protocol.payload import (
    Content,
    CountTokensRequest,
    GenerateContentRequest,
    GenerationConfig,
    Part,
    Wire,
)

MAX_BODY_BYTES = 20 * 1024 * 1024
_MIME_TYPES = ("text/plain", "application/json", "text/x.enum")
_WireT = TypeVar("_WireT", bound=Wire)


def read_generate(body: bytes) -> GenerateContentRequest:
    """The request in ``body``; raises ApiError for whatever Gemini would not take."""
    request = _decode(body, GenerateContentRequest)
    _check_contents(request.contents, "GenerateContentRequest.contents")
    if request.contents[-1].role == "model":
        raise invalid_argument(
            "Please ensure that multiturn requests end with a user role or a function response."
        )
    _check_generation_config(request.generation_config)
    _check_tools(request)
    if request.cached_content is not None:
        raise ApiError(ErrorReply(403, message="CachedContent not found (or permission denied)"))
    return request


def read_count_tokens(body: bytes) -> list[Content]:
    """The turns to count, the system instruction among them."""
    request = _decode(body, CountTokensRequest)
    inner = request.generate_content_request
    contents = inner.contents if inner is not None else request.contents
    _check_contents(contents, "CountTokensRequest.contents")
    system = inner.system_instruction if inner is not None else request.system_instruction
    return [*([system] if system is not None else []), *contents]


def _decode(body: bytes, kind: type[_WireT]) -> _WireT:
    if len(body) > MAX_BODY_BYTES:
        raise invalid_argument(f"Request payload size exceeds the limit: {MAX_BODY_BYTES} bytes.")
    try:
        document = json.loads(body)
    except ValueError as error:
        raise invalid_argument(f"Invalid JSON payload received. {error}") from error
    if not isinstance(document, dict):
        raise invalid_argument("Invalid JSON payload received. Root element must be a message.")
    try:
        return kind.model_validate(document)
    except ValidationError as error:
        raise _explain(error.errors(include_url=False)) from error


def _explain(faults: Sequence[ErrorDetails]) -> ApiError:
    messages = [_message(fault) for fault in faults]
    return invalid_argument("\n".join(messages), field=_path(faults[0]["loc"][:-1]))


def _message(fault: ErrorDetails) -> str:
    place = _path(fault["loc"][:-1])
    if fault["type"] == "extra_forbidden":
        where = f" at '{place}'" if place else ""
        name = fault["loc"][-1]
        return f'Invalid JSON payload received. Unknown name "{name}"{where}: Cannot find field.'
    if fault["type"] == "missing":
        return f"* {_path(fault['loc'])}: required field is not set"
    value = json.dumps(fault["input"], ensure_ascii=False, default=str)[:80]
    return f"Invalid value at '{_path(fault['loc'])}' ({fault['msg']}), {value}"


def _path(location: Sequence[int | str]) -> str:
    path = ""
    for step in location:
        path += f"[{step}]" if isinstance(step, int) else f".{to_snake(step)}"
    return path.removeprefix(".")


def _check_contents(contents: Sequence[Content], path: str) -> None:
    if not contents:
        raise invalid_argument(f"* {path}: contents is not specified\n", field="contents")
    for index, content in enumerate(contents):
        if content.role not in (None, "", "user", "model", "function"):
            raise invalid_argument("Please use a valid role: user, model.", field="contents.role")
        if not content.parts:
            raise invalid_argument(f"* {path}[{index}].parts: contents.parts must not be empty.\n")
        for number, part in enumerate(content.parts):
            _check_part(part, f"{path}[{index}].parts[{number}]")


def _check_part(part: Part, path: str) -> None:
    fields = part.data_fields()
    if not fields:
        raise invalid_argument(
            f"* {path}.data: required oneof field 'data' must have one initialized field\n"
        )
    if len(fields) > 1:
        raise invalid_argument(
            f"Invalid value at '{path}' (oneof), oneof field 'data' is already set. "
            f"Cannot set '{fields[1]}'"
        )
    if part.text == "" and part.thought_signature is None:
        raise invalid_argument(
            "Unable to submit request because it has an empty text parameter. Add a value to the "
            "parameter and try again."
        )
    if part.inline_data is not None:
        media.check_blob(part.inline_data, path)
    if part.file_data is not None:
        media.check_reference(part.file_data, path)


def _check_generation_config(config: GenerationConfig) -> None:
    _check_range("temperature", config.temperature, 0, 2)
    _check_range("top_p", config.top_p, 0, 1)
    _check_range("top_k", config.top_k, 1, 1000)
    _check_range("max_output_tokens", config.max_output_tokens, 1, OUTPUT_TOKEN_LIMIT)
    if config.candidate_count not in (None, 1):
        raise invalid_argument("Multiple candidates is not enabled for this model")
    if len(config.stop_sequences or ()) > 5:
        raise invalid_argument("The number of stop_sequences must be at most 5.")
    _check_thinking(config)
    _check_response_format(config)


def _check_range(name: str, value: float | None, low: float, high: float) -> None:
    if value is not None and not low <= value <= high:
        raise invalid_argument(
            f"* GenerateContentRequest.generation_config.{name}: {name} must be in the range "
            f"[{low:g}, {high:g}].\n",
            field=f"generation_config.{name}",
        )


def _check_thinking(config: GenerationConfig) -> None:
    thinking = config.thinking_config
    if thinking is None:
        return
    if thinking.thinking_budget is not None and thinking.thinking_level is not None:
        raise invalid_argument("You can only set only one of thinking budget and thinking level.")
    _check_range("thinking_budget", thinking.thinking_budget, -1, 32_768)


def _check_response_format(config: GenerationConfig) -> None:
    prefix = "GenerateContentRequest.generation_config"
    mime_type = config.response_mime_type or "text/plain"
    if mime_type not in _MIME_TYPES:
        raise invalid_argument(
            f"* {prefix}.response_mime_type: allowed mimetypes are `text/plain`, "
            "`application/json` and `text/x.enum`.\n"
        )
    if config.response_schema is None and config.response_json_schema is None:
        return
    if config.response_schema is not None and config.response_json_schema is not None:
        raise invalid_argument(
            f"* {prefix}: only one of response_schema and response_json_schema can be set.\n"
        )
    if mime_type == "text/plain":
        raise invalid_argument(
            f"* {prefix}.response_schema: response_schema needs the response_mime_type "
            "`application/json` or `text/x.enum`.\n"
        )
    _check_schema(config, prefix)


def _check_schema(config: GenerationConfig, prefix: str) -> None:
    if config.response_schema is not None:
        faults = schema_rules.openapi_faults(config.response_schema, f"{prefix}.response_schema")
    else:
        faults = schema_rules.json_schema_faults(
            config.response_json_schema, f"{prefix}.response_json_schema"
        )
    if faults:
        raise invalid_argument("".join(f"* {fault}\n" for fault in faults))


def _check_tools(request: GenerateContentRequest) -> None:
    for index, tool in enumerate(request.tools):
        for number, declaration in enumerate(tool.function_declarations or ()):
            if not isinstance(declaration.get("name"), str) or not declaration["name"]:
                raise invalid_argument(
                    f"* GenerateContentRequest.tools[{index}].function_declarations[{number}]"
                    ".name: Invalid function name.\n"
                )
    if _calling_mode(request.tool_config) == "ANY":
        raise ApiError(
            ErrorReply(501, message="This simulator never calls functions; use mode AUTO or NONE.")
        )


def _calling_mode(tool_config: dict[str, Any] | None) -> Any:
    config = tool_config or {}
    calling = config.get("functionCallingConfig", config.get("function_calling_config"))
    return calling.get("mode") if isinstance(calling, dict) else None
