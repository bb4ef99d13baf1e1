"""Tokens as Google signs them for pushes, with keys of the test's own."""

import datetime as dt
import time
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from google.auth import crypt, jwt

AUDIENCE = "https://processor.example/pubsub/push"
ACCOUNT = "push@project.example"


@dataclass
class Signer:
    """A key pair of this test's own, with the certificate Google would publish for it."""

    key: rsa.RSAPrivateKey
    key_id: str = "key-1"

    @cached_property
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
        """A token of our subscription, but for ``changes`` of its claims."""
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
        return self.signed({**claims, **changes})

    def signed(self, claims: object) -> str:
        """Whatever the claims are, signed as Google would."""
        token: bytes = jwt.encode(self._signer, claims, key_id=self.key_id)  # type: ignore[no-untyped-call] # untyped SDK
        return token.decode()

    @cached_property
    def _signer(self) -> crypt.RSASigner:
        pem = self.key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.TraditionalOpenSSL,
            serialization.NoEncryption(),
        )
        signer: crypt.RSASigner = crypt.RSASigner.from_string(pem, self.key_id)  # type: ignore[no-untyped-call] # untyped SDK
        return signer
