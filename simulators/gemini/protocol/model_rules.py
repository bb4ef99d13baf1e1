"""What one model takes and another refuses, with Google's wording."""

from simulators.gemini.protocol.catalogue import INPUT_TOKEN_LIMIT, THINKING_LEVELS
from simulators.gemini.protocol.errors import invalid_argument
from simulators.gemini.protocol.payload import GenerateContentRequest


def check(request: GenerateContentRequest, model: str, *, older: bool) -> None:
    """Raises ApiError for what ``model`` refuses. An ``older`` one is as those before Gemini 3."""
    thinking = request.generation_config.thinking_config
    level = thinking.thinking_level if thinking is not None else None
    if level is not None and older:
        raise invalid_argument("Thinking level is not supported for this model.")
    if level is not None and level not in THINKING_LEVELS[model]:
        raise invalid_argument(f"Thinking level {level} is not supported for this model.")
    mime_type = request.generation_config.response_mime_type
    built_in = any(
        tool.google_search is not None or tool.url_context is not None for tool in request.tools
    )
    if older and built_in and mime_type == "application/json":
        raise invalid_argument(
            "Tool use with a response mime type: 'application/json' is unsupported"
        )


def check_length(prompt_tokens: int) -> None:
    """Raises ApiError for a prompt that is longer than the models' context."""
    if prompt_tokens > INPUT_TOKEN_LIMIT:
        raise invalid_argument(
            f"The input token count ({prompt_tokens}) exceeds the maximum number of tokens "
            f"allowed ({INPUT_TOKEN_LIMIT})."
        )
