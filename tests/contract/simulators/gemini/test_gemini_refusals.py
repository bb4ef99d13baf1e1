"""What the Gemini simulator refuses, as raw HTTP: the SDK would not send most of it."""

import base64
import io
import json
from typing import Any

import aiohttp
import pytest

from simulators.gemini import GeminiSimulator

KEY = {"x-goog-api-key": "local"}
TURN = {"role": "user", "parts": [{"text": "Hello"}]}
OBJECT = {"type": "OBJECT", "properties": {"a": {"type": "STRING"}}}


async def post(
    base_url: str,
    body: Any,
    *,
    model: str = "gemini-3.8-flash",
    method: str = "generateContent",
    headers: dict[str, str] | None = None,
) -> tuple[int, Any]:
    url = f"{base_url}/v1beta/models/{model}:{method}"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, json=body, headers=KEY if headers is None else headers) as response,
    ):
        return response.status, await response.json()


def body(**fields: Any) -> dict[str, Any]:
    return {"contents": [TURN], **fields}


def with_schema(schema: Any) -> dict[str, Any]:
    return body(generationConfig={"responseMimeType": "application/json", "responseSchema": schema})


async def test_a_request_without_a_key_is_forbidden(base_url: str) -> None:
    status, answer = await post(base_url, body(), headers={})
    assert status == 403
    assert answer["error"]["status"] == "PERMISSION_DENIED"


async def test_an_unknown_key_is_invalid(base_url: str) -> None:
    status, answer = await post(base_url, body(), headers={"x-goog-api-key": "other"})
    assert status == 400
    assert answer["error"]["details"][0]["reason"] == "API_KEY_INVALID"


async def test_a_prompt_longer_than_the_models_context_is_refused(base_url: str) -> None:
    """ai.google.dev, models: 1,048,576 tokens go in; the error's words are Google's."""
    turn = {"role": "user", "parts": [{"text": "長" * 1_048_577}]}
    sent = io.BytesIO(json.dumps({"contents": [turn]}, ensure_ascii=False).encode())
    url = f"{base_url}/v1beta/models/gemini-3.8-flash:generateContent"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=sent, headers=KEY) as response,
    ):
        status, answer = response.status, await response.json()
    assert (status, answer["error"]["status"]) == (400, "INVALID_ARGUMENT")
    assert answer["error"]["message"] == (
        "The input token count (1048577) exceeds the maximum number of tokens allowed (1048576)."
    )


@pytest.mark.parametrize("model", ["gemini-2.0-flash", "gpt"])
async def test_a_model_that_does_not_exist_or_is_switched_off_is_not_found(
    base_url: str, model: str
) -> None:
    status, answer = await post(base_url, body(), model=model)
    assert status == 404
    assert answer["error"]["status"] == "NOT_FOUND"
    assert answer["error"]["message"].startswith(f"models/{model} is not found for API version")


