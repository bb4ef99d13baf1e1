"""What Gemini counts, as metrics, costs and limits have it."""

from google.genai import types

from processor_service.attempts import Usage
from processor_service.gemini_model import usage_of


def a_chunk(**counts: int) -> types.GenerateContentResponse:
    usage = types.GenerateContentResponseUsageMetadata.model_validate(counts)
    return types.GenerateContentResponse(usage_metadata=usage)


def test_what_tools_brought_in_is_input_and_paid_for() -> None:
    chunk = a_chunk(
        prompt_token_count=100,
        cached_content_token_count=40,
        tool_use_prompt_token_count=120,
        candidates_token_count=30,
        thoughts_token_count=7,
    )
    assert usage_of(chunk) == Usage(input=180, cached=40, output=30, thoughts=7)


def test_a_chunk_that_counts_nothing_says_nothing() -> None:
    assert usage_of(types.GenerateContentResponse()) is None
