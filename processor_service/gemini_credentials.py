"""As whom Gemini is asked."""

from collections.abc import Mapping
from typing import Protocol


class Credentials(Protocol):
    """What says to Gemini who asks."""

    async def headers(self) -> Mapping[str, str]:
        """The headers of a request. Raises ModelUnavailable or ModelRejected."""


class ApiKey:
    """A key of the Gemini API."""

    def __init__(self, key: str) -> None:
        self._headers = {"x-goog-api-key": key.strip()}

    async def headers(self) -> Mapping[str, str]:
        """The header that carries the key."""
        return self._headers