@pytest.mark.parametrize(
    ("faulty", "message"),
    [
        ([], "Root element must be a message"),
        (body(colour="red"), 'Unknown name "colour": Cannot find field.'),
        (
            body(generationConfig={"temprature": 1}),
            "Unknown name \"temprature\" at 'generation_config'",
        ),
        (
            {"contents": [{"role": "user", "parts": [{"txt": "a"}]}]},
            "Unknown name \"txt\" at 'contents[0].parts[0]'",
        ),
        ({"contents": [{"role": "user", "parts": [{"text": 5}]}]}, "contents[0].parts[0].text"),
        ({}, "contents is not specified"),
        ({"contents": []}, "contents is not specified"),
        ({"contents": [{"role": "user", "parts": []}]}, "contents.parts must not be empty"),
        ({"contents": [{"role": "user", "parts": [{}]}]}, "required oneof field 'data'"),
        ({"contents": [{"role": "user", "parts": [{"text": ""}]}]}, "an empty text parameter"),
        (
            {"contents": [{"parts": [{"text": "a", "functionCall": {"name": "f"}}]}]},
            "oneof field 'data' is already set",
        ),
        ({"contents": [{"role": "system", "parts": [{"text": "a"}]}]}, "valid role: user, model"),
        ({"contents": [{"role": "model", "parts": [{"text": "a"}]}]}, "end with a user role"),
        (body(generationConfig={"temperature": 3}), "range [0, 2]"),
        (body(generationConfig={"temperature": True}), "a boolean is not a number"),
        (body(generationConfig={"maxOutputTokens": 0}), "max_output_tokens must be in the range"),
        (body(generationConfig={"candidateCount": 2}), "Multiple candidates"),
        (body(generationConfig={"responseMimeType": "text/html"}), "allowed mimetypes"),
        (body(generationConfig={"responseSchema": OBJECT}), "needs the response_mime_type"),
        (
            body(
                generationConfig={"thinkingConfig": {"thinkingBudget": 1, "thinkingLevel": "LOW"}}
            ),
            "only one of thinking budget and thinking level",
        ),
        (
            body(generationConfig={"thinkingConfig": {"thinkingLevel": "FAST"}}),
            "generation_config.thinking_config.thinking_level",
        ),
        (body(tools=[{"googleSearch": {"depth": 3}}]), 'Unknown name "depth"'),
        (body(tools=[{"urlContext": {"urls": []}}]), 'Unknown name "urls"'),
        (body(safetySettings=[{"category": "X", "threshold": "OFF"}]), "safety_settings[0]"),
        (body(tools=[{"functionDeclarations": [{}]}]), "Invalid function name"),
        (body(cachedContent="cachedContents/x"), "CachedContent not found"),
        (with_schema({"type": "OBJECT"}), "should be non-empty for OBJECT type"),
        (with_schema({"type": "ARRAY"}), "items: missing field"),
        (with_schema({**OBJECT, "required": ["b"]}), "required[0]: property is not defined"),
        (with_schema({**OBJECT, "oneOf": []}), 'Unknown name "oneOf"'),
        (with_schema({"type": "TEXT"}), "Invalid value (TYPE_ENUM)"),
        (
            body(
                generationConfig={
                    "responseMimeType": "application/json",
                    "responseJsonSchema": {"$ref": "#/$defs/None"},
                }
            ),
            "reference to undefined schema",
        ),
    ],
)
async def test_a_faulty_request_is_refused_with_a_message_that_names_the_fault(
    base_url: str, simulator: GeminiSimulator, faulty: Any, message: str
) -> None:
    status, answer = await post(base_url, faulty)
    assert status in (400, 403)
    assert message in answer["error"]["message"]
    assert simulator.requests == []


async def test_text_that_is_not_json_is_refused(base_url: str) -> None:
    url = f"{base_url}/v1/models/gemini-3.8-flash:generateContent"
    async with (
        aiohttp.ClientSession() as session,
        session.post(url, data=b"{", headers=KEY) as response,
    ):
        assert response.status == 400
        message = (await response.json())["error"]["message"]
    assert message.startswith("Invalid JSON payload received.")


async def test_both_spellings_of_every_field_are_read(base_url: str) -> None:
    config = {"response_mime_type": "application/json", "response_schema": OBJECT}
    status, _ = await post(base_url, body(generation_config=config, system_instruction=TURN))
    assert status == 200
    config = {"responseMimeType": "application/json", "responseSchema": OBJECT}
    status, _ = await post(base_url, body(generationConfig=config, systemInstruction=TURN))
    assert status == 200


async def test_a_file_in_the_request_is_counted_and_named_in_the_answer(base_url: str) -> None:
    note = base64.b64encode(b"one two three").decode()
    parts = [{"text": "この内容は？"}, {"inlineData": {"mimeType": "text/plain", "data": note}}]
    status, answer = await post(base_url, {"contents": [{"role": "user", "parts": parts}]})
    assert status == 200
    assert answer["usageMetadata"]["promptTokenCount"] == 9
    assert "text/plain" in answer["candidates"][0]["content"]["parts"][0]["text"]


async def test_a_stream_without_sse_is_a_json_array(base_url: str) -> None:
    status, chunks = await post(base_url, body(), method="streamGenerateContent")
    assert status == 200
    assert chunks[-1]["candidates"][0]["finishReason"] == "STOP"
    assert len(chunks) > 2
