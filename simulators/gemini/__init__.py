"""A local Gemini: the REST API google-genai speaks, with scripted timing, answers and faults."""

from simulators.gemini.answering.replies import Reply, ReplyTo, Script
from simulators.gemini.config import GeminiConfig
from simulators.gemini.protocol.errors import ErrorReply
from simulators.gemini.recorder import ReceivedRequest
from simulators.gemini.server import GeminiSimulator

__all__ = [
    "ErrorReply",
    "GeminiConfig",
    "GeminiSimulator",
    "ReceivedRequest",
    "Reply",
    "ReplyTo",
    "Script",
]
