"""What we send to Gemini, beside what google-genai sends for the same prompt."""

from collections.abc import AsyncIterator
from contextlib import aclosing
from typing import Any

import pytest
from google.genai import types

from processor_service.gemini.access import GeminiAccess
from processor_service.gemini.client import GeminiClient, gemini_client
from processor_service.gemini.model import GeminiModel
from processor_service.ports.generation_options import GenerationOptions, Thinking, Tool
from processor_service.ports.model import MediaFile, Prompt, PromptTurn
from processor_service.prompt.response_schema import JsonFormat
from shared.task import Mode
from simulators.gemini import GeminiSimulator
from tests.support.gemini_sdk import sdk
from tests.support.sample_files import PNG

MODEL = "gemini-3.8-flash"
FORM = JsonFormat(Mode.AUTO, "ja")
ASKED = "冪等性とは？ <&> \u2028 😀"


@pytest.fixture
async def api(base_url: str) -> AsyncIterator[GeminiClient]:
    async with gemini_client(GeminiAccess("local", base_url=base_url), idle_timeout_s=5) as opened:
        yield opened


PROMPTS: dict[str, tuple[Prompt, list[types.ContentUnion], types.GenerateContentConfig]] = {
    "words alone": (
        Prompt("簡潔に。", ASKED),
        [types.Content(role="user", parts=[types.Part(text=ASKED)])],
        types.GenerateContentConfig(system_instruction="簡潔に。"),
    ),
    "a conversation with files": (
        Prompt(
            "s",
            "q",
            turns=(
                PromptTurn("user", "図", MediaFile("image/png", PNG)),
                PromptTurn("model", "はい"),
                PromptTurn("user", "film", MediaFile("video/mp4", uri="https://youtu.be/abc")),
            ),
        ),
        [
            types.Content(
                role="user",
                parts=[
                    types.Part(text="図"),
                    types.Part.from_bytes(data=PNG, mime_type="image/png"),
                ],
            ),
            types.Content(role="model", parts=[types.Part(text="はい")]),
            types.Content(
                role="user",
                parts=[
                    types.Part(text="film"),
                    types.Part.from_uri(file_uri="https://youtu.be/abc", mime_type="video/mp4"),
                    types.Part(text="q"),
                ],
            ),
        ],
        types.GenerateContentConfig(system_instruction="s"),
    ),
    "a form, and a manner": (
        Prompt("s", "q", FORM, options=GenerationOptions(Thinking.MEDIUM, tuple(Tool))),
        [types.Content(role="user", parts=[types.Part(text="q")])],
        types.GenerateContentConfig(
            system_instruction="s",
            response_mime_type="application/json",
            response_json_schema=FORM.schema,
            thinking_config=types.ThinkingConfig(thinking_level=types.ThinkingLevel.MEDIUM),
            tools=[
                types.Tool(google_search=types.GoogleSearch()),
                types.Tool(url_context=types.UrlContext()),
            ],
        ),
    ),
}


@pytest.mark.parametrize("name", PROMPTS)
async def test_a_request_says_what_googles_library_would_say(
    name: str, api: GeminiClient, base_url: str, simulator: GeminiSimulator
) -> None:
    prompt, contents, config = PROMPTS[name]
    async with aclosing(GeminiModel(api).stream(prompt, MODEL)) as pieces:
        assert [piece async for piece in pieces][-1].finished
    async with sdk(base_url) as client:
        chunks = await client.models.generate_content_stream(
            model=MODEL, contents=contents, config=config
        )
        assert [chunk async for chunk in chunks]
    ours, googles = simulator.requests
    assert plain(ours.body) == plain(googles.body)


def plain(value: Any) -> Any:
    """Without the differences that say nothing (protobuf.dev/programming-guides/json): a field's
    name in either spelling, an empty message or none, base64 in either alphabet.
    """
    if isinstance(value, dict):
        told = {_camel(name): plain(one) for name, one in value.items()}
        return {name: one for name, one in told.items() if (name, one) != ("generationConfig", {})}
    if isinstance(value, list):
        return [plain(one) for one in value]
    return value.replace("-", "+").replace("_", "/") if isinstance(value, str) else value


def _camel(name: str) -> str:
    first, *others = name.split("_")
    return first + "".join(other.capitalize() for other in others)


async def test_half_a_character_of_a_question_costs_no_answer(api: GeminiClient) -> None:
    async with aclosing(GeminiModel(api).stream(Prompt("s", "a\ud83d"), MODEL)) as pieces:
        assert [piece async for piece in pieces][-1].finished
