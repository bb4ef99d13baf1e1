"""Gemini's responses as our adapter reads them from the wire."""

import json
import warnings
from typing import Any

from google.genai.types import GenerateContentResponse

from processor_service.gemini.responses import expect_new_values, response_of


def received(told: Any) -> GenerateContentResponse:
    """Raises ValueError for what is no response."""
    with warnings.catch_warnings():
        expect_new_values()
        return response_of(json.dumps(told))
