"""What an answer costs: Google bills its tokens and each search, and tells searches repeatedly."""

from typing import Any

import pytest

from processor_service.gemini.continuation import AnswerSoFar
from processor_service.ports.citations import Citations
from processor_service.telemetry.attempt_metrics import attempt_at
from processor_service.telemetry.prices import Price, TokenUsage
from shared.telemetry.metrics import GEMINI_COST, GEMINI_SEARCHES
from tests.support.counted import Counted
from tests.support.gemini_responses import received

MODEL = "gemini-3.8-flash"
SEARCHED = {MODEL: Price(input=1.5, output=7.5, thousand_searches=14.0)}


def a_chunk(*searches: str, prompt_tokens: int = 0) -> dict[str, Any]:
    candidate: dict[str, Any] = {"content": {"parts": [{"text": "a"}]}}
    if searches:
        candidate["groundingMetadata"] = {"webSearchQueries": list(searches)}
    return {"candidates": [candidate], "usageMetadata": {"promptTokenCount": prompt_tokens}}


def attempt(*chunks: dict[str, Any]) -> None:
    answer = AnswerSoFar(Citations())
    with attempt_at(MODEL, SEARCHED):
        for chunk in chunks:
            answer.read(received(chunk))


def test_each_search_is_counted_and_costs_and_none_twice(monkeypatch: pytest.MonkeyPatch) -> None:
    searches, cost = (Counted(each, monkeypatch) for each in (GEMINI_SEARCHES, GEMINI_COST))
    attempt(a_chunk("redis"), a_chunk("redis", "valkey"), a_chunk(prompt_tokens=1_000_000))
    assert searches.series() == [(2, {"model": MODEL})]
    [(dollars, labels)] = cost.series()
    assert dollars == pytest.approx(1.5 + 2 * 0.014)
    assert labels == {"model": MODEL}


def test_another_attempt_pays_for_its_searches_again(monkeypatch: pytest.MonkeyPatch) -> None:
    searches = Counted(GEMINI_SEARCHES, monkeypatch)
    for _ in range(2):
        attempt(a_chunk("redis"))
    assert searches.series() == [(2, {"model": MODEL})]


def test_an_answer_without_a_search_counts_none(monkeypatch: pytest.MonkeyPatch) -> None:
    searches = Counted(GEMINI_SEARCHES, monkeypatch)
    attempt(a_chunk(prompt_tokens=10))
    assert searches.series() == []


def test_searches_cost_nothing_without_a_price() -> None:
    assert Price(input=1.0, output=1.0).of(TokenUsage(), 1_000) == 0


def test_each_kind_of_token_has_its_price() -> None:
    usage = TokenUsage(input=1_000_000, cached=2_000_000, output=3_000_000, thoughts=4_000_000)
    assert Price(input=1.0, output=10.0, cached=0.25).of(usage, 0) == 1.0 + 0.5 + 70.0
    assert Price(input=1.0, output=10.0).of(usage, 0) == 3.0 + 70.0
