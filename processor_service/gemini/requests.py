"""Requests to Gemini as its REST API takes them (ai.google.dev/api/generate-content)."""

from base64 import b64encode
from collections.abc import Mapping
from itertools import groupby
from typing import Any, Final

from processor_service.ports.generation_options import GenerationOptions, Tool
from processor_service.ports.model import Prompt, PromptTurn
from shared.well_formed import well_formed

_TOOLS: Final[Mapping[Tool, Any]] = {
    Tool.GOOGLE_SEARCH: {"googleSearch": {}},
    Tool.URL_CONTEXT: {"urlContext": {}},
}


def request_of(prompt: Prompt, options: GenerationOptions) -> dict[str, Any]:
    """The body of a request for an answer to ``prompt`` with ``options``."""
    body: dict[str, Any] = {"contents": _contents(prompt)}
    if prompt.system:
        body["systemInstruction"] = _content("user", PromptTurn("user", prompt.system))
    if options.tools:
        body["tools"] = [_TOOLS[tool] for tool in options.tools]
    config = _config(prompt, options)
    if config:
        body["generationConfig"] = config
    return body


def _config(prompt: Prompt, options: GenerationOptions) -> dict[str, Any]:
    config: dict[str, Any] = {}
    if prompt.answer_format is not None:
        config["responseMimeType"] = "application/json"
        config["responseJsonSchema"] = prompt.answer_format.schema
    if options.thinking is not None:
        config["thinkingConfig"] = {"thinkingLevel": options.thinking.upper()}
    return config


def _contents(prompt: Prompt) -> list[dict[str, Any]]:
    """The turns and the question; consecutive turns of one side are one content of
    several parts.
    """
    turns = (*prompt.turns, PromptTurn("user", prompt.text))
    return [_content(role, *said) for role, said in groupby(turns, lambda turn: turn.role)]


def _content(role: str, *said: PromptTurn) -> dict[str, Any]:
    return {"role": role, "parts": [part for turn in said for part in _parts(turn)]}


def _parts(turn: PromptTurn) -> list[dict[str, Any]]:
    text, file = {"text": well_formed(turn.text)}, turn.file
    if file is None:
        return [text]
    if file.uri is not None:
        return [text, {"fileData": {"mimeType": file.mimetype, "fileUri": file.uri}}]
    content = b64encode(file.content).decode("ascii")
    return [text, {"inlineData": {"mimeType": file.mimetype, "data": content}}]
