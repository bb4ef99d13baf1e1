"""The models that exist here; every other name is a 404, those switched off included."""

from typing import Any

METHODS = ("generateContent", "streamGenerateContent", "countTokens")
MODELS = (
    "gemini-3.8-flash",
    "gemini-3.7-flash",
    "gemini-3.6-flash",
    "gemini-3.5-flash",
    "gemini-3.5-flash-lite",
)
_ALL_LEVELS = frozenset({"MINIMAL", "LOW", "MEDIUM", "HIGH"})
# The newest two refuse MINIMAL (docs.cloud.google.com, developer's guide to Gemini 3.8 Flash);
# XHIGH is in the API, but no model here is documented to take it.
THINKING_LEVELS = {
    model: _ALL_LEVELS - {"MINIMAL"} if model in MODELS[:2] else _ALL_LEVELS for model in MODELS
}


def describe(model: str) -> dict[str, Any]:
    """A model as ``models.get`` and ``models.list`` show it."""
    return {
        "name": f"models/{model}",
        "version": model.split("-")[1],
        "displayName": model.replace("-", " ").title(),
        "description": "Simulated locally; answers are composed, not generated.",
        "inputTokenLimit": INPUT_TOKEN_LIMIT,
        "outputTokenLimit": OUTPUT_TOKEN_LIMIT,
        "supportedGenerationMethods": list(METHODS),
        "temperature": 1,
        "topP": 0.95,
        "topK": 64,
        "maxTemperature": 2,
        "thinking": True,
    }


INPUT_TOKEN_LIMIT = 1_048_576
OUTPUT_TOKEN_LIMIT = 65_536
