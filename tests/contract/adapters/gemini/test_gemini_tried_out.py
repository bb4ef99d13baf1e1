"""The tiny question of the smoke test and the doctor, against the simulated Gemini."""

import pytest

from processor_service.features.model_check import check_model
from processor_service.gemini.model import GeminiModel
from processor_service.ports.generation_options import OptionsByMode, Tool
from processor_service.prompt.build import PromptConfig
from shared.errors import ModelRejected
from simulators.gemini import ErrorReply, GeminiSimulator, Reply
from tests.contract.adapters.gemini.test_gemini_model import MODEL, model

__all__ = ["model"]

SEARCHING = PromptConfig(OptionsByMode(tools=(Tool.GOOGLE_SEARCH,)))


async def test_a_model_is_asked_with_everything_that_questions_are_asked_with(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    await check_model(MODEL, model=model, prompt_config=SEARCHING, prices={})
    [request] = simulator.requests
    assert {"systemInstruction", "tools", "generationConfig", "contents"} <= set(request.body)
    assert "responseJsonSchema" in request.body["generationConfig"]
    assert "thinkingConfig" in request.body["generationConfig"]


async def test_the_first_piece_is_enough_and_ends_the_work(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    simulator.script("Say ok", Reply(chunks=["{"] * 500, between_s=0.02))
    await check_model(MODEL, model=model, prompt_config=PromptConfig(), prices={})
    await simulator.wait_for(lambda: simulator.requests[0].client_closed)


async def test_tools_that_were_wished_for_and_are_refused_are_told(
    model: GeminiModel, simulator: GeminiSimulator
) -> None:
    refused = ErrorReply(400, message="Google Search grounding is not available.")
    simulator.script("Say ok", Reply(error=refused), Reply(text="{}"))
    with pytest.raises(ModelRejected) as told:
        await check_model(MODEL, model=model, prompt_config=SEARCHING, prices={})
    assert told.value.reason == "tools_refused"
