"""As whom Vertex AI is asked: with the application default credentials.

On Cloud Run those are the service's account (docs.cloud.google.com/docs/authentication). Imported
only where Vertex AI is used.
"""

import asyncio
from collections.abc import Callable, Mapping

import google.auth
from google.auth.credentials import Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import Request

from shared.errors import MechachangError, ModelRejected, ModelUnavailable

_SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def default_credentials() -> Credentials:
    """The credentials of this machine. Raises GoogleAuthError."""
    found: Credentials
    found, _project = google.auth.default(scopes=[_SCOPE])
    return found


class ServiceAccount:
    """Found with the first request, and renewed shortly before they expire; both in a thread."""

    def __init__(self, find: Callable[[], Credentials] = default_credentials) -> None:
        self._find = find
        self._credentials: Credentials | None = None
        self._lock = asyncio.Lock()

    async def headers(self) -> Mapping[str, str]:
        """The token, and the project that pays where the credentials name one.

        Raises ModelUnavailable or ModelRejected.
        """
        async with self._lock:
            found = self._credentials
            if found is None or not found.valid:
                found = self._credentials = await asyncio.to_thread(self._fresh, found)
        headers = {"Authorization": f"Bearer {found.token}"}
        if found.quota_project_id:
            headers["x-goog-user-project"] = found.quota_project_id
        return headers

    def _fresh(self, found: Credentials | None) -> Credentials:
        try:
            found = found or self._find()
            found.refresh(Request())  # type: ignore[no-untyped-call]  # google-auth is untyped here
        except GoogleAuthError as error:
            raise _meaning(error) from error
        return found


def _meaning(error: GoogleAuthError) -> MechachangError:
    summary = f"Google's credentials could not be had ({type(error).__name__})."
    return (
        ModelUnavailable(summary)
        if error.retryable
        else ModelRejected(summary, reason="model_denied")
    )
