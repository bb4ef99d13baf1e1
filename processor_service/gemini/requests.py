"""Requests to Gemini (ai.google.dev/api/generate-content), in google-genai's types."""

from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

from google.genai.types import (
    Content,
    GenerationConfig,
    GoogleSearch,
    Part,
    ThinkingConfig,
    ThinkingLevel,
    UrlContext,
)
from google.genai.types import Tool as LibraryTool
from pydantic import BaseModel

from processor_service.ports.generation_options import GenerationOptions, Tool
from processor_service.ports.model import Prompt, PromptTurn
from shared.well_formed import well_formed

_TOOLS: Final[Mapping[Tool, LibraryTool]] = {
    Tool.GOOGLE_SEARCH: LibraryTool(google_search=GoogleSearch()),
    Tool.URL_CONTEXT: LibraryTool(url_context=UrlContext()),
}


def request_of(prompt: Prompt, options: GenerationOptions) -> dict[str, Any]:
    """The body of a request for an answer to ``prompt`` with ``options``."""
    body: dict[str, Any] = {"contents": [_json(one) for one in _contents(prompt)]}
    if prompt.system:
        body["systemInstruction"] = _json(_content("user", PromptTurn("user", prompt.system)))
    if options.tools:
        body["tools"] = [_json(_TOOLS[tool]) for tool in options.tools]
    config = _json(_config(prompt, options))
    if config:
        body["generationConfig"] = config
    return body


def _config(prompt: Prompt, options: GenerationOptions) -> GenerationConfig:
    level = options.thinking
    return GenerationConfig(
        response_mime_type="application/json" if prompt.answer_format else None,
        response_json_schema=prompt.answer_format.schema if prompt.answer_format else None,
        thinking_config=ThinkingConfig(thinking_level=ThinkingLevel(level.upper()))
        if level
        else None,
    )


def _contents(prompt: Prompt) -> list[Content]:
    """The turns and the question; consecutive turns of one side are one content of
    several parts.
    """
    turns = (*prompt.turns, PromptTurn("user", prompt.text))
    return [_content(role, *said) for role, said in groupby(turns, lambda turn: turn.role)]


def _content(role: str, *said: PromptTurn) -> Content:
    return Content(role=role, parts=[part for turn in said for part in _parts(turn)])


def _parts(turn: PromptTurn) -> list[Part]:
    text, file = Part(text=well_formed(turn.text)), turn.file
    if file is None:
        return [text]
    if file.uri is not None:
        return [text, Part.from_uri(file_uri=file.uri, mime_type=file.mimetype)]
    return [text, Part.from_bytes(data=file.content, mime_type=file.mimetype)]


def _json(told: BaseModel) -> dict[str, Any]:
    """A message of Google's as JSON (protobuf.dev/programming-guides/json)."""
    return told.model_dump(mode="json", by_alias=True, exclude_none=True)
