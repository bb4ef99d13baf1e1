"""Gemini's responses as our adapter reads them from the wire."""

import json
from typing import Any

from processor_service.gemini.responses import Response, response_of


def received(told: Any) -> Response:
    """Raises AttributeError or TypeError for what is no response."""
    return response_of(json.loads(json.dumps(told)))
