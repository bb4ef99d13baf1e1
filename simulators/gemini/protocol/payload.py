"""The request body as Gemini accepts it: its fields in either spelling, and nothing else."""

from enum import StrEnum
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, StrictBool, StrictStr
from pydantic.alias_generators import to_camel

JsonObject = dict[str, Any]


def _no_boolean(value: Any) -> Any:
    if isinstance(value, bool):
        raise ValueError("a boolean is not a number")  # noqa: TRY004 - pydantic reads ValueError
    return value


# protobuf's JSON mapping takes numbers written as strings too, but never booleans.
Integer = Annotated[int, BeforeValidator(_no_boolean)]
Number = Annotated[float, BeforeValidator(_no_boolean)]


class Wire(BaseModel):
    """A message of the API; unknown fields are refused, camelCase and snake_case both read."""

    model_config = ConfigDict(
        alias_generator=to_camel, populate_by_name=True, extra="forbid", frozen=True
    )


class Blob(Wire):
    """Bytes in the request itself."""

    mime_type: StrictStr
    data: StrictStr
    display_name: StrictStr | None = None


class FileData(Wire):
    """A reference to an uploaded file."""

    file_uri: StrictStr
    mime_type: StrictStr | None = None
    display_name: StrictStr | None = None


class Part(Wire):
    """One part of a turn; exactly one of its data fields is set."""

    text: StrictStr | None = None
    inline_data: Blob | None = None
    file_data: FileData | None = None
    function_call: JsonObject | None = None
    function_response: JsonObject | None = None
    executable_code: JsonObject | None = None
    code_execution_result: JsonObject | None = None
    tool_call: JsonObject | None = None
    tool_response: JsonObject | None = None
    thought: StrictBool | None = None
    thought_signature: StrictStr | None = None
    video_metadata: JsonObject | None = None
    media_resolution: Any = None
    part_metadata: JsonObject | None = None
    audio_transcription: JsonObject | None = None
    media_processing: JsonObject | None = None

    def data_fields(self) -> list[str]:
        """The data fields that are set (a valid part has one)."""
        return [name for name in _DATA_FIELDS if getattr(self, name) is not None]


_DATA_FIELDS = (
    "text",
    "inline_data",
    "file_data",
    "function_call",
    "function_response",
    "executable_code",
    "code_execution_result",
    "tool_call",
    "tool_response",
)


class Content(Wire):
    """One turn of the conversation."""

    role: StrictStr | None = None
    parts: list[Part] = []

    def text(self) -> str:
        """The turn's text parts, thoughts left out."""
        return "\n".join(part.text for part in self.parts if part.text and not part.thought)


class HarmCategory(StrEnum):
    """What safety settings can be about."""

    HARASSMENT = "HARM_CATEGORY_HARASSMENT"
    HATE_SPEECH = "HARM_CATEGORY_HATE_SPEECH"
    SEXUALLY_EXPLICIT = "HARM_CATEGORY_SEXUALLY_EXPLICIT"
    DANGEROUS_CONTENT = "HARM_CATEGORY_DANGEROUS_CONTENT"
    CIVIC_INTEGRITY = "HARM_CATEGORY_CIVIC_INTEGRITY"
    JAILBREAK = "HARM_CATEGORY_JAILBREAK"


class HarmBlockThreshold(StrEnum):
    """From which probability on a category blocks."""

    UNSPECIFIED = "HARM_BLOCK_THRESHOLD_UNSPECIFIED"
    LOW = "BLOCK_LOW_AND_ABOVE"
    MEDIUM = "BLOCK_MEDIUM_AND_ABOVE"
    HIGH = "BLOCK_ONLY_HIGH"
    NONE = "BLOCK_NONE"
    OFF = "OFF"


class SafetySetting(Wire):
    """One category's threshold."""

    category: HarmCategory
    threshold: HarmBlockThreshold
    method: Literal["SEVERITY", "PROBABILITY", "HARM_BLOCK_METHOD_UNSPECIFIED"] | None = None


class ThinkingConfig(Wire):
    """How much the model thinks before it answers."""

    include_thoughts: StrictBool | None = None
    thinking_budget: Integer | None = None
    thinking_level: Literal["MINIMAL", "LOW", "MEDIUM", "HIGH", "XHIGH"] | None = None


class Interval(Wire):
    """A stretch of time."""

    start_time: StrictStr | None = None
    end_time: StrictStr | None = None


class GoogleSearch(Wire):
    """Google Search as a tool, and what it is limited to."""

    search_types: JsonObject | None = None
    time_range_filter: Interval | None = None
    exclude_domains: list[StrictStr] | None = None
    blocking_confidence: StrictStr | None = None


class UrlContext(Wire):
    """Reading the pages that a question names; there is nothing to set."""


class Tool(Wire):
    """Search and reading pages are simulated; other tools are checked and then left unused."""

    function_declarations: list[JsonObject] | None = None
    google_search: GoogleSearch | None = None
    google_search_retrieval: JsonObject | None = None
    google_maps: JsonObject | None = None
    code_execution: JsonObject | None = None
    url_context: UrlContext | None = None
    computer_use: JsonObject | None = None
    file_search: JsonObject | None = None
    mcp_servers: list[JsonObject] | None = None


class GenerationConfig(Wire):
    """How to generate."""

    temperature: Number | None = None
    top_p: Number | None = None
    top_k: Number | None = None
    candidate_count: Integer | None = None
    max_output_tokens: Integer | None = None
    stop_sequences: list[StrictStr] | None = None
    response_mime_type: StrictStr | None = None
    response_schema: JsonObject | None = None
    response_json_schema: Any = None
    response_modalities: list[StrictStr] | None = None
    presence_penalty: Number | None = None
    frequency_penalty: Number | None = None
    seed: Integer | None = None
    response_logprobs: StrictBool | None = None
    logprobs: Integer | None = None
    thinking_config: ThinkingConfig | None = None
    media_resolution: StrictStr | None = None
    speech_config: JsonObject | None = None
    image_config: JsonObject | None = None
    enable_enhanced_civic_answers: StrictBool | None = None


class GenerateContentRequest(Wire):
    """The body of ``generateContent`` and ``streamGenerateContent``."""

    model: StrictStr | None = None
    contents: list[Content] = []
    system_instruction: Content | None = None
    generation_config: GenerationConfig = GenerationConfig()
    safety_settings: list[SafetySetting] = []
    tools: list[Tool] = []
    tool_config: JsonObject | None = None
    cached_content: StrictStr | None = None
    labels: dict[str, StrictStr] | None = None
    service_tier: StrictStr | None = None
    store: StrictBool | None = None
    continuation_token: StrictStr | None = None


class CountTokensRequest(Wire):
    """The body of ``countTokens``: contents alone, or a whole request."""

    model: StrictStr | None = None
    contents: list[Content] = []
    generate_content_request: GenerateContentRequest | None = None
    # Vertex takes these beside the contents.
    system_instruction: Content | None = None
    tools: list[Tool] = []
    generation_config: GenerationConfig | None = None
