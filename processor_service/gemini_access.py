"""How Gemini is reached."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GeminiAccess:
    """How Gemini is reached: an API key, or Vertex AI with the service account's credentials."""

    api_key: str | None = None
    vertex_project: str | None = None
    vertex_location: str | None = None
    base_url: str | None = None
    api_version: str | None = None
