"""The service account's token for Vertex AI."""

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from google.auth.credentials import Credentials
from google.auth.exceptions import DefaultCredentialsError, TransportError

from processor_service.gemini_vertex import ServiceAccount
from shared.errors import ModelRejected, ModelUnavailable


class Issued(Credentials):
    """Credentials whose token is good for ``lifetime``."""

    def __init__(
        self, lifetime: timedelta = timedelta(hours=1), project: str | None = None
    ) -> None:
        super().__init__()  # type: ignore[no-untyped-call]  # google-auth is untyped here
        self._lifetime = lifetime
        self._quota_project_id = project
        self.refreshed = 0

    def refresh(self, request: Any) -> None:
        self.refreshed += 1
        self.token = f"token-{self.refreshed}"
        self.expiry = datetime.now(UTC).replace(tzinfo=None) + self._lifetime


async def test_one_token_serves_many_requests_until_it_expires() -> None:
    credentials = Issued()
    account = ServiceAccount(lambda: credentials)
    told = await asyncio.gather(*(account.headers() for _ in range(5)))
    assert told == [{"Authorization": "Bearer token-1"}] * 5
    credentials.expiry = datetime.now(UTC).replace(tzinfo=None)
    assert await account.headers() == {"Authorization": "Bearer token-2"}


async def test_the_project_that_pays_is_named() -> None:
    account = ServiceAccount(lambda: Issued(project="payer"))
    assert (await account.headers())["x-goog-user-project"] == "payer"


@pytest.mark.parametrize(
    ("error", "meaning"),
    [
        (DefaultCredentialsError, ModelRejected),
        (partial(TransportError, retryable=True), ModelUnavailable),
    ],
)
async def test_missing_credentials_are_told_from_a_server_that_is_away(
    error: Callable[[str], Exception], meaning: type[Exception]
) -> None:
    def fail() -> Credentials:
        raise error("no token")

    with pytest.raises(meaning):
        await ServiceAccount(fail).headers()
