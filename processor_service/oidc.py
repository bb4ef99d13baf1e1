"""Who may push: verification of the OIDC token Pub/Sub signs its requests with."""

import asyncio
import time
from collections.abc import Mapping
from typing import Protocol

import aiohttp

from processor_service.push import PushDenied
from shared.errors import RetryableError
from shared.log import get_logger

log = get_logger(__name__)

_ISSUERS = frozenset({"https://accounts.google.com", "accounts.google.com"})
_CLOCK_SKEW_S = 10
_CERTS_LIFETIME_S = 3600.0
_CERTS_MIN_AGE_S = 30.0


class CertsUnavailable(RetryableError):
    """Google's certificates could not be read; the token can be neither trusted nor rejected."""

    reason = "certs_unavailable"


class PushVerifier(Protocol):
    """Decides whether a request comes from our subscription."""

    async def verify(self, authorization: str | None) -> None:
        """Return for a push of ours; raise PushDenied, or CertsUnavailable."""


class NoVerification:
    """For a local broker, which signs nothing."""

    async def verify(self, authorization: str | None) -> None:
        """Let every request pass."""


class Certs:
    """Google's signing certificates by key id, read again hourly or for an unknown key."""

    def __init__(self, session: aiohttp.ClientSession, url: str) -> None:
        self._session = session
        self._url = url
        self._certs: Mapping[str, str] = {}
        self._read_at = float("-inf")
        self._lock = asyncio.Lock()

    async def with_key(self, key_id: str) -> Mapping[str, str]:
        """The certificates, with ``key_id`` among them if Google knows it."""
        async with self._lock:
            age = time.monotonic() - self._read_at
            unknown = key_id not in self._certs and age > _CERTS_MIN_AGE_S
            if age > _CERTS_LIFETIME_S or unknown:
                self._certs = await self._read()
                self._read_at = time.monotonic()
        return self._certs

    async def _read(self) -> Mapping[str, str]:
        try:
            async with self._session.get(self._url) as response:
                response.raise_for_status()
                certs: dict[str, str] = await response.json(content_type=None)
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            raise CertsUnavailable("Google's certificates could not be read.") from error
        return certs


class OidcVerifier:
    """Accepts tokens of one service account for one audience.

    401: there is no token, or it is not a valid one of Google's. 403: it is valid, and somebody
    else's. (cloud.google.com/pubsub/docs/authenticate-push-subscriptions)
    """

    def __init__(self, certs: Certs, audience: str, service_account: str) -> None:
        self._certs = certs
        self._audience = audience
        self._service_account = service_account

    async def verify(self, authorization: str | None) -> None:
        """Return if the bearer token is our subscription's."""
        scheme, _, token = (authorization or "").partition(" ")
        if scheme.lower() != "bearer" or not token:
            raise PushDenied("The push has no token.", reason="token_missing", status=401)
        claims = await self._claims(token.strip())
        if claims.get("aud") != self._audience:
            raise PushDenied(
                "The token is for another audience.", reason="audience_wrong", status=403
            )
        if claims.get("email") != self._service_account or claims.get("email_verified") is not True:
            raise PushDenied(
                "The token is another account's.", reason="service_account_wrong", status=403
            )

    async def _claims(self, token: str) -> Mapping[str, object]:
        from google.auth import exceptions, jwt  # noqa: PLC0415 - see ``loading``

        try:
            header = jwt.decode_header(token)  # type: ignore[no-untyped-call] # google-auth is untyped here
            key_id = str(header.get("kid", ""))
            certs = await self._certs.with_key(key_id)
            if key_id not in certs:
                raise PushDenied(
                    "The token is signed with a key that is not Google's.",
                    reason="signature_invalid",
                    status=401,
                )
            claims: Mapping[str, object] = jwt.decode(  # type: ignore[no-untyped-call] # untyped too
                token, certs={key_id: certs[key_id]}, clock_skew_in_seconds=_CLOCK_SKEW_S
            )
        except (exceptions.GoogleAuthError, ValueError) as error:
            raise PushDenied(
                f"The token is not valid: {error}", reason="token_invalid", status=401
            ) from error
        if claims.get("iss") not in _ISSUERS:
            raise PushDenied("The token is not Google's.", reason="issuer_wrong", status=401)
        return claims
