import asyncio
import datetime as dt
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import aiohttp
import pytest
from aiohttp import web
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

from processor_service.oidc import Certs, CertsUnavailable, OidcVerifier
from processor_service.push import PushDenied

AUDIENCE = "https://processor.example/pubsub/push"
ACCOUNT = "push@project.example"


@dataclass
class Signer:
    """A key pair of this test's own, with the certificate Google would publish for it."""

    key: rsa.RSAPrivateKey
    key_id: str = "key-1"

    @property
    def certificate(self) -> str:
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
        now = dt.datetime.now(dt.UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(self.key.public_key())
            .serial_number(1)
            .not_valid_before(now - dt.timedelta(days=1))
            .not_valid_after(now + dt.timedelta(days=1))
            .sign(self.key, hashes.SHA256())
        )
        return certificate.public_bytes(serialization.Encoding.PEM).decode()

    def token(self, **changes: Any) -> str:
        now = int(time.time())
        claims = {
            "iss": "https://accounts.google.com",
            "aud": AUDIENCE,
            "email": ACCOUNT,
            "email_verified": True,
            "sub": "1",
            "iat": now - 5,
            "exp": now + 3600,
        }
        pem = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        signer = crypt.RSASigner.from_string(pem, self.key_id)  # type: ignore[no-untyped-call] # untyped SDK
        token: bytes = jwt.encode(signer, {**claims, **changes})  # type: ignore[no-untyped-call] # untyped SDK
        return token.decode()


@pytest.fixture(scope="module")
def signer() -> Signer:
    return Signer(rsa.generate_private_key(public_exponent=65537, key_size=2048))


class CertsServer:
    def __init__(self) -> None:
        self.certs: dict[str, str] = {}
        self.reads = 0
        self.status = 200

    async def handle(self, _request: web.Request) -> web.Response:
        self.reads += 1
        return web.json_response(self.certs, status=self.status)


@pytest.fixture
async def server(signer: Signer) -> AsyncIterator[tuple[CertsServer, OidcVerifier]]:
    certs = CertsServer()
    certs.certs = {signer.key_id: signer.certificate}
    app = web.Application()
    app.router.add_get("/certs", certs.handle)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as session:
        url = f"http://127.0.0.1:{port}/certs"
        yield certs, OidcVerifier(Certs(session, url), AUDIENCE, ACCOUNT)
    await runner.cleanup()


async def test_our_subscriptions_token_is_accepted_and_certificates_are_read_once(
    server: tuple[CertsServer, OidcVerifier], signer: Signer
) -> None:
    certs, verifier = server
    await asyncio.gather(*(verifier.verify(f"Bearer {signer.token()}") for _ in range(5)))
    assert certs.reads == 1


@pytest.mark.parametrize(
    ("claims", "reason", "status"),
    [
        ({"aud": "https://other.example"}, "audience_wrong", 403),
        ({"email": "other@project.example"}, "service_account_wrong", 403),
        ({"email_verified": False}, "service_account_wrong", 403),
        ({"iss": "https://issuer.example"}, "issuer_wrong", 401),
        ({"exp": 1, "iat": 0}, "token_invalid", 401),
    ],
)
async def test_a_token_that_is_not_our_subscriptions_is_denied(
    server: tuple[CertsServer, OidcVerifier],
    signer: Signer,
    claims: dict[str, Any],
    reason: str,
    status: int,
) -> None:
    with pytest.raises(PushDenied) as denied:
        await server[1].verify(f"Bearer {signer.token(**claims)}")
    assert (denied.value.reason, denied.value.status) == (reason, status)


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        (None, "token_missing"),
        ("", "token_missing"),
        ("Basic abc", "token_missing"),
        ("Bearer ", "token_missing"),
        ("Bearer nonsense", "token_invalid"),
        ("Bearer a.b.c", "token_invalid"),
    ],
)
async def test_a_push_without_a_token_is_denied(
    server: tuple[CertsServer, OidcVerifier], header: str | None, reason: str
) -> None:
    with pytest.raises(PushDenied) as denied:
        await server[1].verify(header)
    assert (denied.value.reason, denied.value.status) == (reason, 401)


async def test_a_token_signed_with_another_key_is_denied(
    server: tuple[CertsServer, OidcVerifier],
) -> None:
    stranger = Signer(rsa.generate_private_key(public_exponent=65537, key_size=2048))
    with pytest.raises(PushDenied) as denied:
        await server[1].verify(f"Bearer {stranger.token()}")
    assert denied.value.status == 401
    stranger.key_id = "key-9"
    with pytest.raises(PushDenied) as denied:
        await server[1].verify(f"Bearer {stranger.token()}")
    assert denied.value.reason == "signature_invalid"


async def test_without_certificates_a_push_is_neither_trusted_nor_rejected(
    server: tuple[CertsServer, OidcVerifier], signer: Signer
) -> None:
    server[0].status = 500
    with pytest.raises(CertsUnavailable):
        await server[1].verify(f"Bearer {signer.token()}")
    server[0].status = 200
    await server[1].verify(f"Bearer {signer.token()}")
