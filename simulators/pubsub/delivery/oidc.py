"""The tokens that authenticated push carries, and the certificates they are verified with.

Real tokens are signed by Google; these by a key that lives as long as the process. Everything else
is the same: RS256, Google's issuer, one hour of life, the certificates as ``{key id: x509 PEM}``.
"""

import hashlib
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property

from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from google.auth import crypt, jwt

ISSUER = "https://accounts.google.com"
LIFETIME_S = 3600
RENEW_BEFORE_S = 300
CERTS_PATH = "/oauth2/v1/certs"


class TokenIssuer:
    """Issues identity tokens in the name of any service account. The key is made when needed."""

    def __init__(self) -> None:
        self._tokens: dict[tuple[str, str], tuple[str, float]] = {}

    def token(self, email: str, audience: str) -> str:
        """A token of that account for that audience, with at least five minutes left to live."""
        token, expires = self._tokens.get((email, audience), ("", 0.0))
        if expires - time.time() < RENEW_BEFORE_S:
            token, expires = self._issue(email, audience)
            self._tokens[email, audience] = token, expires
        return token

    @property
    def certs(self) -> dict[str, str]:
        """The public certificate under its key id, as Google serves its own."""
        return {self._key_id: self._certificate.public_bytes(serialization.Encoding.PEM).decode()}

    @asynccontextmanager
    async def serve_certs(self, host: str) -> AsyncIterator[str]:
        """Serve the certificates over HTTP on a free port; yields their URL."""

        async def certs(_: web.Request) -> web.Response:
            return web.json_response(self.certs, headers={"Cache-Control": "public, max-age=3600"})

        app = web.Application()
        app.router.add_get(CERTS_PATH, certs)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            await web.TCPSite(runner, host, 0).start()
            yield f"http://{host}:{runner.addresses[0][1]}{CERTS_PATH}"
        finally:
            await runner.cleanup()

    def _issue(self, email: str, audience: str) -> tuple[str, float]:
        now = int(time.time())
        subject = str(int(hashlib.sha256(email.encode()).hexdigest(), 16))[:21]
        claims = {
            "iss": ISSUER,
            "aud": audience,
            "azp": subject,
            "sub": subject,
            "email": email,
            "email_verified": True,
            "iat": now,
            "exp": now + LIFETIME_S,
        }
        token: bytes = jwt.encode(self._signer, claims)  # type: ignore[no-untyped-call]  # google-auth's gap
        return token.decode(), float(now + LIFETIME_S)

    @cached_property
    def _key(self) -> rsa.RSAPrivateKey:
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)

    @cached_property
    def _key_id(self) -> str:
        return self._certificate.fingerprint(hashes.SHA256()).hex()[:40]

    @cached_property
    def _signer(self) -> crypt.RSASigner:
        return crypt.RSASigner(self._key, self._key_id)  # type: ignore[no-untyped-call]  # as above

    @cached_property
    def _certificate(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "pubsub.simulator")])
        now = datetime.now(UTC)
        return (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self._key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=14))
            .sign(self._key, hashes.SHA256())
        )
