"""Answers of the Gemini simulator in a schema, asked for by google-genai's own async client."""

from typing import Annotated, Literal

import pytest
from google import genai
from google.genai import errors, types
from pydantic import BaseModel, Field

from simulators.gemini import GeminiConfig, GeminiSimulator
from tests.support.gemini_sdk import MODEL, stream


class General(BaseModel):
    mode: Literal["general"]
    summary: str
    key_points: list[str] = Field(min_length=1, max_length=6)
    sentiment: Literal["positive", "neutral", "negative"] | None = None


class Code(BaseModel):
    mode: Literal["code"]
    language: str
    explanation: str
    code: str
    suggestions: list[str]


class Data(BaseModel):
    mode: Literal["data"]
    analysis: str
    insights: list[str]
    recommendations: list[str]


class Creative(BaseModel):
    mode: Literal["creative"]
    content: str
    style: str
    variations: list[str]


Union = General | Code | Data | Creative


class Envelope(BaseModel):
    answer: Annotated[Union, Field(discriminator="mode")]
    confidence: float = Field(ge=0, le=1)


@pytest.mark.parametrize(
    ("prompt", "kind"),
    [
        ("素数を判定するPython関数を書いてください", Code),
        ("12, 18, 25, 31 の平均を表にしてください", Data),
        ("秋の朝の俳句を詠んでください", Creative),
        ("Pub/Subとは何ですか", General),
        ("Write a Python function for binary search", Code),
        ("Compare SQL and NoSQL", Data),
        ("Write a slogan for our team", Creative),
        ("How do I plan a team offsite?", General),
    ],
)
async def test_a_response_schema_with_a_union_is_honoured(
    client: genai.client.AsyncClient, prompt: str, kind: type[BaseModel]
) -> None:
    answer = await client.models.generate_content(
        model=MODEL,
        contents=prompt,
        config=types.GenerateContentConfig(
            response_mime_type="application/json", response_schema=Union
        ),
    )
    assert isinstance(answer.parsed, kind)


async def test_a_discriminated_union_as_json_schema_is_streamed_in_pieces(
    client: genai.client.AsyncClient,
) -> None:
    chunks = await stream(
        client,
        "フィボナッチ数列のコード",
        response_mime_type="application/json",
        response_json_schema=Envelope.model_json_schema(),
    )
    assert len(chunks) > 5
    envelope = Envelope.model_validate_json("".join(chunk.text or "" for chunk in chunks))
    assert isinstance(envelope.answer, Code)
    assert "def fibonacci" in envelope.answer.code


async def test_a_schema_for_one_kind_gets_that_kind_whatever_is_asked(
    client: genai.client.AsyncClient,
) -> None:
    answer = await client.models.generate_content(
        model=MODEL,
        contents="Write a haiku",
        config=types.GenerateContentConfig(
            response_mime_type="application/json", response_schema=Data
        ),
    )
    assert isinstance(answer.parsed, Data)
    assert "|" in answer.parsed.analysis


@pytest.mark.parametrize("older", [True, False])
async def test_tools_for_an_answer_in_json_are_taken_since_gemini_3(
    client: genai.client.AsyncClient, simulator: GeminiSimulator, older: bool
) -> None:
    simulator.config = GeminiConfig(older=frozenset({MODEL} if older else ()))
    config = types.GenerateContentConfig(
        tools=[types.Tool(google_search=types.GoogleSearch())],
        response_mime_type="application/json",
        response_schema=General,
    )
    asked = client.models.generate_content(model=MODEL, contents="What is Redis?", config=config)
    if older:
        with pytest.raises(errors.ClientError, match="Tool use with a response mime type"):
            await asked
        return
    answer = await asked
    assert isinstance(answer.parsed, General)
    assert answer.candidates is not None
    assert answer.candidates[0].grounding_metadata is not None
