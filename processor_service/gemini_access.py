"""How Gemini is reached: at which address, and as whom."""

from dataclasses import dataclass
from typing import Final

_DEVELOPER_API: Final = "https://generativelanguage.googleapis.com"
# Vertex AI's locations that are several regions have endpoints of their own
# (docs.cloud.google.com/vertex-ai/docs/reference/rest).
_MULTI_REGIONS: Final = frozenset({"us", "eu"})


@dataclass(frozen=True)
class GeminiAccess:
    """The Gemini API with a key, or Vertex AI with the service account's credentials.

    ``base_url`` and ``api_version`` stand in for Google's own; without them the addresses are those
    of google-genai 3.4.0, whose settings have these names.
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

    @property
    def address(self) -> str:
        """Where every path begins, without a slash at its end."""
        return (self.base_url or self._googles()).rstrip("/")

    @property
    def version(self) -> str:
        """The version of the API."""
        return self.api_version or ("v1beta1" if self.is_vertex else "v1")

    def streaming(self, model: str) -> str:
        """Where ``model`` answers piece by piece, as server-sent events."""
        path = self._model(model)
        if self.is_vertex and not path.startswith("projects/"):
            path = f"projects/{self.vertex_project}/locations/{self._location}/{path}"
        return f"{self.address}/{self.version}/{path}:streamGenerateContent?alt=sse"

    def description(self, model: str) -> str:
        """Where ``model`` is described."""
        return f"{self.address}/{self.version}/{self._model(model)}"

    def file(self, name: str) -> str:
        """Where a file of the Files API is; ``name`` is ``files/…``."""
        return f"{self.address}/{self.version}/{name}"

    @property
    def uploads(self) -> str:
        """Where an upload to the Files API begins."""
        return f"{self.address}/upload/{self.version}/files"

    @property
    def _location(self) -> str:
        return self.vertex_location or "global"

    def _googles(self) -> str:
        if not self.is_vertex:
            return _DEVELOPER_API
        if self._location == "global":
            return "https://aiplatform.googleapis.com"
        if self._location in _MULTI_REGIONS:
            return f"https://aiplatform.{self._location}.rep.googleapis.com"
        return f"https://{self._location}-aiplatform.googleapis.com"

    def _model(self, model: str) -> str:
        if "/" in model:
            return model
        return f"publishers/google/models/{model}" if self.is_vertex else f"models/{model}"
