"""Push authentication: verification of the OIDC token with which Pub/Sub signs its requests."""

import asyncio
import time
from collections.abc import Callable, Mapping
from typing import Protocol

import aiohttp

from processor_service.api.push_request import PushDenied
from shared.bounded import BoundedMap
from shared.errors import RetryableError
from shared.telemetry.log import get_logger

log = get_logger(__name__)

_ISSUERS = ("https://accounts.google.com", "accounts.google.com")
_CLOCK_SKEW_S = 10
_TOKEN_BYTES = 8 * 1024
"""Google's own have about 1 KB."""

FRESH_FOR_S = 3600.0
GOOD_FOR_S = 24 * 3600.0
"""Google publishes a key days before it signs with it, and for days after."""
UNKNOWN_FOR_S = 30.0
PAUSE_S = 5.0
"""Between two reads of the certificates for unknown key ids."""
CERTS_WAIT_S = 2.0
"""How long a push with an unknown key waits for the certificates."""
_REMEMBERED = 1_000


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
    """Google's signing certificates by key id, read hourly and for an unknown key.

    A known key never waits: old certificates are read again in the background, and stay good for a
    day if that fails. Concurrent callers share one read, and unknown keys cost at most one in 30 s.
    ``close`` ends a running read.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        url: str,
        clock: Callable[[], float] = time.monotonic,
        wait_s: float = CERTS_WAIT_S,
    ) -> None:
        self._session = session
        self._url = url
        self._clock = clock
        self._wait_s = wait_s
        self._certs: Mapping[str, str] = {}
        self._read_at = self._asked_at = float("-inf")
        self._unknown: BoundedMap[str, None] = BoundedMap(_REMEMBERED, UNKNOWN_FOR_S, clock)
        self._reading: asyncio.Task[bool] | None = None

    async def of_key(self, key_id: str) -> str | None:
        """The key's certificate, None if Google has no such key; raises CertsUnavailable."""
        age_s = self._clock() - self._read_at
        usable = age_s < GOOD_FOR_S
        if usable and key_id in self._certs:
            if age_s > FRESH_FOR_S and self._may_read():
                self._read()
            return self._certs[key_id]
        if usable and key_id in self._unknown:
            return None
        if self._reading is None and usable and not self._may_read():
            self._note_unknown(key_id)
            return None
        await self._wait(self._wait_s if usable else None)
        found = self._certs.get(key_id)
        if found is None:
            self._note_unknown(key_id)
        return found

    def _may_read(self) -> bool:
        return self._reading is None and self._clock() - self._asked_at >= PAUSE_S

    def _note_unknown(self, key_id: str) -> None:
        if self._read_at < self._asked_at:
            raise CertsUnavailable("Google's certificates could not be read again.")
        self._unknown.put(key_id, None)

    async def _wait(self, within_s: float | None) -> None:
        """For the current read, or a new one; a caller that gives up leaves it to the others."""
        try:
            async with asyncio.timeout(within_s):
                succeeded = await asyncio.shield(self._reading or self._read())
        except TimeoutError as error:
            raise CertsUnavailable("Google's certificates are slow.") from error
        if not succeeded:
            raise CertsUnavailable("Google's certificates could not be read.")

    def _read(self) -> asyncio.Task[bool]:
        self._asked_at = self._clock()
        self._reading = asyncio.create_task(self._read_once(), name="read-certificates")
        return self._reading

    async def _read_once(self) -> bool:
        """Whether they were read; a failure is logged and keeps the known ones."""
        try:
            async with self._session.get(self._url) as response:
                response.raise_for_status()
                self._certs = _certificates(await response.json(content_type=None))
        except (aiohttp.ClientError, TimeoutError, ValueError) as error:
            why = type(error).__name__
            log.warning(
                "Google's certificates could not be read.", action="certs_not_read", why=why
            )
            return False
        finally:
            self._reading = None
        self._read_at = self._clock()
        return True

    async def close(self) -> None:
        """End a running read. Idempotent."""
        if self._reading is not None:
            self._reading.cancel()
            await asyncio.gather(self._reading, return_exceptions=True)


def _certificates(body: object) -> Mapping[str, str]:
    if not isinstance(body, dict) or not body:
        raise ValueError("not certificates by their key")
    return {str(key_id): str(certificate) for key_id, certificate in body.items()}


class OidcVerifier:
    """Accepts tokens of one service account for one audience.

    401: there is no token, or no valid one of Google's. 403: it is valid, and another account's.
    (cloud.google.com/pubsub/docs/authenticate-push-subscriptions)
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
        from google.auth import exceptions, jwt  # noqa: PLC0415 - see ``cold_start``

        # The library's errors quote the token, which is never logged; it reads JSON of any depth.
        if len(token) > _TOKEN_BYTES:
            raise _invalid("too long")
        try:
            header = jwt.decode_header(token)  # type: ignore[no-untyped-call] # google-auth is untyped here
        except (exceptions.GoogleAuthError, ValueError, RecursionError) as error:
            raise _invalid("it cannot be read") from error
        key_id = header.get("kid")
        certificate = await self._certs.of_key(key_id) if isinstance(key_id, str) else None
        if certificate is None:
            raise PushDenied(
                "The token is signed with a key that is not Google's.",
                reason="signature_invalid",
                status=401,
            )
        try:
            claims: Mapping[str, object] = jwt.decode(  # type: ignore[no-untyped-call] # untyped too
                token, certs={key_id: certificate}, clock_skew_in_seconds=_CLOCK_SKEW_S
            )
        except (exceptions.GoogleAuthError, ValueError, TypeError, RecursionError) as error:
            raise _invalid("its signature or its times are wrong") from error
        if not _times_hold(claims):
            raise _invalid("its times are wrong")
        if claims.get("iss") not in _ISSUERS:
            raise PushDenied("The token is not Google's.", reason="issuer_wrong", status=401)
        return claims


def _times_hold(claims: Mapping[str, object]) -> bool:
    """Whether the times are numbers, and the token is valid now.

    google-auth does not know ``nbf`` (RFC 7519, 4.1.5), and takes NaN for a future time.
    """
    begins = claims.get("nbf", 0)
    times = (claims.get("iat"), claims.get("exp"), begins)
    if not all(isinstance(each, int | float) and 0 <= each < float("inf") for each in times):
        return False
    return isinstance(begins, int | float) and begins <= time.time() + _CLOCK_SKEW_S


def _invalid(why: str) -> PushDenied:
    return PushDenied(f"The token is not valid: {why}.", reason="token_invalid", status=401)
