"""Answers in modes on Gemini's protocol: the schema on the wire, and one request an answer."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from processor_service.answering.generate import generate
from processor_service.answering.generation import Generation, GenerationRequest
from processor_service.gemini.access import GeminiAccess
from processor_service.gemini.client import gemini_client
from processor_service.gemini.model import GeminiModel
from processor_service.ports.answers import Answer
from processor_service.prompt.build import PromptConfig, prompt_for
from shared.retry import RetryPolicy
from shared.task import Mode
from simulators.gemini import GeminiSimulator, Reply
from tests.support.fakes.processor.model import Blind, whole
from tests.support.fakes.processor.prompt_context import THAT_DAY
from tests.support.fakes.processor.retrying import Naps
from tests.support.tasks import a_task

MODEL = "gemini-3.8-flash"
ASKED = {
    Mode.GENERAL: "冪等性とは？",
    Mode.CODE: "素数を判定するPython関数を書いてください",
    Mode.DATA: "12, 18, 25 の平均と傾向を分析してください",
    Mode.CREATIVE: "秋の朝の俳句を詠んでください",
}
HEADINGS = {
    Mode.GENERAL: ["主なポイント"],
    Mode.CODE: ["説明", "提案"],
    Mode.DATA: ["分析", "発見事項", "推奨事項"],
    Mode.CREATIVE: ["スタイル", "バリエーション"],
}


@pytest.fixture
async def model(simulator: GeminiSimulator) -> AsyncIterator[GeminiModel]:
    async with simulator.serve() as running:
        access = GeminiAccess("local", base_url=running.base_url)
        async with gemini_client(access, idle_timeout_s=5.0) as api:
            yield GeminiModel(api)


async def answered(model: GeminiModel, mode: Mode, text: str) -> Answer:
    prompt = prompt_for(a_task(mode=mode, text=text), THAT_DAY, PromptConfig())
    generation = Generation(MODEL, None, RetryPolicy(2, Naps()))
    return await whole(
        generate(GenerationRequest(prompt, model, Blind()), generation, float("inf"))
    )


def config(simulator: GeminiSimulator) -> dict[str, Any]:
    [request] = simulator.requests
    sent = request.body.get("generationConfig", {})
    assert isinstance(sent, dict)
    return sent


@pytest.mark.parametrize("mode", ASKED)
async def test_the_model_chooses_the_mode_and_answers_in_the_same_request(
    model: GeminiModel, simulator: GeminiSimulator, mode: Mode
) -> None:
    answer = await answered(model, Mode.AUTO, ASKED[mode])
    assert answer.mode is mode
    assert all(f"### {heading}\n\n" in answer.text for heading in HEADINGS[mode])
    sent = config(simulator)
    assert sent["responseMimeType"] == "application/json"
    offered = [one["properties"]["mode"]["enum"] for one in sent["responseJsonSchema"]["anyOf"]]
    assert offered == [[each] for each in ASKED]


@pytest.mark.parametrize("mode", ASKED)
async def test_a_forced_mode_is_the_only_one_the_schema_offers(
    model: GeminiModel, simulator: GeminiSimulator, mode: Mode
) -> None:
    answer = await answered(model, mode, ASKED[Mode.CREATIVE])
    assert answer.mode is mode
    schema = config(simulator)["responseJsonSchema"]
    assert schema["properties"]["mode"]["enum"] == [mode]
    assert list(schema["properties"]) == schema["propertyOrdering"]


async def test_in_chat_no_schema_is_sent(model: GeminiModel, simulator: GeminiSimulator) -> None:
    answer = await answered(model, Mode.CHAT, ASKED[Mode.CODE])
    assert answer.mode is Mode.CHAT
    sent = config(simulator)
    assert not {"responseMimeType", "responseJsonSchema"} & set(sent)


async def test_an_answer_of_another_shape_is_asked_for_once_more(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    good = '{"mode": "general", "summary": "はい。", "key_points": []}'
    simulator.script("質問", Reply(text=good[:-1]), Reply(text=good))
    answer = await answered(model, Mode.AUTO, "質問")
    assert answer.text == "はい。"
    assert len(simulator.requests) == 2
