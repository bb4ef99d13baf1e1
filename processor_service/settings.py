"""The processor's settings, from the environment and ``.env``."""

from pathlib import Path
from typing import Annotated

from pydantic import (
    BeforeValidator,
    Field,
    FilePath,
    SecretStr,
    ValidationInfo,
    field_validator,
)
from pydantic_settings import NoDecode

from processor_service.ports.conversations import StreamIn
from processor_service.ports.generation_options import (
    DEFAULT_THINKING,
    OptionsByMode,
    Thinking,
    Tool,
    tools,
    tools_with_quotes,
)
from processor_service.prompt.operator_text import OperatorText
from processor_service.telemetry.prices import Price
from shared.settings import ServiceSettings, written_as_json
from shared.task import Mode

Milliseconds = Annotated[int, Field(gt=0)]
NonNegative = Annotated[int, Field(ge=0)]
NonNegativeFloat = Annotated[float, Field(ge=0)]
# Written in a small language of its own.
Tools = Annotated[tuple[Tool, ...], NoDecode, Field(validate_default=False)]

_PRICES = written_as_json('{"gemini-3.8-flash": {"input": 1.5, "output": 7.5}}')
_THINKING = written_as_json(
    '{"chat": "low", "code": "high"}',
    "in place of chat=low,code=high, null in place of model, and {} in place of auto",
)
_HEDGE = written_as_json('{"default": 12, "high": 25}')


class ProcessorSettings(ServiceSettings):
    """All settings of the processor; ``.env.example`` explains each one."""

    redis_url: str = "redis://127.0.0.1:6379/0"
    redis_ca_file: FilePath | None = None
    redis_timeout: Milliseconds = 100
    google_genai_use_vertexai: bool = False
    gemini_api_key: Annotated[SecretStr | None, Field(validate_default=True)] = None
    google_cloud_location: str | None = None
    google_gemini_base_url: str | None = None
    google_genai_api_version: str | None = None
    gemini_model: str = "gemini-3.8-flash"
    gemini_fallback_model: str = "gemini-3.5-flash-lite"
    gemini_thinking: Annotated[dict[Mode, Thinking | None], NoDecode, _THINKING] = Field(default={})
    gemini_tools: Annotated[Tools, BeforeValidator(tools)] = ()
    gemini_tools_with_quotes: Annotated[Tools, BeforeValidator(tools_with_quotes)] = ()
    system_prompt_file: OperatorText = None
    gemini_prices: Annotated[dict[str, Price], NoDecode, _PRICES] = Field(default={})
    gemini_timeout: Milliseconds = 55_000
    gemini_hedge_seconds: Annotated[dict[str, NonNegativeFloat], NoDecode, _HEDGE] = Field(
        default={}
    )
    retry_count: NonNegative = 3
    task_deadline_seconds: Annotated[float, Field(gt=0)] = 280
    cache_ttl_seconds: NonNegative = 3600
    stream_in: StreamIn = "everywhere"
    max_file_mb: Annotated[int, Field(gt=0, le=100)] = 50
    user_requests_per_minute: NonNegative = 10
    max_waiting_in_thread: NonNegative = 10
    user_daily_tokens: NonNegative = 0
    team_daily_tokens: NonNegative = 0
    pubsub_push_audience: Annotated[str | None, Field(validate_default=True)] = None
    pubsub_push_service_account: Annotated[str | None, Field(validate_default=True)] = None
    pubsub_push_certs_url: str = "https://www.googleapis.com/oauth2/v1/certs"

    @field_validator("redis_ca_file")
    @classmethod
    def _needs_tls(cls, value: Path | None, info: ValidationInfo) -> Path | None:
        """Redis is allowed to fail, so a connection that can never come up is refused here."""
        if value is not None and not str(info.data.get("redis_url")).startswith("rediss://"):
            raise ValueError("is set, but REDIS_URL does not begin with rediss://")
        return value

    @field_validator("gemini_api_key")
    @classmethod
    def _needed_without_vertex(
        cls, value: SecretStr | None, info: ValidationInfo
    ) -> SecretStr | None:
        if value is None and not info.data.get("google_genai_use_vertexai"):
            raise ValueError("is required but not set (or use Vertex AI)")
        return value

    @field_validator("pubsub_push_audience", "pubsub_push_service_account")
    @classmethod
    def _needed_without_an_emulator(cls, value: str | None, info: ValidationInfo) -> str | None:
        if value is None and not info.data.get("pubsub_emulator_host"):
            raise ValueError("is required but not set (only a local broker pushes without it)")
        return value

    @property
    def options_by_mode(self) -> OptionsByMode:
        """The generation options of each mode."""
        return OptionsByMode(
            {**DEFAULT_THINKING, **self.gemini_thinking},
            self.gemini_tools,
            self.gemini_tools_with_quotes,
        )

    @property
    def max_file_bytes(self) -> int:
        """The largest size of one file."""
        return self.max_file_mb * 1024 * 1024

    @property
    def push_is_authenticated(self) -> bool:
        """Only a local broker pushes without a token, and then only over the loopback."""
        return self.pubsub_emulator_host is None
