"""Gemini's responses as our adapter reads them from the wire."""

import json
from typing import Any

from processor_service.gemini.continuation import AnswerSoFar
from processor_service.gemini.responses import Response, response_of
from processor_service.ports.citations import Citations
from processor_service.ports.model import Chunk


def received(told: Any) -> Response:
    """Raises AttributeError or TypeError for what is no response."""
    return response_of(json.loads(json.dumps(told)))


def piece_of(response: Response) -> Chunk:
    """The first piece of an answer that begins with ``response``."""
    return AnswerSoFar(Citations()).read(response)
