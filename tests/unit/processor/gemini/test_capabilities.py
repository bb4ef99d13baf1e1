"""How Gemini's refusals are understood, in the words they were seen in."""

import pytest

from processor_service.gemini.capabilities import ModelCapabilities
from processor_service.ports.generation_options import GenerationOptions, Thinking, Tool
from processor_service.ports.model import Prompt

WISHES = GenerationOptions(Thinking.MINIMAL, (Tool.GOOGLE_SEARCH, Tool.URL_CONTEXT))
NO_THINKING = GenerationOptions(None, WISHES.tools)
NO_TOOLS = GenerationOptions(Thinking.MINIMAL)
PROMPT = Prompt("system", "question", options=WISHES)


@pytest.mark.parametrize(
    ("code", "message", "left"),
    [
        (400, "Thinking level is not supported for this model.", NO_THINKING),
        (400, "Thinking level MINIMAL is not supported for this model.", NO_THINKING),
        (
            400,
            "Unable to submit request because thinking_level is not supported by this model.",
            NO_THINKING,
        ),
        (
            400,
            'Invalid JSON payload received. Unknown name "thinkingConfig": Cannot find field.',
            NO_THINKING,
        ),
        (400, "Tool use with a response mime type: 'application/json' is unsupported", NO_TOOLS),
        (
            400,
            'Invalid JSON payload received. Unknown name "tools": Cannot find field.',
            NO_TOOLS,
        ),
        (400, "Google Search Grounding is not supported.", NO_TOOLS),
        (400, "Request contains an invalid argument.", GenerationOptions()),
        (400, "API key not valid. Please pass a valid API key.", None),
        (400, "The input token count exceeds the maximum number of tokens allowed.", None),
        (404, "models/x is not found. Call ListModels to see the list of available models.", None),
        (
            429,
            "You exceeded your current quota, please check your plan and billing details.",
            None,
        ),
        (503, "The model is overloaded. Please try again later.", None),
        (503, "The tool is overloaded.", None),
    ],
)
def test_only_what_a_refusal_is_about_is_left_out(
    code: int, message: str, left: GenerationOptions | None
) -> None:
    assert ModelCapabilities().fallback_options(WISHES, code, message, PROMPT, "m") == left


def test_who_wishes_nothing_is_refused_for_good() -> None:
    for message in ("Thinking level", "Tool use", "Request contains an invalid argument."):
        assert (
            ModelCapabilities().fallback_options(GenerationOptions(), 400, message, PROMPT, "m")
            is None
        )


def test_what_one_model_refused_is_still_asked_of_another() -> None:
    capabilities = ModelCapabilities()
    capabilities.fallback_options(WISHES, 400, "Thinking level MINIMAL", PROMPT, "main")
    capabilities.fallback_options(NO_THINKING, 400, "Tool use", PROMPT, "main")
    assert capabilities.options(PROMPT, "main") == GenerationOptions()
    assert capabilities.options(PROMPT, "spare") == WISHES
