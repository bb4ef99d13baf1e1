"""The operators' tools' credentials for Google; none when the tools are pointed at this machine."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final
from urllib.parse import urlsplit

import google.auth
import requests
from google.auth.credentials import AnonymousCredentials, Credentials
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.requests import AuthorizedSession, Request
from google.oauth2 import id_token

from deploy.errors import OperationFailed
from deploy.language import words

_SCOPE: Final = "https://www.googleapis.com/auth/cloud-platform"
_LOCAL: Final = {"127.0.0.1", "localhost", "::1"}


def no_credentials() -> str:
    """What to do without any."""
    return words(
        "There are no credentials. Run: gcloud auth application-default login",
        "認証情報がありません。次を実行してください：gcloud auth application-default login",
    )


def is_local(url: str) -> bool:
    """Whether ``url`` is served by a stand-in on this machine."""
    return urlsplit(url if "//" in url else f"//{url}").hostname in _LOCAL


@dataclass(frozen=True)
class Access:
    """Application default credentials for ``project``. Nothing of them goes to a local address."""

    project: str
    is_anonymous: bool = False

    @cached_property
    def credentials(self) -> Credentials:
        """Raises OperationFailed if there are none."""
        if self.is_anonymous:
            return AnonymousCredentials()  # type: ignore[no-untyped-call] # google-auth is untyped here
        try:
            credentials, _ = google.auth.default(scopes=[_SCOPE])
        except GoogleAuthError as error:
            raise OperationFailed(no_credentials()) from error
        return credentials

    def session(self) -> requests.Session:
        """For Google's APIs that have no client of their own."""
        if self.is_anonymous:
            session = requests.Session()
            # A proxy of the environment can't reach this machine's own addresses.
            session.trust_env = False
            return session
        return AuthorizedSession(self.credentials)  # type: ignore[no-untyped-call] # google-auth is untyped here

    def invoker_header(self, audience: str) -> dict[str, str]:
        """The header that a service with restricted callers requires; empty without a token."""
        if self.is_anonymous:
            return {}
        try:
            token = id_token.fetch_id_token(Request(), audience)  # type: ignore[no-untyped-call] # google-auth is untyped here
        except GoogleAuthError:
            # People have none: only service accounts do.
            return {}
        return {"Authorization": f"Bearer {token}"}
