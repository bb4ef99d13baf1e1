"""What Gemini says in the pieces of an answer."""

from typing import Any

import pytest

from processor_service.ports.citations import WebPage
from processor_service.ports.model import Chunk
from processor_service.telemetry.prices import TokenUsage
from shared.errors import MechachangError, ModelRefused, ModelUnavailable
from tests.support.gemini_responses import piece_of, received


def a_chunk(*parts: Any, reason: str | None = None, **more: Any) -> dict[str, Any]:
    ended = {"finishReason": reason} if reason else {}
    return {"candidates": [{"content": {"role": "model", "parts": [*parts]}, **ended, **more}]}


def test_what_tools_brought_in_is_input_and_paid_for() -> None:
    usage = {
        "promptTokenCount": 100,
        "cachedContentTokenCount": 40,
        "toolUsePromptTokenCount": 120,
        "candidatesTokenCount": 30,
        "thoughtsTokenCount": 7,
    }
    chunk = received({"usageMetadata": usage})
    assert chunk.usage == TokenUsage(input=180, cached=40, output=30, thoughts=7)
    piece = piece_of(chunk)
    assert (piece.prompt_tokens, piece.output_tokens) == (220, 37)


@pytest.mark.parametrize("chunk", [{}, {"candidates": []}, {"candidates": [{}]}, a_chunk()])
def test_a_chunk_that_says_nothing_says_nothing(chunk: dict[str, Any]) -> None:
    assert piece_of(received(chunk)) == Chunk()
    assert received(chunk).usage is None
    assert received(chunk).text == ""
    assert received(chunk).pages == []
    assert received(chunk).searches == []


def test_what_was_thought_is_not_said() -> None:
    chunk = a_chunk({"text": "Hm.", "thought": True}, {"text": "は"}, {"inlineData": {}})
    assert piece_of(received(chunk)).text == "は"
    assert received(a_chunk({"text": "Hm.", "thought": True})).text == ""


@pytest.mark.parametrize(("reason", "truncated"), [("STOP", False), ("MAX_TOKENS", True)])
def test_an_answer_ends_with_a_reason(reason: str, truncated: bool) -> None:
    piece = piece_of(received(a_chunk({"text": "終"}, reason=reason)))
    assert piece == Chunk("終", finished=True, truncated=truncated)


@pytest.mark.parametrize(
    ("reason", "error", "why"),
    [
        ("SAFETY", ModelRefused, "answer_blocked"),
        ("RECITATION", ModelRefused, "answer_recited"),
        ("A_REASON_OF_NEXT_YEAR", ModelUnavailable, "answer_broken_off"),
        ("LANGUAGE", ModelRefused, "answer_language"),
        ("OTHER", ModelUnavailable, "answer_broken_off"),
    ],
)
def test_other_reasons_are_no_answer(reason: str, error: type[MechachangError], why: str) -> None:
    with pytest.raises(error) as raised:
        piece_of(received(a_chunk({"text": "a"}, reason=reason)))
    assert raised.value.reason == why


def test_pages_found_and_pages_read_are_told_apart_from_those_that_failed() -> None:
    chunk = a_chunk(
        groundingMetadata={
            "webSearchQueries": ["冪等"],
            "groundingChunks": [
                {"web": {"uri": "https://a.example", "title": "A"}},
                {"web": {"uri": "https://b.example", "domain": "b.example"}},
                {"web": {"title": "without an address"}},
                {"maps": {"uri": "https://maps.example"}},
            ],
        },
        urlContextMetadata={
            "urlMetadata": [
                {
                    "retrievedUrl": "https://c.example",
                    "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_SUCCESS",
                },
                {
                    "retrievedUrl": "https://d.example",
                    "urlRetrievalStatus": "URL_RETRIEVAL_STATUS_ERROR",
                },
            ]
        },
    )
    assert received(chunk).pages == [
        WebPage("https://a.example", "A"),
        WebPage("https://b.example", "b.example"),
        WebPage("https://c.example"),
    ]
    assert received(chunk).searches == ["冪等"]
