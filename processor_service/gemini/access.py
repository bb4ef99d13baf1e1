"""The address and the credentials for Gemini."""

from dataclasses import dataclass


@dataclass(frozen=True)
class GeminiAccess:
    """The Gemini API with a key, or Vertex AI with the service account's credentials.

    ``base_url`` and ``api_version`` replace google-genai's own.
    """

    api_key: str | None = None
    vertex_project: str | None = None
    vertex_location: str | None = None
    base_url: str | None = None
    api_version: str | None = None

    @property
    def is_vertex(self) -> bool:
        """Whether the service account's credentials are used instead of a key."""
        return self.vertex_project is not None
